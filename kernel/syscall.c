/* SPDX-License-Identifier: BSD-2-Clause */
/* One switch, a line a call. What a server names is checked here, once: a VM and the right to it by
 * syscall_enter, the rest by the function that owns the thing. Arguments and results are the
 * registers in the visit's frame; no call follows a pointer. */
#include "ring.h"
#include "vcpu.h"

static NOINLINE enum status call_vcpu(struct vm *vm, uint64_t *x) {
    pa_t pa;
    if (x[1] >= vm->irq.vcpu_count) return STATUS_BAD_HANDLE;
    struct vcpu *vcpu = &vm->vcpus[x[1]];
    if (x[2] == VCPU_STATE) x[1] = atomic_load(&vcpu->state);
    if (x[2] != VCPU_ON) return x[2] == VCPU_STATE ? STATUS_OK : STATUS_BAD_CALL;
    if ((x[3] & 3) != 0 || !pagetable_walk(&vm->stage2, x[3], &pa)) return STATUS_RANGE;
    return vcpu_turn_on(vcpu, x[3], x[4], &x[1]);
}

static NOINLINE enum status call_log(struct cpu *cpu, const struct server *server, uint64_t *x) {
    char *text = (char *)&x[2];
    if (x[0] == LOG_WRITE) {
        if (x[1] > RING_READ_BYTES) return STATUS_RANGE;
        ring_write(server->image->name, text, (unsigned)x[1]);
        notify_log(cpu);
        return STATUS_OK;
    }
    if (x[0] != LOG_READ) return STATUS_BAD_CALL;
    if ((server->flags & SERVER_LOG) == 0) return STATUS_DENIED;
    __builtin_memset(text, 0, RING_READ_BYTES);
    x[1] = ring_read(text, x[1]);
    return STATUS_OK;
}

static NOINLINE enum status call_signal(struct cpu *cpu, const struct server *server,
                                        const uint64_t *x) {
    if (x[0] >= server->edge_count) return STATUS_BAD_HANDLE;
    if ((x[1] & ~NOTIFY_SIGNALS) != 0) return STATUS_RANGE;
    struct server *callee = &servers[server->edges[x[0]].callee];
    if (callee->image->notified == 0) return STATUS_BAD_CALL;
    notify_server(cpu, callee, x[1]);
    return STATUS_OK;
}

/* Visits another server: x0 edge, x1 operation, x2..x7 arguments. What runs next. */
static NOINLINE struct frame *call_server(struct cpu *cpu, struct visit *caller) {
    struct frame *from = &caller->frame;
    if (from->x[0] >= caller->server->edge_count) {
        from->x[0] = STATUS_BAD_HANDLE;
        return from;
    }
    const struct image_edge *edge = &caller->server->edges[from->x[0]];
    struct server *callee = &servers[edge->callee];
    uint32_t ticks = caller->ticks;
    (void)entry_take(cpu, callee, WAIT_FOREVER); /* ends: no cycle of calls, visits have budgets */
    caller->ticks = (ticks + caller->ticks + 1) / 2; /* a wait counts as the visits of others do */
    if (callee->state != SERVER_UP || callee->image->called == 0) {
        entry_give(cpu, callee);
        from->x[0] = callee->state != SERVER_UP ? STATUS_DEAD : STATUS_BAD_CALL;
        return from;
    }
    struct frame *frame = &visit_begin(cpu, callee, VISIT_CALL, callee->image->called)->frame;
    frame->x[0] = BADGE(edge->right, 0, 0) | (uint64_t)(caller->server->index + 1) << 32;
    frame->x[1] = from->x[1];
    frame->x[2] = INFO(ACCESS_CALL, false, 0);
    for (unsigned i = 0; i < 6; i++) frame->x[3 + i] = from->x[2 + i];
    return frame;
}

/* The right to VM x[0] that a call needs; 0: it names none. */
static const uint8_t rights[GATE_ENTRIES] = {
    [SYS_IRQ_OP] = RIGHT_IRQ, [SYS_IRQ_ATTR] = RIGHT_IRQ, [SYS_IRQ_GET] = RIGHT_IRQ,
    [SYS_VCPU] = RIGHT_VCPU,  [SYS_VM] = RIGHT_POWER,
};

struct frame *syscall_enter(struct cpu *cpu, struct visit *visit, unsigned number) {
    struct server *server = visit->server;
    uint64_t *x = visit->frame.x;
    enum status status = STATUS_OK;
    /* Calls that wait take ticks themselves. */
    struct frame *next = visit->ticks != 0 ? visit_overdue(cpu, visit) : NULL;
    if (next != NULL) return next;
    if (rights[number] != 0 && (x[0] >= vm_count || (server->rights[x[0]] & rights[number]) == 0)) {
        x[0] = x[0] >= vm_count ? STATUS_BAD_HANDLE : STATUS_DENIED;
        return &visit->frame;
    }
    struct vm *vm = &vms[x[0] % VM_MAX]; /* not used without a right */
    switch (number) {
    case SYS_CALL: return call_server(cpu, visit);
    case SYS_LINE:
        status = x[1] > 1 ? STATUS_RANGE : deliver_line(cpu, server, x[0], x[1] != 0);
        break;
    case SYS_IRQ_OP: status = deliver_op(cpu, vm, x[1], x[2], x[3]); break;
    case SYS_IRQ_ATTR: status = deliver_attr(cpu, vm, x[1], x[2], x[3], x[4]); break;
    case SYS_IRQ_GET: status = deliver_get(cpu, vm, x[1], &x[1]); break;
    case SYS_VCPU: status = call_vcpu(vm, x); break;
    case SYS_VM:
        status = x[1] > VM_RESET ? STATUS_BAD_CALL : STATUS_OK;
        if (status == STATUS_OK) vm_request(vm, x[1] == VM_STOP ? VM_WANT_STOP : VM_WANT_RESET);
        break;
    case SYS_TIMER:
        status = server->image->notified == 0 ? STATUS_BAD_CALL : STATUS_OK;
        if (status == STATUS_OK) timer_set(cpu, server, x[0]);
        break;
    case SYS_TIME:
        x[1] = timer_now();
        x[2] = timer_frequency();
        break;
    case SYS_LOG: status = call_log(cpu, server, x); break;
    case SYS_SIGNAL: status = call_signal(cpu, server, x); break;
    default: return fail_visit(cpu, "unknown call", number, NULL);
    }
    x[0] = status;
    return &visit->frame;
}
