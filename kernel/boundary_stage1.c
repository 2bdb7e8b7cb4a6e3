/* SPDX-License-Identifier: BSD-2-Clause */
/* Boundaries in the lower half of EL2's own regime, under TTBR0_EL2, with an ASID of the server's
 * own. The guest's EL1 state stays in its registers.
 *
 * el0 on a CPU with VHE: at EL0 of EL2&0. With {E2H,TGE} = {1,1} stage 2 is off and every exception
 * of EL0 comes to EL2 (Arm ARM D1.3.4, D8.1.2); EL0's control bits are EL2's (SCTLR_EL2,
 * CNTHCTL_EL2, CPTR_EL2), and no guest's.
 *
 * el2: none. At EL2 on SP_EL0; gate calls and faults arrive at the vectors for SP_EL0. It is there
 * to show what isolation costs. Without VHE all such servers share one space, which stays. */
#include "boundary.h"

/* Of HCR_EL2 only TGE differs, if anything. VM means nothing beside it, but stays: an emulator
 * forgets all translations when it changes. */
static struct frame *stage1_enter(struct cpu *cpu, struct visit *visit) {
    (void)cpu;
    WRITE_SYSREG(hcr_el2, visit->hcr);
    WRITE_SYSREG(ttbr0_el2, visit->ttbr);
    return &visit->frame;
}

static struct frame *stage1_leave(struct cpu *cpu, struct frame *next) {
    WRITE_SYSREG(hcr_el2, cpu->hcr); /* TTBR0_EL2 stays: with TGE=0 nothing below EL2 uses it */
    return next;
}

const struct boundary boundary_el0_vhe = {
    .spsr = SPSR_EL0T,
    .call_class = EC_SVC64,
    .format = PAGETABLE_EL0,
    .enter = stage1_enter,
    .leave = stage1_leave,
};

const struct boundary boundary_el2 = {
    .spsr = SPSR_EL2T,
    .call_class = EC_SVC64,
    .format = PAGETABLE_EL2_0,
    .enter = stage1_enter,
    .leave = stage1_leave,
};
