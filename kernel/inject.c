/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exceptions into a guest (pure): the Arm ARM's AArch64.TakeException() (J1.1.2) for target EL1,
 * and the syndromes it writes. Asynchronous ones are the list registers' and HCR_EL2.VSE's
 * business.
 */
#include "inject.h"

#include "access.h"

#define PSTATE_EL1H     UINT64_C(5)
#define PSTATE_SP       (UINT64_C(1) << 0)
#define PSTATE_EL(p)    ((p) >> 2 & 3)
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
#define VECTOR_SP0      0x000
#define VECTOR_SPX      0x200
#define VECTOR_LOWER    0x400
#define VECTOR_LOWER32  0x600

#define ESR_EC_SHIFT    26
#define ESR_EC_SAME     1u /* an abort's EC from the same level is one higher */

/* A field of an ID register says that there is the feature; a value with its top bit set is none.
 */
static bool id_field(uint64_t id, unsigned shift)
{
    unsigned field = id >> shift & 0xf;

    return field != 0 && field < 8;
}

uint64_t inject_present(uint64_t mmfr1, uint64_t pfr1)
{
    return (id_field(mmfr1, 20) ? PSTATE_PAN : 0) | (id_field(pfr1, 4) ? PSTATE_SSBS : 0) |
           (id_field(pfr1, 8) ? PSTATE_TCO : 0) | (id_field(pfr1, 36) ? PSTATE_ALLINT : 0);
}

static bool from_el0(uint64_t pstate)
{
    return PSTATE_EL(pstate) == 0; /* AArch32 EL0 is M = 0b10000 */
}

static unsigned vector_offset(uint64_t pstate)
{
    if (from_el0(pstate))
        return pstate & PSTATE_A32 ? VECTOR_LOWER32 : VECTOR_LOWER;
    return pstate & PSTATE_SP ? VECTOR_SPX : VECTOR_SP0;
}

/*
 * NZCV, DIT and PAN go on as they were; SS, IL, UAO, BTYPE and all of AArch32's become 0; DAIF and
 * TCO 1; PAN 1 unless SCTLR_EL1.SPAN; SSBS and ALLINT as SCTLR_EL1 says.
 */
static uint64_t pstate_entered(const struct inject_from *from)
{
    uint64_t kept = from->pstate & (PSTATE_NZCV | PSTATE_DIT | PSTATE_PAN);
    uint64_t set = PSTATE_TCO;

    if (!(from->sctlr & SCTLR_SPAN))
        set |= PSTATE_PAN;
    if (from->sctlr & SCTLR_DSSBS)
        set |= PSTATE_SSBS;
    if (!(from->sctlr & SCTLR_SPINTMASK))
        set |= PSTATE_ALLINT;
    return kept | (set & from->present) | PSTATE_DAIF | PSTATE_EL1H;
}

struct inject_entry inject_take(const struct inject_from *from, uint64_t esr)
{
    return (struct inject_entry){
        .pc = (from->vbar & ~VBAR_RES0) + vector_offset(from->pstate),
        .pstate = pstate_entered(from),
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
uint64_t inject_esr_abort(uint64_t pstate, uint64_t esr, unsigned status)
{
    bool fetch = ESR_EC(esr) == ESR_EC_FETCH, data = ESR_EC(esr) == ESR_EC_DATA;
    bool reported = (fetch || data) && ESR_FSC(esr) == status;
    uint64_t class = (fetch ? ESR_EC_FETCH : ESR_EC_DATA) + (from_el0(pstate) ? 0 : ESR_EC_SAME);
    uint64_t kept = data ? ESR_WNR | ESR_CM : 0;

    if (reported && status == FSC_EXTERNAL)
        kept |= ESR_FNV | ESR_EA | ESR_SET;
    else if (reported && (status & ~3u) == FSC_EXTERNAL_WALK)
        kept |= ESR_EA;
    return class << ESR_EC_SHIFT | ESR_IL | (esr & kept) | status;
}

/* EC 0, "Unknown reason": no ISS, and IL is 1. */
uint64_t inject_esr_undefined(void)
{
    return ESR_IL;
}
