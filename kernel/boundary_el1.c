/* SPDX-License-Identifier: BSD-2-Clause */
/* Boundary el1: the server is a partition at EL1 (on SP_EL0) with a stage 2 of its own. TVM and
 * TRVM trap the registers of virtual memory, CPTR_EL2 the V registers, ICH_HCR_EL2 the GIC. What
 * EL1 can reach beyond that, or what an exception of EL1 writes, is the guest's: saved, given a
 * value that tells nothing, and restored. Its gate page holds the vectors, too, which turn any
 * exception that it takes into an `hvc`: an undefined instruction would loop otherwise. */
#include "boundary.h"

#include "deliver.h"

#define SET(way, reg, value) +1
#define KEEP(way, reg)       +1
#define OPTION(has, reg)     +1
static uint64_t kept[CPU_MAX][0
#include "boundary_el1.def"
]; /* of the guest, during a visit */

static struct frame *el1_enter(struct cpu *cpu, struct visit *visit) {
    const struct server *server = visit->server;
    uint64_t *at = kept[cpu->index];
#define SET(way, reg, value) KEEP(way, reg)
#define KEEP(way, reg)       *at++ = READ_##way(reg);
#define OPTION(has, reg)                                                                           \
    if (has) KEEP(SYSREG, reg)
#include "boundary_el1.def"
    deliver_control(ICH_HCR_HELD);
    cpu->fast_value = UINT64_MAX; /* its exceptions look like a guest's: none for fast.S */
    WRITE_SYSREG(cptr_el2, (server->flags & SERVER_FP) != 0 ? vcpu_cptr_fp : vcpu_cptr_shut);
    WRITE_SYSREG(hcr_el2, HCR_SERVER_STAGE2 | HCR_TVM | HCR_TRVM | (cpu->hcr & HCR_E2H));
    WRITE_SYSREG(vttbr_el2, visit->ttbr);
#define SET(way, reg, value) WRITE_##way(reg, value);
#define KEEP(way, reg)
#define OPTION(has, reg)                                                                           \
    if (has) WRITE_SYSREG(reg, 0);
#include "boundary_el1.def"
    cpu->borrowed = (READ_GUEST(cntv_ctl_el0) & 1) == 0 ? 1u << 27 : 0; /* CNTV, if not due */
    return &visit->frame;
}

static struct frame *el1_leave(struct cpu *cpu, struct frame *next) {
    const uint64_t *at = kept[cpu->index];
#define SET(way, reg, value) KEEP(way, reg)
#define KEEP(way, reg)       WRITE_##way(reg, *at++);
#define OPTION(has, reg)                                                                           \
    if (has) KEEP(SYSREG, reg)
#include "boundary_el1.def"
    deliver_control(cpu->vcpu != NULL ? cpu->vcpu->lists.hcr : 0);
    cpu->fast_value = ACCESS_PLAIN_VALUE;
    cpu->borrowed = 0;
    WRITE_SYSREG(cptr_el2, vcpu_cptr);
    WRITE_SYSREG(vttbr_el2, cpu->vcpu != NULL ? cpu->vcpu->vm->stage2.ttbr : 0);
    WRITE_SYSREG(hcr_el2, cpu->hcr);
    isb(); /* the kernel may translate a guest's address, or load another vCPU */
    return next;
}

static void el1_fault(struct frame *frame, uint64_t *esr, uint64_t *far) {
    if ((*esr & 0xffff) < GATE_VECTOR) return;
    frame->elr = READ_GUEST(elr_el1);
    *esr = READ_GUEST(esr_el1);
    *far = READ_GUEST(far_el1);
}

const struct boundary boundary_el1 = {
    .spsr = SPSR_EL1T | SPSR_DAIF,
    .call_class = EC_HVC64,
    .format = PAGETABLE_STAGE2,
    .enter = el1_enter,
    .leave = el1_leave,
    .fault = el1_fault,
};
