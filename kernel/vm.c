/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The life of a VM: started at boot, stopped or started anew when its vCPUs have all left the
 * guest. Each CPU parks its own vCPU; vCPU 0's CPU conducts the rest.
 */
#include "vm.h"

#include "boot.h"
#include "firmware.h"
#include "notify.h"
#include "panic.h"
#include "ring.h"
#include "space.h"
#include "vcpu.h"
#include "visit.h"

struct vm vms[VM_MAX];
uint32_t vm_count;
static atomic_uint vms_running;

bool vm_has_memory(const struct vm *vm, uint64_t ipa)
{
    struct pagetable_leaf leaf;
    return pagetable_walk(&vm->stage2, ipa, &leaf);
}

void vm_start(struct vm *vm)
{
    boot_fill_vm(vm);
    atomic_fetch_add(&vms_running, 1);
    atomic_store(&vm->want, VM_WANT_RUN);
    uint64_t before;
    (void)vcpu_turn_on(&vm->vcpus[0], vm->entry, vm->argument, &before);
}

void vm_request(struct vm *vm, enum vm_want want)
{
    unsigned run = VM_WANT_RUN;
    if (!atomic_compare_exchange_strong(&vm->want, &run, want))
        return; /* the first wish counts */
    for (uint32_t i = 0; i < vm->vcpu_count; i++)
        cpu_request(vm->vcpus[i].cpu, REQUEST_VM);
}

static bool all_off(void *argument)
{
    const struct vm *vm = argument;
    for (uint32_t i = 0; i < vm->vcpu_count; i++)
        if (atomic_load(&vm->vcpus[i].state) != VCPU_STATE_OFF)
            return false;
    return true;
}

/* Servers forget the VM before it starts again: those busy elsewhere are waited for. */
static bool all_told(void *argument)
{
    const struct vm *vm = argument;
    for (uint32_t i = 0; i < server_count; i++)
        if (servers[i].state != SERVER_DOWN &&
            (atomic_load(&servers[i].bits) & NOTIFY_VM_RESET(vm->index)) != 0)
            return false;
    return true;
}

static void stop(struct vm *vm)
{
    atomic_store(&vm->want, VM_STOPPED);
    ring_print("%s: stopped", vm->name);
    if (atomic_fetch_sub(&vms_running, 1) != 1)
        return;
    panic_flush();
    firmware_off();
}

static void reset(struct cpu *cpu, struct vm *vm)
{
    lock_take(&vm->lock);
    irq_reset(&vm->irq);
    lock_give(&vm->lock);
    for (uint32_t i = 0; i < server_count; i++)
        if ((servers[i].vms >> vm->index & 1) != 0)
            notify_server(cpu, &servers[i], NOTIFY_VM_RESET(vm->index));
    atomic_store(&vm->want, VM_TELLING);
}

void vm_park(struct cpu *cpu, struct vcpu *vcpu)
{
    struct vm *vm = vcpu->vm;
    unsigned want = atomic_load(&vm->want);

    if (atomic_load(&vcpu->state) == VCPU_STATE_ON)
        vcpu_turn_off(vcpu);
    else if (atomic_load(&vcpu->state) == VCPU_STATE_PENDING)
        atomic_store(&vcpu->state, VCPU_STATE_OFF);
    vcpu->flight.busy = vcpu->flight.parts = false;
    if (vcpu->index != 0 || want == VM_STOPPED)
        return;
    if (want == VM_TELLING) { /* this CPU has told those that were free: others tell the rest */
        (void)cpu_wait(cpu, all_told, vm, WAIT_FOREVER);
        atomic_fetch_sub(&vms_running, 1);
        vm_start(vm);
        return;
    }
    (void)cpu_wait(cpu, all_off, vm, WAIT_FOREVER); /* every CPU parks at its next sched_next */
    if (want == VM_WANT_STOP)
        stop(vm);
    else
        reset(cpu, vm);
}
