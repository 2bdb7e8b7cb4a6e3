/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A few instructions, at any PC and in any PSTATE, and all that the exception they end in shows of
 * the CPU. Shared with trial.S, which sees the offsets only.
 */
#pragma once

#define TRIAL_SP0    248
#define TRIAL_PC     256
#define TRIAL_PSTATE 264
#define TRIAL_VECTOR 272
#define TRIAL_ESR    280
#define TRIAL_ELR    288
#define TRIAL_SPSR   296
#define TRIAL_FAR    304
#define TRIAL_INSIDE 312

#ifndef __ASSEMBLER__
#include <stdint.h>

struct trial {
    uint64_t x[31]; /* before, and after */
    uint64_t sp_el0, pc, pstate;
    uint64_t vector, esr, elr, spsr, far; /* of the exception */
    uint64_t inside;                      /* PSTATE that it made, as an SPSR, if this was not 0 */
};

/* From `pc` on until an exception to EL1, by ERET both ways, with interrupts masked. */
void trial_run(struct trial *trial);
#endif
