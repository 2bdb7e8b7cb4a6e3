/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A synchronous exception into a guest's EL1, as the CPU itself would have taken it (pure): where
 * the guest goes on, in which PSTATE, and what its syndrome registers say. trap.c and visit.c ask;
 * they write the result to the frame and to the EL1 registers.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The guest at the instruction that gets the exception. */
struct inject_from {
    uint64_t pc;      /* ELR_EL2 */
    uint64_t pstate;  /* SPSR_EL2 */
    uint64_t vbar;    /* VBAR_EL1 */
    uint64_t sctlr;   /* SCTLR_EL1 */
    uint64_t present; /* inject_present() of this CPU */
};

struct inject_entry {
    uint64_t pc;     /* -> ELR_EL2 */
    uint64_t pstate; /* -> SPSR_EL2 */
    uint64_t esr;    /* -> ESR_EL1 */
    uint64_t elr;    /* -> ELR_EL1 */
    uint64_t spsr;   /* -> SPSR_EL1 */
};

/* The optional PSTATE bits that an exception sets and this CPU has: from ID_AA64MMFR1_EL1 and
 * ID_AA64PFR1_EL1 of the machine (not as shown to guests). */
uint64_t inject_present(uint64_t mmfr1, uint64_t pfr1);

/* AArch64.TakeException() to EL1. FAR_EL1 is the caller's: set for an abort, else left alone. */
struct inject_entry inject_take(const struct inject_from *from, uint64_t esr);

/* ESR_EL1 of an abort with this DFSC or IFSC, an FSC_* of access.h. `esr` is EL2's syndrome of the
 * same abort: it tells an instruction's from a data abort, and the direction. */
uint64_t inject_esr_abort(uint64_t pstate, uint64_t esr, unsigned status);

/* ESR_EL1 of an instruction that this machine does not have. */
uint64_t inject_esr_undefined(void);
