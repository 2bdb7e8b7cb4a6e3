/* SPDX-License-Identifier: BSD-2-Clause */
/* Boundary el2: none. The server runs at EL2 on SP_EL0, in the lower half of EL2's own space; its
 * gate calls and faults arrive at the vectors for SP_EL0. It is there to show what isolation costs.
 * With VHE its space has an ASID, without it is part of one for all such servers. */
#include "boundary.h"

/* HCR_EL2 stays the guest's: nothing in it concerns what runs at EL2. */
static struct frame *el2_enter(struct cpu *cpu, struct visit *visit) {
    (void)cpu;
    if (vcpu_has_vhe()) WRITE_SYSREG(ttbr0_el2, visit->ttbr);
    return &visit->frame;
}

static struct frame *el2_leave(struct cpu *cpu, struct frame *next) {
    (void)cpu;
    return next;
}

const struct boundary boundary_el2 = {
    .spsr = SPSR_EL2T,
    .call_class = EC_SVC64,
    .format = PAGETABLE_EL2_0,
    .enter = el2_enter,
    .leave = el2_leave,
};
