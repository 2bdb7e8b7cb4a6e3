/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All of a CPU that one instruction can touch, and the means to run one instruction on it. Shared
 * with execute.S, which sees the offsets only.
 */
#pragma once

#define STATE_SP   248
#define STATE_NZCV 256
#define STATE_FPCR 264
#define STATE_FPSR 272
#define STATE_V    288

#ifndef __ASSEMBLER__
#include <stdint.h>

struct state {
    uint64_t x[31];
    uint64_t sp; /* SP_EL0, which is SP while the instruction runs */
    uint64_t nzcv, fpcr, fpsr, pad;
    uint64_t v[32][2];
};

/* What to do, as execute.S knows it: the word at state_slot is replaced before. */
extern uint32_t state_slot[];

/* Loads the whole state, executes the slot with SPSel = 0, and stores the whole state. A fault in
 * the slot goes on behind it (EXCEPTION_SKIP). */
void state_execute(struct state *state);

/* Loads V0 to V31, FPCR and FPSR, then `rounds` times reads the word at `device` and calls
 * PSCI_VERSION by HVC, then stores them. */
void state_hold_fp(struct state *state, uint64_t device, uint64_t rounds);
#endif
