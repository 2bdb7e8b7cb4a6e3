/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exceptions into a guest (pure): the Arm ARM's AArch64.TakeException() (J1.1.2) for target EL1,
 * and the syndromes it writes. Asynchronous ones are the list registers' and HCR_EL2.VSE's.
 */
#pragma GCC optimize("Os")
#include "inject.h"

#define PSTATE_EL1H     UINT64_C(5)
#define PSTATE_SP       (UINT64_C(1) << 0)
#define PSTATE_EL       (UINT64_C(3) << 2) /* AArch32 EL0 is M = 0b10000 */
#define PSTATE_DAIF     (UINT64_C(0xf) << 6)
#define PSTATE_SSBS     (UINT64_C(1) << 12)
#define PSTATE_ALLINT   (UINT64_C(1) << 13)
#define PSTATE_PAN      (UINT64_C(1) << 22)
#define PSTATE_DIT      (UINT64_C(1) << 24)
#define PSTATE_TCO      (UINT64_C(1) << 25)
#define PSTATE_NZCV     (UINT64_C(0xf) << 28)
#define SCTLR_SPAN      (UINT64_C(1) << 23)
#define SCTLR_DSSBS     (UINT64_C(1) << 44)
#define SCTLR_SPINTMASK (UINT64_C(1) << 62)

/* There is a feature if its field is not 0; a value with its top bit set is none either. */
static bool has(uint64_t id, unsigned shift) { return (id >> shift & 0xf) - 1 < 7; }

/*
 * NZCV, DIT and PAN go on as they were; SS, IL, UAO, BTYPE and all of AArch32's become 0; DAIF and
 * TCO 1; PAN 1 unless SCTLR_EL1.SPAN; SSBS and ALLINT as SCTLR_EL1 says. Vectors (D1.3.1): from EL0
 * in AArch64 and AArch32, from EL1 on SP_EL0 and on SP_EL1.
 */
void inject_take(struct frame *frame, uint64_t vbar, uint64_t sctlr, uint64_t mmfr1,
                 uint64_t pfr1) {
    uint64_t from = frame->spsr;
    uint64_t to = (from & (PSTATE_NZCV | PSTATE_DIT | PSTATE_PAN)) | PSTATE_DAIF | PSTATE_EL1H;

    if (has(mmfr1, 20) && (sctlr & SCTLR_SPAN) == 0) to |= PSTATE_PAN;
    if (has(pfr1, 4) && (sctlr & SCTLR_DSSBS) != 0) to |= PSTATE_SSBS;
    if (has(pfr1, 8)) to |= PSTATE_TCO;
    if (has(pfr1, 36) && (sctlr & SCTLR_SPINTMASK) == 0) to |= PSTATE_ALLINT;
    frame->spsr = to;
    frame->elr = vbar & ~UINT64_C(0x7ff);
    if ((from & PSTATE_EL) == 0)
        frame->elr += from & PSTATE_A32 ? 0x600 : 0x400;
    else if (from & PSTATE_SP)
        frame->elr += 0x200;
}

/*
 * ISV and S1PTW are EL2's alone and are 0 at EL1; with ISV=0, IL is 1 (D17.2.37). A data abort
 * keeps its direction and CM. FnV, EA and SET belong to external aborts: they stay if the machine
 * reported one, and are 0 for those that the hypervisor makes, whose FAR is valid. A syndrome of
 * another class (a server refused a call) has none of these fields.
 */
uint64_t inject_abort(uint64_t pstate, uint64_t esr, unsigned status) {
    bool fetch = ESR_EC(esr) == ESR_EC_FETCH, data = ESR_EC(esr) == ESR_EC_DATA;
    bool reported = (fetch || data) && ESR_FSC(esr) == status;
    uint64_t class = fetch ? ESR_EC_FETCH : ESR_EC_DATA, kept = data ? ESR_WNR | ESR_CM : 0;

    if ((pstate & PSTATE_EL) != 0) class ++; /* "without a change in Exception level" */
    if (reported && status == FSC_EXTERNAL) kept |= ESR_FNV | ESR_EA | ESR_SET;
    if (reported && (status & ~3u) == FSC_EXTERNAL_WALK) kept |= ESR_EA;
    return class << 26 | ESR_IL | (esr & kept) | status;
}
