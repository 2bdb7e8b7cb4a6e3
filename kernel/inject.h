/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A synchronous exception into a guest's EL1, as the CPU itself would have taken it (pure): where
 * the guest goes on, in which PSTATE, and the syndromes. vcpu.c does the rest.
 */
#pragma once

#include "access.h"

#define INJECT_UNDEFINED ESR_IL /* ESR_EL1: EC 0, "Unknown reason", has no ISS */

/* ESR_EL1 of an abort with `status`, an FSC_*. `esr` is EL2's syndrome of the same abort: it tells
 * an instruction's from a data abort, and the direction. */
uint64_t inject_abort(uint64_t pstate, uint64_t esr, unsigned status);

/* AArch64.TakeException() to EL1 for ELR_EL2 and SPSR_EL2 in the frame, with the guest's VBAR_EL1
 * and SCTLR_EL1, and ID_AA64MMFR1_EL1 and ID_AA64PFR1_EL1 of the machine (not as guests see them).
 */
void inject_take(struct frame *frame, uint64_t vbar, uint64_t sctlr, uint64_t mmfr1, uint64_t pfr1);
