/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exceptions into a guest (pure): the Arm ARM's AArch64.TakeException() (J1.1.2) for target EL1,
 * and the syndromes it writes. Asynchronous ones are the list registers' and HCR_EL2.VSE's.
 */
#include "inject.h"

#include "access.h"

#define PSTATE_EL1H     UINT64_C(5)
#define PSTATE_SP       (UINT64_C(1) << 0)
#define PSTATE_EL(p)    ((p) >> 2 & 3) /* AArch32 EL0 is M = 0b10000 */
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

#define VBAR_RES0       UINT64_C(0x7ff)
#define ESR_EC_SHIFT    26
#define ESR_EC_SAME     1u /* an abort's EC from the same level is one higher */

/* There is a feature if its field is not 0; a value with its top bit set is none either. */
static uint64_t feature(uint64_t id, unsigned shift, uint64_t pstate) {
    unsigned field = id >> shift & 0xf;

    return field != 0 && field < 8 ? pstate : 0;
}

uint64_t inject_present(uint64_t mmfr1, uint64_t pfr1) {
    return feature(mmfr1, 20, PSTATE_PAN) | feature(pfr1, 4, PSTATE_SSBS) |
           feature(pfr1, 8, PSTATE_TCO) | feature(pfr1, 36, PSTATE_ALLINT);
}

/* D1.3.1: from EL0 in AArch32 and AArch64, from EL1 on SP_EL1 and on SP_EL0. */
static unsigned vector_offset(uint64_t pstate) {
    if (PSTATE_EL(pstate) == 0) return pstate & PSTATE_A32 ? 0x600 : 0x400;
    return pstate & PSTATE_SP ? 0x200 : 0x000;
}

/*
 * NZCV, DIT and PAN go on as they were; SS, IL, UAO, BTYPE and all of AArch32's become 0; DAIF and
 * TCO 1; PAN 1 unless SCTLR_EL1.SPAN; SSBS and ALLINT as SCTLR_EL1 says.
 */
struct inject_entry inject_take(const struct inject_from *from, uint64_t esr) {
    uint64_t kept = from->pstate & (PSTATE_NZCV | PSTATE_DIT | PSTATE_PAN);
    uint64_t set = PSTATE_TCO | (from->sctlr & SCTLR_SPAN ? 0 : PSTATE_PAN) |
                   (from->sctlr & SCTLR_DSSBS ? PSTATE_SSBS : 0) |
                   (from->sctlr & SCTLR_SPINTMASK ? 0 : PSTATE_ALLINT);

    return (struct inject_entry){
        .pc = (from->vbar & ~VBAR_RES0) + vector_offset(from->pstate),
        .pstate = kept | (set & from->present) | PSTATE_DAIF | PSTATE_EL1H,
        .esr = esr,
        .elr = from->pc,
        .spsr = from->pstate,
    };
}

/*
 * ISV and S1PTW are EL2's alone and are 0 at EL1; with ISV=0, IL is 1 (D17.2.37). A data abort
 * keeps its direction and CM. FnV, EA and SET belong to external aborts: they stay if the machine
 * reported one, and are 0 for those that the hypervisor makes, whose FAR is valid. A syndrome of
 * another class (a server refused a call) has none of these fields.
 */
uint64_t inject_esr_abort(uint64_t pstate, uint64_t esr, unsigned status) {
    bool fetch = ESR_EC(esr) == ESR_EC_FETCH, data = ESR_EC(esr) == ESR_EC_DATA;
    bool reported = (fetch || data) && ESR_FSC(esr) == status;
    uint64_t class = fetch ? ESR_EC_FETCH : ESR_EC_DATA;
    uint64_t kept = data ? ESR_WNR | ESR_CM : 0;

    if (PSTATE_EL(pstate) != 0) class += ESR_EC_SAME;
    if (reported && status == FSC_EXTERNAL)
        kept |= ESR_FNV | ESR_EA | ESR_SET;
    else if (reported && (status & ~3u) == FSC_EXTERNAL_WALK)
        kept |= ESR_EA;
    return class << ESR_EC_SHIFT | ESR_IL | (esr & kept) | status;
}

/* EC 0, "Unknown reason": no ISS, and IL is 1. */
uint64_t inject_esr_undefined(void) { return ESR_IL; }
