/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One table, one function a call. What a server names is checked here, once: the VM by grant_vm,
 * edges by grant_edge, the rest by the function that owns the thing. Arguments and results are the
 * registers in the visit's frame; no call follows a pointer.
 */
#include "syscall.h"

#include "deliver.h"
#include "fail.h"
#include "notify.h"
#include "ring.h"
#include "vcpu.h"
#include "visit.h"

typedef enum status call(struct cpu *cpu, struct server *server, uint64_t *x);

/* VM number `index` if the server has the right to it. */
static enum status grant_vm(const struct server *server, uint64_t index, unsigned right,
                            struct vm **vm) {
    if (index >= vm_count) return STATUS_BAD_HANDLE;
    *vm = &vms[index];
    return (server->rights[index] & right) != 0 ? STATUS_OK : STATUS_DENIED;
}

static enum status call_line(struct cpu *cpu, struct server *server, uint64_t *x) {
    return x[1] > 1 ? STATUS_RANGE : deliver_line(cpu, server, x[0], x[1] != 0);
}

static enum status call_irq_op(struct cpu *cpu, struct server *server, uint64_t *x) {
    struct vm *vm;
    enum status status = grant_vm(server, x[0], RIGHT_IRQ, &vm);
    return status != STATUS_OK ? status : deliver_op(cpu, vm, x[1], x[2], x[3]);
}

static enum status call_irq_attr(struct cpu *cpu, struct server *server, uint64_t *x) {
    struct vm *vm;
    enum status status = grant_vm(server, x[0], RIGHT_IRQ, &vm);
    return status != STATUS_OK ? status : deliver_attr(cpu, vm, x[1], x[2], x[3], x[4]);
}

static enum status call_irq_get(struct cpu *cpu, struct server *server, uint64_t *x) {
    struct vm *vm;
    struct irq_masks masks = {0};
    enum status status = grant_vm(server, x[0], RIGHT_IRQ, &vm);
    if (status == STATUS_OK) status = deliver_get(cpu, vm, x[1], &masks);
    x[1] = masks.pending;
    x[2] = masks.active;
    x[3] = masks.line;
    return status;
}

static enum status call_vcpu(struct cpu *cpu, struct server *server, uint64_t *x) {
    struct vm *vm;
    uint64_t state = 0;
    enum status status = grant_vm(server, x[0], RIGHT_VCPU, &vm);
    (void)cpu;
    if (status == STATUS_OK && x[1] >= vm->vcpu_count)
        status = STATUS_BAD_HANDLE;
    else if (status == STATUS_OK && x[2] == VCPU_ON)
        status = (x[3] & 3) != 0 || !vm_has_memory(vm, x[3])
                     ? STATUS_RANGE
                     : vcpu_turn_on(&vm->vcpus[x[1]], x[3], x[4], &state);
    else if (status == STATUS_OK && x[2] == VCPU_STATE)
        state = vcpu_state(&vm->vcpus[x[1]]);
    else if (status == STATUS_OK)
        status = STATUS_BAD_CALL;
    x[1] = state;
    return status;
}

static enum status call_vm(struct cpu *cpu, struct server *server, uint64_t *x) {
    struct vm *vm;
    enum status status = grant_vm(server, x[0], RIGHT_POWER, &vm);
    (void)cpu;
    if (status == STATUS_OK && x[1] != VM_STOP && x[1] != VM_RESET) status = STATUS_BAD_CALL;
    if (status == STATUS_OK) vm_request(vm, x[1] == VM_STOP ? VM_WANT_STOP : VM_WANT_RESET);
    return status;
}

static enum status call_timer(struct cpu *cpu, struct server *server, uint64_t *x) {
    timer_set(cpu, server, x[0]);
    return STATUS_OK;
}

static enum status call_time(struct cpu *cpu, struct server *server, uint64_t *x) {
    (void)cpu, (void)server;
    x[1] = timer_now();
    x[2] = timer_frequency();
    return STATUS_OK;
}

static enum status call_log(struct cpu *cpu, struct server *server, uint64_t *x) {
    char *text = (char *)&x[2];
    if (x[0] == LOG_WRITE) {
        if (x[1] > RING_READ_BYTES) return STATUS_RANGE;
        ring_write(server->name, text, (unsigned)x[1]);
        notify_log(cpu);
        return STATUS_OK;
    }
    if (x[0] != LOG_READ) return STATUS_BAD_CALL;
    if ((server->flags & SERVER_LOG) == 0) return STATUS_DENIED;
    __builtin_memset(text, 0, RING_READ_BYTES);
    x[1] = ring_read(text);
    return STATUS_OK;
}

static enum status call_signal(struct cpu *cpu, struct server *server, uint64_t *x) {
    if (x[0] >= server->edge_count) return STATUS_BAD_HANDLE;
    if ((x[1] & ~NOTIFY_SIGNALS) != 0) return STATUS_RANGE;
    notify_server(cpu, &servers[server->edges[x[0]].callee], x[1]);
    return STATUS_OK;
}

static call *const calls[SYSCALL_END - SYS_LINE] = {
    [SYS_LINE - SYS_LINE] = call_line,         [SYS_IRQ_OP - SYS_LINE] = call_irq_op,
    [SYS_IRQ_ATTR - SYS_LINE] = call_irq_attr, [SYS_IRQ_GET - SYS_LINE] = call_irq_get,
    [SYS_VCPU - SYS_LINE] = call_vcpu,         [SYS_VM - SYS_LINE] = call_vm,
    [SYS_TIMER - SYS_LINE] = call_timer,       [SYS_TIME - SYS_LINE] = call_time,
    [SYS_LOG - SYS_LINE] = call_log,           [SYS_SIGNAL - SYS_LINE] = call_signal,
};

struct frame *syscall_enter(struct cpu *cpu, struct visit *visit, uint64_t number) {
    uint64_t *x = visit->frame.x;
    if (number < VERDICT_COUNT) return visit_reply(cpu, visit, (enum verdict)number);
    if (number == SYS_CALL) return visit_call(cpu, visit);
    if (number < SYS_LINE || number >= SYSCALL_END)
        return fail_visit(cpu, "unknown call", number, NULL);
    x[0] = calls[number - SYS_LINE](cpu, visit->server, x);
    return &visit->frame;
}
