/* SPDX-License-Identifier: BSD-2-Clause */
/* Boundary el2: none. The server runs at EL2 on SP_EL0, in the lower half of EL2's own space; its
 * gate calls and faults arrive at the vectors for SP_EL0. It is there to show what isolation costs.
 * With VHE its space has an ASID, without it is part of the one that all such servers share. */
#include "boundary.h"

#include "ring.h"
#include "vcpu.h"
#include "visit.h"

static enum status el2_create(struct server *server) {
    uint8_t owner = (uint8_t)(MEMORY_SERVER + server->index);
    enum status status = STATUS_OK;
    if (vcpu_has_vhe())
        status =
            space_create(&server->space, PAGETABLE_EL2_0, owner, (uint16_t)(server->index + 1));
    else
        server->space = space_lower(owner);
    server->ttbr = server->space.ttbr;
    ring_print("%s: boundary el2: the system, FP and DAIF are not protected from it",
               server->image->name);
    return status == STATUS_OK ? boundary_map(server) : status;
}

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
    .create = el2_create,
    .enter = el2_enter,
    .leave = el2_leave,
};
