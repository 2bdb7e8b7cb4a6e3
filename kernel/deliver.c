/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Takes the VM's lock around irq.c and lr.c, then settles what the change left in the VM: physical
 * interrupts to deactivate, vCPUs whose list registers are to be looked at. Where a register read
 * or a disable must have taken effect when its write returns, this waits for the other CPUs.
 */
#include "deliver.h"

#include "gic.h"
#include "lr.h"
#include "vcpu.h"

/* The loaded vCPU if it is one of this VM. */
static struct vcpu *mine(struct cpu *cpu, const struct vm *vm) {
    return cpu->vcpu != NULL && cpu->vcpu->vm == vm ? cpu->vcpu : NULL;
}

static void deactivate_physical(struct vm *vm) {
    for (uint32_t i = 0; i < vm->irq.physical_count; i++)
        gic_deactivate_at(vm->vcpus[vm->irq.physical[i].vcpu].cpu, vm->irq.physical[i].intid);
    vm->irq.physical_count = 0;
}

struct answers {
    uint32_t cpus;
    unsigned numbers[CPU_MAX]; /* of the requests */
};

static bool all_answered(void *argument) {
    struct answers *answers = argument;
    for (uint32_t left = answers->cpus; left != 0; left &= left - 1) {
        uint32_t i = (uint32_t)__builtin_ctz(left);
        if ((int)(atomic_load(&cpus[i].answered) - answers->numbers[i]) >= 0)
            answers->cpus &= ~(1u << i);
    }
    return answers->cpus == 0;
}

static void ask(struct cpu *cpu, uint32_t others, bool wait) {
    struct answers answers = {.cpus = others};
    for (uint32_t left = others; left != 0; left &= left - 1) {
        uint32_t i = (uint32_t)__builtin_ctz(left);
        answers.numbers[i] = cpu_request(&cpus[i], REQUEST_LISTS);
    }
    if (wait)
        (void)cpu_wait(cpu, all_answered, &answers,
                       WAIT_FOREVER); /* each CPU answers wherever it is */
}

enum wait { WAIT_NOT, WAIT_CHANGED, WAIT_ALL };

/* Ends a section under the VM's lock: this CPU's part at once; the other vCPUs that are due, and
 * `vcpus`, by a request. WAIT_CHANGED waits if something that was out there has changed. */
static void release(struct cpu *cpu, struct vm *vm, uint32_t vcpus, enum wait wait) {
    struct vcpu *own = mine(cpu, vm);
    uint32_t others = 0;
    bool changed = wait == WAIT_ALL;
    if (own != NULL && ((vcpus | vm->irq.due) >> own->index & 1) != 0)
        lr_sync(&vm->irq, own->index, &own->lists);
    deactivate_physical(vm);
    for (vcpus |= vm->irq.due; vcpus != 0; vcpus &= vcpus - 1) {
        struct vcpu *vcpu = &vm->vcpus[__builtin_ctz(vcpus)];
        if (vcpu == own || atomic_load(&vcpu->state) != VCPU_STATE_ON)
            continue; /* one that is off looks when it is loaded */
        others |= 1u << vcpu->cpu->index;
        changed |= wait == WAIT_CHANGED && (vm->irq.changed >> vcpu->index & 1) != 0;
    }
    lock_give(&vm->lock);
    if (others != 0) ask(cpu, others, changed);
}

void deliver_fire(struct cpu *cpu, struct vm *vm, uint32_t intid) {
    struct vcpu *own = mine(cpu, vm);
    lock_take(&vm->lock);
    if (own != NULL)
        lr_fire(&vm->irq, own->index, &own->lists, intid);
    else
        irq_fire(&vm->irq, 0, intid);
    release(cpu, vm, 0, WAIT_NOT);
}

void deliver_sync(struct cpu *cpu) {
    struct vcpu *vcpu = cpu->vcpu;
    if (vcpu == NULL) return;
    lock_take(&vcpu->vm->lock);
    lr_sync(&vcpu->vm->irq, vcpu->index, &vcpu->lists);
    release(cpu, vcpu->vm, 0, WAIT_NOT);
}

void deliver_maintain(struct cpu *cpu) {
    struct vcpu *vcpu = cpu->vcpu;
    if (vcpu == NULL) return;
    lock_take(&vcpu->vm->lock);
    lr_maintain(&vcpu->vm->irq, vcpu->index, &vcpu->lists);
    release(cpu, vcpu->vm, 0, WAIT_NOT);
}

void deliver_deactivate(struct cpu *cpu, struct vcpu *vcpu, uint64_t value) {
    lock_take(&vcpu->vm->lock);
    lr_deactivate(&vcpu->vm->irq, vcpu->index, &vcpu->lists, value);
    release(cpu, vcpu->vm, 0, WAIT_CHANGED); /* it may have been active on another vCPU */
}

void deliver_withdraw(struct cpu *cpu, struct vcpu *vcpu) {
    lock_take(&vcpu->vm->lock);
    lr_withdraw(&vcpu->vm->irq, vcpu->index, &vcpu->lists);
    cpu->vcpu = NULL; /* not loaded any more */
    release(cpu, vcpu->vm, 0, WAIT_NOT);
}

bool deliver_pending(struct vcpu *vcpu) {
    lock_take(&vcpu->vm->lock);
    bool pending = lr_wakes(&vcpu->vm->irq, vcpu->index, &vcpu->lists);
    lock_give(&vcpu->vm->lock);
    return pending;
}

/* The short way of an SGI to the vCPU that sends it; others' are deliver_op's. */
static __attribute__((noinline)) enum status pend_own(struct cpu *cpu, struct vm *vm,
                                                      uint32_t sgi) {
    lock_take(&vm->lock);
    lr_pend(&vm->irq, cpu->vcpu->index, &cpu->vcpu->lists, sgi);
    if ((vm->irq.due | vm->irq.physical_count) != 0)
        release(cpu, vm, 0, WAIT_CHANGED);
    else
        lock_give(&vm->lock);
    return STATUS_OK;
}

static __attribute__((noinline)) enum status change(struct cpu *cpu, struct vm *vm, uint64_t where,
                                                    uint64_t op, uint64_t mask) {
    lock_take(&vm->lock);
    enum status status = irq_op(&vm->irq, where, op, mask);
    release(cpu, vm, 0, WAIT_CHANGED);
    return status;
}

enum status deliver_op(struct cpu *cpu, struct vm *vm, uint64_t where, uint64_t op, uint64_t mask) {
    const struct vcpu *own = mine(cpu, vm);
    if (op == IRQ_PEND && own != NULL && mask == 1u << own->index && where - IRQ_WHERE_SGI(0) < 16)
        return pend_own(cpu, vm, (uint32_t)(where - IRQ_WHERE_SGI(0)));
    return change(cpu, vm, where, op, mask);
}

enum status deliver_attr(struct cpu *cpu, struct vm *vm, uint64_t where, uint64_t intid,
                         uint64_t attr, uint64_t value) {
    lock_take(&vm->lock);
    enum status status = irq_attr(&vm->irq, where, intid, attr, value);
    release(cpu, vm, 0, WAIT_CHANGED);
    return status;
}

enum status deliver_get(struct cpu *cpu, struct vm *vm, uint64_t where, struct irq_masks *masks) {
    lock_take(&vm->lock);
    release(cpu, vm, irq_recall(&vm->irq, where), WAIT_ALL);
    gic_poll(cpu); /* a timer whose line is still high has fired again */
    lock_take(&vm->lock);
    enum status status = irq_get(&vm->irq, where, masks);
    lock_give(&vm->lock);
    return status;
}

enum status deliver_line(struct cpu *cpu, const struct server *server, uint64_t handle, bool high) {
    for (uint32_t i = 0; i < server->line_count; i++) {
        const struct image_line *line = &server->lines[i];
        if (line->handle != handle) continue;
        struct vm *vm = &vms[line->vm];
        lock_take(&vm->lock);
        enum status status = irq_line(&vm->irq, line->vcpu, line->intid, high);
        release(cpu, vm, 0, WAIT_NOT);
        return status;
    }
    return STATUS_BAD_HANDLE;
}
