/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtual machine: its stage-2 space, its windows, its interrupts, what it may call. Built from
 * the image by boot.c; what can change while it runs is marked.
 */
#pragma once

#include <skerry/image.h>

#include "irq.h"
#include "pagetable.h"
#include "smp.h"
#include "window.h"

struct server;
struct vcpu;

struct vm {
    char name[IMAGE_NAME];
    uint8_t index;
    uint8_t vcpu_count;
    struct vcpu *vcpus;
    uint64_t vttbr;
    uint64_t entry, argument;
    const void *const *windows; /* by address: window.h */
    const struct window *calls, *registers;
    struct pagetable stage2;
    struct pool pool;
    struct lock lock;    /* irq, stopping */
    struct irq_vm irq;   /* changes */
    atomic_uint want;    /* changes: enum vm_want */
    atomic_uint running; /* changes: vCPUs that have not parked */
};

enum vm_want {
    VM_WANT_RUN,
    VM_WANT_STOP,
    VM_WANT_RESET,
    VM_TELLING, /* servers are being told of a reset */
    VM_LAST,    /* stopped, and no other VM is left: the log goes out, then the machine off */
    VM_STOPPED
};

extern struct vm vms[VM_MAX];
extern uint32_t vm_count;

/* Asks for the end or a fresh start of a VM; it happens when its vCPUs have left the guest. */
void vm_request(struct vm *vm, enum vm_want want);

/* Called by a CPU whose home vCPU's VM wants to stop or start anew: parks the vCPU; the last one
 * to park turns the VM off, vCPU 0's CPU starts it again. */
void vm_park(struct cpu *cpu, struct vcpu *vcpu);

/* vCPU 0's CPU has to call vm_park again. */
static inline bool vm_is_ending(const struct vm *vm) {
    unsigned want = atomic_load(&vm->want);
    return want == VM_TELLING || want == VM_LAST;
}

/* True if the VM has memory at this IPA. */
bool vm_has_memory(const struct vm *vm, uint64_t ipa);

/* Fills the memory and turns vCPU 0 on. */
void vm_start(struct vm *vm);
