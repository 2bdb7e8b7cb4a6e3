/* SPDX-License-Identifier: BSD-2-Clause */
/* Exceptions into a guest (pure): the Arm ARM's AArch64.TakeException() (J1.1.2) for target EL1,
 * and the syndromes it writes. Asynchronous ones are the list registers'. */
#include "access.h"

#define KEPT (PSTATE_NZCV | PSTATE_DIT | PSTATE_PAN)

static bool is_el0(uint64_t pstate) { return (pstate & 0xc) == 0; } /* also AArch32's */

/* There is a feature if its field is not 0; a value with its top bit set is none either. */
static bool has(uint64_t id, unsigned shift) { return (id >> shift & 0xf) - 1 < 7; }

/* PSTATE: what is not KEPT or set here becomes 0. Vectors: D1.3.1. */
void inject_take(struct frame *frame, uint64_t vbar, uint64_t sctlr, uint64_t mmfr1,
                 uint64_t pfr1) {
    uint64_t from = frame->spsr, to = (from & KEPT) | SPSR_EL1H | SPSR_DAIF;
    bool lower = is_el0(from);
    if (has(mmfr1, 20) && (sctlr & SCTLR_SPAN) == 0) to |= PSTATE_PAN;
    if (has(pfr1, 4) && (sctlr & SCTLR_DSSBS) != 0) to |= PSTATE_SSBS;
    if (has(pfr1, 8)) to |= PSTATE_TCO;
    if (has(pfr1, 36) && (sctlr & SCTLR_SPINTMASK) == 0) to |= PSTATE_ALLINT;
    frame->spsr = to;
    frame->elr = (vbar & ~UINT64_C(0x7ff)) + (lower ? 0x400 : 0);
    if (from & (lower ? PSTATE_A32 : PSTATE_SP)) frame->elr += 0x200;
}

/* ISV and S1PTW are EL2's alone and are 0 at EL1; with ISV=0, IL is 1 (D17.2.37). A data abort
 * keeps its direction and CM. FnV, EA and SET belong to external aborts: they stay if the machine
 * reported one, and are 0 for those that the hypervisor makes, whose FAR is valid. A syndrome of
 * another class (a server refused a call) has none of these fields. */
uint64_t inject_abort(uint64_t pstate, uint64_t esr, unsigned status) {
    bool fetch = ESR_EC(esr) == EC_FETCH, data = ESR_EC(esr) == EC_DATA;
    bool reported = (fetch || data) && ESR_FSC(esr) == status;
    uint64_t class = fetch ? EC_FETCH : EC_DATA, kept = data ? ESR_WNR | ESR_CM : 0;
    if (!is_el0(pstate)) class ++; /* "without a change in Exception level" */
    if (reported && status == FSC_EXTERNAL) kept |= ESR_FNV | ESR_EA | ESR_SET;
    if (reported && (status & ~3u) == FSC_EXTERNAL_WALK) kept |= ESR_EA;
    return class << 26 | ESR_IL | (esr & kept) | status;
}
