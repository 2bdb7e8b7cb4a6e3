/* SPDX-License-Identifier: BSD-2-Clause */
/* One table, one function a call. What a server names is checked here, once: a VM and the right to
 * it by syscall_enter, the rest by the function that owns the thing. Arguments and results are the
 * registers in the visit's frame; no call follows a pointer. */
#include "syscall.h"

#include "deliver.h"
#include "fail.h"
#include "notify.h"
#include "ring.h"
#include "vcpu.h"
#include "visit.h"

struct call {
    struct cpu *cpu;
    struct server *server; /* that made it */
    struct vm *vm;         /* number x[0], if the call's row in the table names a right */
    uint64_t *x;           /* arguments and results */
};

static enum status call_line(const struct call *by) {
    return by->x[1] > 1 ? STATUS_RANGE : deliver_line(by->cpu, by->server, by->x[0], by->x[1] != 0);
}

static enum status call_irq_op(const struct call *by) {
    return deliver_op(by->cpu, by->vm, by->x[1], by->x[2], by->x[3]);
}

static enum status call_irq_attr(const struct call *by) {
    return deliver_attr(by->cpu, by->vm, by->x[1], by->x[2], by->x[3], by->x[4]);
}

static enum status call_irq_get(const struct call *by) {
    struct irq_masks masks = {0};
    enum status status = deliver_get(by->cpu, by->vm, by->x[1], &masks);
    by->x[1] = masks.pending;
    by->x[2] = masks.active;
    by->x[3] = masks.line;
    return status;
}

static enum status call_vcpu(const struct call *by) {
    uint64_t *x = by->x;
    if (x[1] >= by->vm->vcpu_count) return STATUS_BAD_HANDLE;
    struct vcpu *vcpu = &by->vm->vcpus[x[1]];
    if (x[2] == VCPU_STATE) {
        x[1] = vcpu_state(vcpu);
        return STATUS_OK;
    }
    if (x[2] != VCPU_ON) return STATUS_BAD_CALL;
    if ((x[3] & 3) != 0 || !vm_has_memory(by->vm, x[3])) return STATUS_RANGE;
    return vcpu_turn_on(vcpu, x[3], x[4], &x[1]);
}

static enum status call_vm(const struct call *by) {
    if (by->x[1] != VM_STOP && by->x[1] != VM_RESET) return STATUS_BAD_CALL;
    vm_request(by->vm, by->x[1] == VM_STOP ? VM_WANT_STOP : VM_WANT_RESET);
    return STATUS_OK;
}

static enum status call_timer(const struct call *by) {
    timer_set(by->cpu, by->server, by->x[0]);
    return STATUS_OK;
}

static enum status call_time(const struct call *by) {
    by->x[1] = timer_now();
    by->x[2] = timer_frequency();
    return STATUS_OK;
}

static enum status call_log(const struct call *by) {
    uint64_t *x = by->x;
    char *text = (char *)&x[2];
    if (x[0] == LOG_WRITE) {
        if (x[1] > RING_READ_BYTES) return STATUS_RANGE;
        ring_write(by->server->image->name, text, (unsigned)x[1]);
        notify_log(by->cpu);
        return STATUS_OK;
    }
    if (x[0] != LOG_READ) return STATUS_BAD_CALL;
    if ((by->server->flags & SERVER_LOG) == 0) return STATUS_DENIED;
    __builtin_memset(text, 0, RING_READ_BYTES);
    x[1] = ring_read(text);
    return STATUS_OK;
}

static enum status call_signal(const struct call *by) {
    const struct server *server = by->server;
    if (by->x[0] >= server->edge_count) return STATUS_BAD_HANDLE;
    if ((by->x[1] & ~NOTIFY_SIGNALS) != 0) return STATUS_RANGE;
    notify_server(by->cpu, &servers[server->edges[by->x[0]].callee], by->x[1]);
    return STATUS_OK;
}

#define CALL(name, function, right) [SYS_##name - SYS_LINE] = function,
static enum status (*const functions[])(const struct call *by) = {
#include "syscall.def"
};
#undef CALL
#define CALL(name, function, right) [SYS_##name - SYS_LINE] = right,
static const uint8_t rights[] = {
/* to VM x[0]; 0: none is named */
#include "syscall.def"
};

_Static_assert(sizeof(rights) == SYSCALL_END - SYS_LINE, "a row a call");

struct frame *syscall_enter(struct cpu *cpu, struct visit *visit, uint64_t number) {
    struct server *server = visit->server;
    uint64_t *x = visit->frame.x;
    if (number == SYS_CALL) return visit_call(cpu, visit);
    if (number < SYS_LINE || number >= SYSCALL_END)
        return fail_visit(cpu, "unknown call", number, NULL);
    unsigned right = rights[number - SYS_LINE];
    const struct call by = {cpu, server, &vms[x[0] % VM_MAX], x}; /* VM: not used without a right */
    if (right != 0 && x[0] >= vm_count)
        x[0] = STATUS_BAD_HANDLE;
    else if (right != 0 && (server->rights[x[0]] & right) == 0)
        x[0] = STATUS_DENIED;
    else
        x[0] = functions[number - SYS_LINE](&by);
    return &visit->frame;
}
