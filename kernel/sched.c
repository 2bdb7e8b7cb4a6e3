/* SPDX-License-Identifier: BSD-2-Clause */
/* One vCPU a CPU, for now: choosing is finding out whether it can run. Where several share a CPU,
 * the choice goes into sched_next, nowhere else. Order of accesses: tests/model/{life,wait}.pml. */
#include "vcpu.h"

/* Turned on but not run yet; or on and awake. One that sleeps wakes here if its WFI ends now. */
static bool can_run(struct vcpu *vcpu) {
    unsigned state = atomic_load_explicit(&vcpu->state, memory_order_acquire);
    if (state != VCPU_STATE_ON) return state == VCPU_STATE_PENDING;
    if (vcpu->sleeping && deliver_pending(vcpu)) vcpu->sleeping = false;
    return !vcpu->sleeping;
}

static bool has_work(void *argument) {
    struct cpu *cpu = argument;
    struct vcpu *vcpu = cpu->home;
    if (vcpu != NULL && (can_run(vcpu) || (vcpu->index == 0 && vm_is_due(vcpu->vm)))) return true;
    notify_log(cpu);
    return cpu_has_work(cpu);
}

/* The vCPU of this CPU, if it can run. */
static struct vcpu *choose(struct cpu *cpu) {
    struct vcpu *vcpu = cpu->home;
    if (vcpu == NULL) return NULL;
    bool able = can_run(vcpu); /* before `want`: life.pml, PLANT 1 */
    bool wanted = atomic_load_explicit(&vcpu->vm->want, memory_order_relaxed) == VM_WANT_RUN;
    if (!wanted) vm_park(cpu, vcpu);
    if (!wanted || !able) return NULL;
    if (atomic_load(&vcpu->state) == VCPU_STATE_PENDING) {
        vcpu_reset(vcpu);
        vcpu_load(cpu, vcpu);
        atomic_store(&vcpu->state, VCPU_STATE_ON); /* before the lists: wait.pml, PLANT 3 */
        deliver_sync(cpu);
    }
    return vcpu;
}

static bool is_ending(const struct vcpu *vcpu) {
    unsigned want = vcpu != NULL ? atomic_load(&vcpu->vm->want) : VM_STOPPED;
    return want != VM_WANT_RUN && want != VM_STOPPED;
}

static NOINLINE struct frame *next_unusual(struct cpu *cpu) {
    for (;;) {
        cpu_answer(cpu);
        struct frame *next = notify_visit(cpu);
        if (next == NULL && cpu->index == 0) next = boot_start(cpu);
        if (next != NULL) return next;
        if (atomic_load_explicit(&cpu->requests, memory_order_relaxed) != 0)
            atomic_fetch_and(&cpu->requests, ~REQUEST_VM); /* before choose: wait.pml */
        struct vcpu *vcpu = choose(cpu);
        cpu->notified = 0;
        if (vcpu != NULL) next = vcpu->flight.busy ? visit_again(cpu, vcpu) : &vcpu->frame;
        if (next != NULL) return next;
        timer_sleep(cpu, !has_work(cpu) && !is_ending(cpu->home));
        (void)cpu_wait(cpu, has_work, cpu, WAIT_IDLE);
        timer_wake(cpu);
    }
}

struct frame *sched_next(struct cpu *cpu) {
    const struct vcpu *vcpu = cpu->vcpu;
    if (cpu_has_work(cpu) || vcpu == NULL || vcpu->sleeping || vcpu->flight.busy)
        return next_unusual(cpu);
    cpu->notified = 0;
    return &cpu->vcpu->frame;
}
