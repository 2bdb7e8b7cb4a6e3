/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Boundary el2: none. The server runs at EL2 on SP_EL0, in the lower half of EL2's own space; its
 * gate calls and faults arrive at the vectors for SP_EL0. It is there to show what isolation costs.
 * With VHE its space has an ASID, without it is part of the one that all such servers share.
 */
#include "boundary.h"

#include "ring.h"
#include "space.h"
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
    server->ttbr = space_physical(server->space.root) | (uint64_t)(server->index + 1) << 48;
    ring_print(
        "%s: boundary el2: the system is not protected from it; FP and DAIF neither from its "
        "mistakes",
        server->name);
    return status == STATUS_OK ? boundary_map(server, 0) : status;
}

/* HCR_EL2 stays the guest's: nothing in it concerns what runs at EL2. */
static void el2_enter(const struct server *server) {
    if (vcpu_has_vhe()) WRITE_SYSREG(ttbr0_el2, server->ttbr);
    if ((server->flags & SERVER_FP) != 0) WRITE_SYSREG(cptr_el2, vcpu_cptr_fp);
}

static void el2_leave(const struct server *server) {
    if ((server->flags & SERVER_FP) != 0) WRITE_SYSREG(cptr_el2, vcpu_cptr);
}

const struct boundary boundary_el2 = {
    .name = "el2",
    .spsr = SPSR_EL2T,
    .call_class = EC_SVC64,
    .create = el2_create,
    .enter = el2_enter,
    .leave = el2_leave,
};
