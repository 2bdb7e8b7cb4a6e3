/* SPDX-License-Identifier: BSD-2-Clause */
/* Boundary el0 on a CPU without VHE: the server runs at EL0 with HCR_EL2.TGE, so that its
 * exceptions come to EL2, on a stage 2 of its own. Here EL0 obeys EL1 registers, and those are the
 * guest's: SCTLR_EL1 (E0E, UMA, UCT, ..), CNTKCTL_EL1 (timers), CPACR_EL1 are switched.
 * PMUSERENR_EL0 and MDSCR_EL1 are constant (MDCR_EL2); TCR_EL1.TBI decides only whether a tagged
 * address faults. Stage 1 is off by TGE (D1.3.4), and by DC for QEMU 7.2. */
#include "boundary.h"

static struct {
    uint64_t sctlr, cntkctl, cpacr;
} __attribute__((aligned(64))) kept[CPU_MAX]; /* of the guest, during a visit */

static struct frame *stage2_enter(struct cpu *cpu, struct visit *visit) {
    kept[cpu->index].sctlr = READ_SYSREG(sctlr_el1);
    kept[cpu->index].cntkctl = READ_SYSREG(cntkctl_el1);
    kept[cpu->index].cpacr = READ_SYSREG(cpacr_el1);
    WRITE_SYSREG(hcr_el2, HCR_SERVER_STAGE2 | HCR_TGE);
    WRITE_SYSREG(vttbr_el2, visit->ttbr);
    WRITE_SYSREG(sctlr_el1, SCTLR_SERVER);
    WRITE_SYSREG(cntkctl_el1, 0);
    WRITE_SYSREG(cpacr_el1, CPACR_FP);
    WRITE_SYSREG(cptr_el2, (visit->server->flags & SERVER_FP) != 0 ? vcpu_cptr_fp : vcpu_cptr_shut);
    return &visit->frame;
}

static struct frame *stage2_leave(struct cpu *cpu, struct frame *next) {
    WRITE_SYSREG(cptr_el2, vcpu_cptr);
    WRITE_SYSREG(sctlr_el1, kept[cpu->index].sctlr);
    WRITE_SYSREG(cntkctl_el1, kept[cpu->index].cntkctl);
    WRITE_SYSREG(cpacr_el1, kept[cpu->index].cpacr);
    WRITE_SYSREG(vttbr_el2, cpu->vcpu != NULL ? cpu->vcpu->vm->stage2.ttbr : 0);
    WRITE_SYSREG(hcr_el2, cpu->hcr);
    isb(); /* the kernel may translate a guest's address, or load another vCPU */
    return next;
}

const struct boundary boundary_el0_stage2 = {
    .spsr = SPSR_EL0T,
    .call_class = EC_SVC64,
    .format = PAGETABLE_STAGE2,
    .enter = stage2_enter,
    .leave = stage2_leave,
};
