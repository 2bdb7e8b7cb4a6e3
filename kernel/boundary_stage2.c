/* SPDX-License-Identifier: BSD-2-Clause */
/* Boundaries with a stage 2 of the server's own. What it could reach of the guest's registers, or
 * what an exception of it writes, is saved, given a value that tells nothing, and restored.
 *
 * el0 on a CPU without VHE: at EL0 with HCR_EL2.TGE, so that its exceptions come to EL2. It obeys
 * EL1 registers, and those are the guest's: SCTLR_EL1 (E0E, UMA, UCT, ..), CNTKCTL_EL1 (timers),
 * CPACR_EL1 are switched. PMUSERENR_EL0 and MDSCR_EL1 are constant (MDCR_EL2); TCR_EL1.TBI decides
 * only whether a tagged address faults. Stage 1 is off by TGE (D1.3.4), and by DC for QEMU 7.2.
 *
 * el1: a partition at EL1 (on SP_EL0). TVM and TRVM trap the registers of virtual memory, CPTR_EL2
 * the V registers, ICH_HCR_EL2 the GIC. Its gate page holds the vectors, too, which turn any
 * exception that it takes into an `hvc`: an undefined instruction would loop otherwise. */
#include "boundary.h"

#define SET(has, way, reg, value) +1
#define KEEP(has, way, reg)       +1
static uint64_t kept[CPU_MAX][0
#include "boundary_stage2.def"
]; /* of the guest, during a visit */

/* Compiled twice, for `el` 0 and 1: each has its part of boundary_stage2.def. */
#define BOTH static inline __attribute__((always_inline)) struct frame *

BOTH in(struct cpu *cpu, struct visit *visit, unsigned el) {
    const struct server *server = visit->server;
    uint64_t *at = kept[cpu->index];
#define SET(has, way, reg, value) KEEP(has, way, reg)
#define KEEP(has, way, reg)                                                                        \
    if (has) *at++ = READ_##way(reg);
#include "boundary_stage2.def"
    if (el == 1) deliver_control(ICH_HCR_HELD);
    if (el == 1) cpu->fast_value = UINT64_MAX; /* its exceptions look like a guest's: no fast.S */
    WRITE_SYSREG(cptr_el2, (server->flags & SERVER_FP) != 0 ? vcpu_cptr_fp : vcpu_cptr_shut);
    WRITE_SYSREG(hcr_el2, visit->hcr);
    WRITE_SYSREG(vttbr_el2, visit->ttbr);
#define SET(has, way, reg, value)                                                                  \
    if (has) WRITE_##way(reg, value);
#define KEEP(has, way, reg)
#include "boundary_stage2.def"
    if (el == 1) /* CNTV, if not due */
        cpu->borrowed = (READ_GUEST(cntv_ctl_el0) & 1) == 0 ? 1u << 27 : 0;
    return &visit->frame;
}

BOTH out(struct cpu *cpu, struct frame *next, unsigned el) {
    const uint64_t *at = kept[cpu->index];
#define SET(has, way, reg, value) KEEP(has, way, reg)
#define KEEP(has, way, reg)                                                                        \
    if (has) WRITE_##way(reg, *at++);
#include "boundary_stage2.def"
    if (el == 1) {
        deliver_control(cpu->vcpu != NULL ? cpu->vcpu->lists.hcr : 0);
        cpu->fast_value = ACCESS_PLAIN_VALUE;
        cpu->borrowed = 0;
    }
    WRITE_SYSREG(cptr_el2, vcpu_cptr);
    WRITE_SYSREG(vttbr_el2, cpu->vcpu != NULL ? cpu->vcpu->vm->stage2.ttbr : 0);
    WRITE_SYSREG(hcr_el2, cpu->hcr);
    isb(); /* the kernel may translate a guest's address, or load another vCPU */
    return next;
}

static struct frame *el0_enter(struct cpu *cpu, struct visit *visit) { return in(cpu, visit, 0); }
static struct frame *el0_leave(struct cpu *cpu, struct frame *next) { return out(cpu, next, 0); }
static struct frame *el1_enter(struct cpu *cpu, struct visit *visit) { return in(cpu, visit, 1); }
static struct frame *el1_leave(struct cpu *cpu, struct frame *next) { return out(cpu, next, 1); }

const struct boundary boundary_el0_stage2 = {
    .spsr = SPSR_EL0T,
    .call_class = EC_SVC64,
    .format = PAGETABLE_STAGE2,
    .enter = el0_enter,
    .leave = el0_leave,
};

const struct boundary boundary_el1 = {
    .spsr = SPSR_EL1T | SPSR_DAIF,
    .call_class = EC_HVC64,
    .format = PAGETABLE_STAGE2,
    .enter = el1_enter,
    .leave = el1_leave,
};
