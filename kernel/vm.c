/* SPDX-License-Identifier: BSD-2-Clause */
/* The life of a VM: started at boot, stopped or started anew when its vCPUs have all left the
 * guest. Each CPU parks its own vCPU; vCPU 0's CPU takes the steps, when they are due: life.pml. */
#include "ring.h"
#include "vcpu.h"

struct vm vms[VM_MAX];
uint32_t vm_count;
static atomic_uint vms_stopped;
static uint64_t stopped_at; /* CNTPCT, of the last one */

void vm_request(struct vm *vm, enum vm_want want) {
    unsigned now = atomic_load(&vm->want);
    do {
        if (now >= want) return;
    } while (!atomic_compare_exchange_weak(&vm->want, &now, want));
    for (uint32_t i = 0; i < vm->irq.vcpu_count; i++) cpu_request(vm->vcpus[i].cpu, REQUEST_VM);
}

static bool all_off(const struct vm *vm) {
    for (uint32_t i = 0; i < vm->irq.vcpu_count; i++)
        if (atomic_load(&vm->vcpus[i].state) != VCPU_STATE_OFF) return false;
    return true;
}

/* Servers forget the VM before it starts again, those that are busy elsewhere or die of it, too. */
static bool all_told(const struct vm *vm) {
    for (unsigned untold = atomic_load(&vm->untold); untold != 0; untold &= untold - 1)
        if (servers[__builtin_ctz(untold)].state != SERVER_DOWN) return false;
    return true;
}

/* A server that prints the log may hold text that waits for its timer or its port: it gets 40 ms,
 * and up to a second while it has something to do. What is in the ring then, panic_flush prints. */
static bool is_printed(void) {
    uint64_t waited = timer_now() - stopped_at;
    bool idle = true;
    for (uint32_t i = 0; i < server_count; i++)
        if ((servers[i].flags & SERVER_LOG) != 0)
            idle &= atomic_load(&servers[i].bits) == 0 && servers[i].deadline == UINT64_MAX;
    return waited > timer_frequency() / (idle ? 25 : 1);
}

bool vm_is_due(const struct vm *vm) {
    switch (atomic_load(&vm->want)) {
    case VM_WANT_STOP:
    case VM_WANT_RESET: return all_off(vm);
    case VM_WANT_START: /* all_off again: life.pml, PLANT 4 */
        return boot_started && all_told(vm) && all_off(vm);
    case VM_LAST: return is_printed();
    default: return false;
    }
}

static void stop(struct vm *vm) {
    ring_print("%s: stopped", vm->image->name);
    stopped_at = timer_now();
    bool last = atomic_fetch_add(&vms_stopped, 1) + 1 == vm_count;
    atomic_store(&vm->want, last ? VM_LAST : VM_STOPPED);
}

/* Unless it is to stop meanwhile: life.pml, PLANT 6. */
static bool replace(struct vm *vm, unsigned from, enum vm_want to) {
    return atomic_compare_exchange_strong(&vm->want, &from, to);
}

static void reset(struct cpu *cpu, struct vm *vm) {
    lock_take(&vm->lock);
    irq_reset(&vm->irq);
    lock_give(&vm->lock);
    for (uint32_t i = 0; i < server_count; i++) {
        if ((servers[i].vms >> vm->index & 1) == 0 || servers[i].image->notified == 0) continue;
        atomic_fetch_or(&vm->untold, 1u << i);
        notify_server(cpu, &servers[i], NOTIFY_VM_RESET(vm->index));
    }
    (void)replace(vm, VM_WANT_RESET, VM_WANT_START);
}

static bool fill(struct vm *vm, uint64_t pa, const char *source, uint64_t size) {
    vm->filled += space_fill(pa, source, size, vm->stage2.owner);
    return true;
}

/* A step on the way to the VM's memory as its description says: loads where they belong, zeros
 * elsewhere. False: it is done. */
static bool fill_next(struct vm *vm) {
    uint64_t at = vm->filled;
    EACH_OF (REGION, region, vm, vm->index) {
        if (at < region->size) return fill(vm, region->pa + at, NULL, region->size - at);
        at -= region->size;
    }
    EACH_OF (LOAD, load, vm, vm->index) {
        pa_t pa = PA(0); /* a load lies within one region (image.c), which is one piece of RAM */
        (void)pagetable_walk(&vm->stage2, load->ipa, &pa);
        if (at < load->size)
            return fill(vm, pa.value + at, image_bytes(&boot_image, load->offset + at),
                        load->size - at);
        at -= load->size;
    }
    vm->filled = 0;
    return false;
}

static void start(struct vm *vm) {
    uint64_t before;
    if (fill_next(vm) || !replace(vm, VM_WANT_START, VM_WANT_RUN)) return;
    (void)vcpu_turn_on(&vm->vcpus[0], vm->image->entry, vm->image->argument, &before);
}

void vm_park(struct cpu *cpu, struct vcpu *vcpu) {
    struct vm *vm = vcpu->vm;
    if (atomic_load(&vcpu->state) == VCPU_STATE_ON)
        vcpu_turn_off(vcpu);
    else if (atomic_load(&vcpu->state) == VCPU_STATE_PENDING)
        atomic_store(&vcpu->state, VCPU_STATE_OFF);
    if (vcpu->index != 0 || !vm_is_due(vm)) return;
    switch (atomic_load(&vm->want)) {
    case VM_WANT_STOP: stop(vm); break;
    case VM_WANT_RESET: reset(cpu, vm); break;
    case VM_WANT_START: start(vm); break;
    default: panic_flush(); cpu_power_off();
    }
}
