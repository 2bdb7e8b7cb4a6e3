/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Boundary el0 on a CPU with VHE: the server runs at EL0 of the EL2&0 regime, in the lower half
 * under TTBR0_EL2 with an ASID of its own, while the guest's EL1 state stays in its registers. With
 * {E2H,TGE} = {1,1} stage 2 is off and every exception of EL0 comes to EL2 (Arm ARM D1.3.4,
 * D8.1.2); EL0's control bits are EL2's (SCTLR_EL2, CNTHCTL_EL2, CPTR_EL2), none of them a guest's.
 */
#include "boundary.h"

#include "space.h"
#include "sysreg.h"
#include "vcpu.h"
#include "visit.h"

static enum status el0_create(struct server *server) {
    enum status status =
        space_create(&server->space, PAGETABLE_EL2_0, (uint8_t)(MEMORY_SERVER + server->index),
                     (uint16_t)(server->index + 1));
    if (status != STATUS_OK) return status;
    server->ttbr = space_physical(server->space.root) | (uint64_t)(server->index + 1) << 48;
    return boundary_map(server, PT_USER);
}

static void el0_enter(const struct server *server) {
    WRITE_SYSREG(hcr_el2, HCR_SERVER_VHE);
    WRITE_SYSREG(ttbr0_el2, server->ttbr);
    if ((server->flags & SERVER_FP) != 0) WRITE_SYSREG(cptr_el2, vcpu_cptr_fp);
}

static void el0_leave(const struct server *server) {
    if ((server->flags & SERVER_FP) != 0) WRITE_SYSREG(cptr_el2, vcpu_cptr);
    WRITE_SYSREG(hcr_el2, vcpu_hcr); /* TTBR0_EL2 stays: with TGE=0 nothing below EL2 uses it */
}

const struct boundary boundary_el0_vhe = {
    .name = "el0",
    .spsr = SPSR_EL0T,
    .call_class = EC_SVC64,
    .create = el0_create,
    .enter = el0_enter,
    .leave = el0_leave,
};
