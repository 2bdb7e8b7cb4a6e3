/* SPDX-License-Identifier: BSD-2-Clause */
/* Boundary el0 on a CPU with VHE: the server runs at EL0 of the EL2&0 regime, in the lower half
 * under TTBR0_EL2 with an ASID of its own, while the guest's EL1 state stays in its registers. With
 * {E2H,TGE} = {1,1} stage 2 is off and every exception of EL0 comes to EL2 (Arm ARM D1.3.4,
 * D8.1.2); EL0's control bits are EL2's (SCTLR_EL2, CNTHCTL_EL2, CPTR_EL2), and no guest's. */
#include "boundary.h"

/* Of HCR_EL2 only TGE differs. VM means nothing beside it, but stays: an emulator forgets all
 * translations when it changes. */
static struct frame *el0_enter(struct cpu *cpu, struct visit *visit) {
    (void)cpu;
    WRITE_SYSREG(hcr_el2, visit->hcr);
    WRITE_SYSREG(ttbr0_el2, visit->ttbr);
    return &visit->frame;
}

static struct frame *el0_leave(struct cpu *cpu, struct frame *next) {
    WRITE_SYSREG(hcr_el2, cpu->hcr); /* TTBR0_EL2 stays: with TGE=0 nothing below EL2 uses it */
    return next;
}

const struct boundary boundary_el0_vhe = {
    .spsr = SPSR_EL0T,
    .call_class = EC_SVC64,
    .format = PAGETABLE_EL0,
    .enter = el0_enter,
    .leave = el0_leave,
};
