/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes the VM's lock around irq.c, moves struct lr_state from and to the registers of the virtual
 * CPU interface (IHI 0069, chapter 6), and tells the vCPUs that became due. Waits for their CPUs
 * where a guest's access to its GIC must have taken effect when it returns, as a disable must. A
 * list register is read itself, not ICH_ELRSR_EL2, which may not yet show an earlier write. */
#include "vcpu.h"

#define LISTS_2_TO_15(X) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
#define RUNNING_NONE     0x100

/* The guest changes LR_STATE and nothing else. Most often no more than two are in use. */
static void lists_read(struct lr_state *lists) {
#define READ(n)                                                                                    \
    if (lists->used & 1u << n)                                                                     \
        lists->lr[n] = (lists->lr[n] & ~LR_STATE) | (READ_SYSREG(ich_lr##n##_el2) & LR_STATE);
    READ(0)
    READ(1)
    if (lists->used > 3) {
        LISTS_2_TO_15(READ)
    }
}

static void lists_write(struct lr_state *lists) {
    uint32_t touched = lists->touched;
#define WRITE(n)                                                                                   \
    if (touched & 1u << n) WRITE_SYSREG(ich_lr##n##_el2, lists->lr[n]);
    WRITE(0)
    WRITE(1)
    if (touched > 3) {
        LISTS_2_TO_15(WRITE)
    }
    lists->touched = 0;
}

static uint32_t preemption_bits(void) {
    return field_get(READ_SYSREG(ich_vtr_el2), ICH_VTR_PREBITS) + 1;
}

/* Bit n of the active priorities stands for group priority n << (8 - PREbits). */
static uint32_t running_priority(void) {
    uint32_t bits = preemption_bits();
#define RUNNING(n, from)                                                                           \
    if (bits >= (from)) {                                                                          \
        uint64_t active = READ_SYSREG(ich_ap0r##n##_el2) | READ_SYSREG(ich_ap1r##n##_el2);         \
        if (active != 0) return (32 * (n) + (uint32_t)__builtin_ctzll(active)) << (8 - bits);      \
    }
    APR_EACH(RUNNING)
    return RUNNING_NONE;
}

void deliver_load(struct vcpu *vcpu) {
    uint32_t bits = preemption_bits();
    uint32_t count = field_get(READ_SYSREG(ich_vtr_el2), ICH_VTR_LISTREGS) + 1;
    vcpu->lists =
        (struct lr_state){.hcr = ICH_HCR_EN, .count = (uint8_t)count, .touched = (1u << count) - 1};
    lists_write(&vcpu->lists);
#define CLEAR(n, from)                                                                             \
    if (bits >= (from)) {                                                                          \
        WRITE_SYSREG(ich_ap0r##n##_el2, 0);                                                        \
        WRITE_SYSREG(ich_ap1r##n##_el2, 0);                                                        \
    }
    APR_EACH(CLEAR)
    /* The smallest binary points, ICC_BPR0_EL1 and ICC_BPR1_EL1. */
    WRITE_SYSREG(ich_vmcr_el2, (7 - bits) << 21 | (8 - bits) << 18);
    WRITE_SYSREG(ich_hcr_el2, ICH_HCR_EN);
}

void deliver_control(uint32_t hcr) {
    WRITE_SYSREG(ich_hcr_el2, (READ_SYSREG(ich_hcr_el2) & ICH_HCR_EOICOUNT) | hcr);
}

static void sync(struct vcpu *vcpu) {
    struct lr_state *lists = &vcpu->lists;
    uint64_t hcr = READ_SYSREG(ich_hcr_el2);
    lists_read(lists);
    lists->vmcr = (uint32_t)READ_SYSREG(ich_vmcr_el2);
    lists->eoi_count = field_get(hcr, ICH_HCR_EOICOUNT);
    irq_sync(&vcpu->vm->irq, vcpu->index, lists);
    lists_write(lists);
    /* After the lists, else NPIE would see the old ones. Held: deliver_control does it later. */
    WRITE_SYSREG(ich_hcr_el2, (hcr & ICH_HCR_HELD) != 0 ? ICH_HCR_HELD : lists->hcr);
}

/* The vCPU that this CPU has loaded, if it is one of this VM's. */
static struct vcpu *mine(struct cpu *cpu, const struct vm *vm) {
    return cpu->vcpu != NULL && cpu->vcpu->vm == vm ? cpu->vcpu : NULL;
}

static bool is_answered(void *argument) {
    const struct cpu *other = argument;
    return (int)(atomic_load(&other->answered) - cpu_this()->awaited) >= 0;
}

static void sync_mine(struct cpu *cpu, struct vm *vm) {
    const struct vcpu *own = mine(cpu, vm);
    if (own != NULL && (vm->irq.due >> own->index & 1) != 0) sync(cpu->vcpu);
}

/* Ends a section under the VM's lock. This CPU's vCPU is synchronised at once or, during a visit,
 * which may bring more, before its guest goes on; for others, returns whose CPUs it has asked. */
static NOINLINE uint32_t tell_due(struct cpu *cpu, struct vm *vm) {
    uint32_t others = 0;
    if (cpu->visit == NULL) sync_mine(cpu, vm);
    for (uint32_t due = vm->irq.due; due != 0; due &= due - 1) {
        struct vcpu *vcpu = &vm->vcpus[__builtin_ctz(due)]; /* if off: synchronised when loaded */
        if (vcpu == cpu->vcpu)
            atomic_fetch_or(&cpu->requests, REQUEST_LISTS);
        else if (atomic_load(&vcpu->state) == VCPU_STATE_ON)
            others |= 1u << vcpu->cpu->index;
    }
    lock_give(&vm->lock);
    for (uint32_t due = others; due != 0; due &= due - 1)
        cpu_request(&cpus[__builtin_ctz(due)], REQUEST_LISTS);
    return others;
}

static uint32_t release(struct cpu *cpu, struct vm *vm) {
    if (vm->irq.due != 0) return tell_due(cpu, vm);
    lock_give(&vm->lock);
    return 0;
}

/* Not from within a wait: for a system call or a trap. The CPUs asked answer wherever they are. */
static void release_and_wait(struct cpu *cpu, struct vm *vm) {
    for (uint32_t others = release(cpu, vm); others != 0; others &= others - 1) {
        struct cpu *other = &cpus[__builtin_ctz(others)];
        cpu->awaited = atomic_load(&other->asked);
        (void)cpu_wait(cpu, is_answered, other, WAIT_FOREVER);
    }
}

void irq_physical_end(struct irq_vm *irq, uint32_t vcpu, uint32_t intid) {
    const struct vm *vm = (struct vm *)((char *)irq - offsetof(struct vm, irq));
    gic_deactivate(vm->vcpus[vcpu].cpu, intid);
}

/* IRQ_PEND or IRQ_FIRE, by irq_put if it can. */
static NOINLINE void change(struct cpu *cpu, struct vm *vm, uint32_t intid, uint32_t op) {
    struct vcpu *own = mine(cpu, vm);
    lock_take(&vm->lock);
    if (own != NULL) lists_read(&own->lists);
    if (own != NULL && irq_put(&vm->irq, own->index, intid, op, &own->lists))
        lists_write(&own->lists);
    else
        irq_change(&vm->irq, own != NULL ? own->index : 0, intid, op);
    (void)release(cpu, vm);
}

void deliver_fire(struct cpu *cpu, struct vm *vm, uint32_t intid) {
    if (vm->irq.route[intid] == 0) return; /* a timer that the VM does not have: it stays active */
    change(cpu, vm, intid, IRQ_FIRE);
}

/* Without effect in EOImode 0. The interrupt may have been active on another vCPU. */
void deliver_deactivate(struct cpu *cpu, struct vcpu *vcpu, uint64_t value) {
    uint32_t intid = (uint32_t)value & 0xffffff;
    if ((READ_SYSREG(ich_vmcr_el2) & ICH_VMCR_VEOIM) == 0 || intid >= SPI_END) return;
    lock_take(&vcpu->vm->lock);
    irq_change(&vcpu->vm->irq, vcpu->index, intid, IRQ_DEACTIVATE);
    release_and_wait(cpu, vcpu->vm);
}

void deliver_sync(struct cpu *cpu) {
    struct vcpu *vcpu = cpu->vcpu;
    if (vcpu == NULL) return;
    lock_take(&vcpu->vm->lock);
    sync(vcpu);
    (void)release(cpu, vcpu->vm);
}

void deliver_withdraw(struct cpu *cpu, struct vcpu *vcpu) {
    lock_take(&vcpu->vm->lock);
    vcpu->lists.count = 0;
    sync(vcpu);
    irq_recall(&vcpu->vm->irq, vcpu->index); /* its timers are off: deactivates what they fired */
    WRITE_SYSREG(ich_hcr_el2, 0);
    cpu->vcpu = NULL; /* not loaded any more */
    (void)release(cpu, vcpu->vm);
}

void deliver_look(struct cpu *cpu) {
    const struct vcpu *vcpu = cpu->vcpu;
    if (vcpu != NULL && ((READ_SYSREG(ich_vmcr_el2) ^ vcpu->lists.vmcr) & ICH_VMCR_VENG) != 0)
        deliver_sync(cpu);
}

bool deliver_pending(struct vcpu *vcpu) {
    deliver_look(vcpu->cpu);
    if (vcpu->lists.used == 0) return false;
    lists_read(&vcpu->lists);
    vcpu->lists.vmcr = (uint32_t)READ_SYSREG(ich_vmcr_el2);
    return irq_wakes(&vcpu->lists, running_priority());
}

static NOINLINE enum status operate(struct cpu *cpu, struct vm *vm, uint64_t where, uint64_t op,
                                    uint64_t mask) {
    lock_take(&vm->lock);
    enum status status = irq_op(&vm->irq, where, op, mask);
    if (op == IRQ_PEND)
        (void)release(cpu, vm);
    else
        release_and_wait(cpu, vm);
    return status;
}

enum status deliver_op(struct cpu *cpu, struct vm *vm, uint64_t where, uint64_t op, uint64_t mask) {
    const struct vcpu *own = mine(cpu, vm);
    uint64_t sgi = where - IRQ_WHERE_SGI(0);
    if (op != IRQ_PEND || own == NULL || mask != 1u << own->index || sgi >= 16)
        return operate(cpu, vm, where, op, mask);
    change(cpu, vm, (uint32_t)sgi, IRQ_PEND);
    return STATUS_OK;
}

enum status deliver_attr(struct cpu *cpu, struct vm *vm, uint64_t where, uint64_t intid,
                         uint64_t attr, uint64_t value) {
    lock_take(&vm->lock);
    enum status status = irq_attr(&vm->irq, where, intid, attr, value);
    release_and_wait(cpu, vm);
    return status;
}

NOINLINE enum status deliver_get(struct cpu *cpu, struct vm *vm, uint64_t where,
                                 uint64_t masks[IRQ_MASKS]) {
    lock_take(&vm->lock);
    irq_recall(&vm->irq, where);
    sync_mine(cpu, vm);
    release_and_wait(cpu, vm);
    /* A timer whose line is still high fires again, once the GIC has what irq_recall wrote. */
    isb();
    dsb(sy);
    gic_poll(cpu);
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
        irq_line(&vm->irq, line->vcpu, line->intid, high);
        (void)release(cpu, vm);
        return STATUS_OK;
    }
    return STATUS_BAD_HANDLE;
}
