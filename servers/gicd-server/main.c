/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The gicd-server: interrupt policy of every VM that has its windows here. This file takes a visit
 * apart, hands it to that VM's model, and makes the model's system calls. No two VMs share anything
 * that is written: with a lock for each VM, the server could be concurrent.
 */
#include "gic.h"

#include <gate.h>
#include <state.h>

#define RIGHT_DISTRIBUTOR   0u /* a window of 64 KiB */
#define RIGHT_REDISTRIBUTOR 1u /* a window of 128 KiB for each vCPU */
#define RIGHT_SGI           2u /* ICC_SGI1R_EL1, ICC_ASGI1R_EL1, ICC_SGI0R_EL1 */

#define LAYOUT              2u

struct server_config server_config;

static STATE struct {
    struct gic gic[VM_MAX];
    struct state_header header;
    bool ready; /* every model is set up, and holds what its guest has written since */
} state;

/* A call fails only if the system description does not grant the right `irq`. */
static void check(enum status status) {
    if (__builtin_expect(status != STATUS_OK, 0))
        log_text("the kernel refused an interrupt call\n");
}

void irq_calls_send(uint32_t vm, uint32_t where, enum irq_op op, uint32_t mask) {
    check(irq_op((uint8_t)vm, where, op, mask));
}

void irq_calls_set(uint32_t vm, uint32_t where, uint32_t intid, enum irq_attr attr,
                   uint32_t value) {
    check(irq_attr((uint8_t)vm, where, intid, attr, value));
}

struct irq_masks irq_calls_read(uint32_t vm, uint32_t where) {
    struct gate_result result = irq_get((uint8_t)vm, where);
    check(result.status);
    return (struct irq_masks){(uint32_t)result.x1, (uint32_t)result.x2};
}

static void reset(uint8_t vm, bool tell) {
    if (server_config.vm[vm].vcpu_count != 0) /* else this VM is not the server's */
        distributor_reset(&state.gic[vm], vm, &server_config.vm[vm], tell);
}

/* After a restart the models are as they were; the access in flight may be made again (gic.h). */
struct reply server_init(uint64_t reason) {
    if (!state_valid(&state.header, LAYOUT, sizeof(state)) || !state.ready) {
        state.ready = false; /* in case the server is cut off half way */
        for (uint8_t vm = 0; vm < VM_MAX; vm++) reset(vm, reason == INIT_RESTART);
        state.ready = true;
    }
    return reply_verdict(VERDICT_MORE);
}

void server_notified(uint64_t bits) {
    for (uint8_t vm = 0; vm < VM_MAX; vm++)
        if ((bits & NOTIFY_VM_RESET(vm)) != 0) reset(vm, false);
}

static __attribute__((noinline)) struct reply serve(uint64_t badge, uint64_t where, uint64_t info,
                                                    uint64_t value) {
    struct gic *gic = &state.gic[badge_vm(badge)];
    uint32_t offset = (uint32_t)where;
    unsigned size = info_size(info);
    bool write = info_write(info);

    if (badge_right(badge) == RIGHT_DISTRIBUTOR)
        return write ? distributor_write(gic, offset, size, value)
                     : distributor_read(gic, offset, size);
    if (badge_right(badge) == RIGHT_REDISTRIBUTOR)
        return write ? redistributor_write(gic, offset, size, value)
                     : redistributor_read(gic, offset, size);
    return reply_verdict(VERDICT_UNDEF); /* the registers are write-only */
}

/* What comes often is answered here, with few instructions: SGIs, and reads of the registers at the
 * distributor's start. In one function with the rest, its prologue would cost more than they do. */
struct reply server_access(uint64_t badge, uint64_t where, uint64_t info, uint64_t value,
                           uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4) {
    (void)a1, (void)a2, (void)a3, (void)a4;
    if (info == INFO(ACCESS_MMIO, false, 2) && gic_is_head(where | badge << 48)) /* 48: the right */
        return reply_done(state.gic[badge_vm(badge)].head[where / 4]);
    if (info == INFO(ACCESS_SYSREG, true, 3)) /* RIGHT_SGI: no other is granted a register */
        return sgi_send(&state.gic[badge_vm(badge)], badge_vcpu(badge),
                        where == SYSREG_ICC_SGI1R_EL1, value);
    return serve(badge, where, info, value);
}
