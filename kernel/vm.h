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

struct server;
struct vcpu;

struct window {
    uint64_t badge;       /* right and VM; the vCPU is added */
    uint64_t offset_base; /* IPA minus this is x1 of the access */
    struct visit *visit;  /* the server's; fast.S */
    struct server *server;
};

_Static_assert(offsetof(struct window, badge) == WINDOW_BADGE, "offsets.h");
_Static_assert(offsetof(struct window, visit) == WINDOW_VISIT, "offsets.h");

struct vm {
    char name[IMAGE_NAME];
    uint8_t index;
    uint8_t vcpu_count;
    struct vcpu *vcpus;
    uint64_t vttbr;
    uint64_t entry, argument;
    const void *const *windows;         /* window.c */
    const struct image_sysreg *sysregs; /* this VM's, sysreg_count of them */
    const struct image_smccc *smcccs;
    uint32_t sysreg_count, smccc_count;
    struct pagetable stage2;
    struct pool pool;
    struct window call, sgi; /* for vcpu.call, vcpu.sgi */
    struct lock lock;        /* irq, stopping */
    struct irq_vm irq;       /* changes */
    atomic_uint want;        /* changes: enum vm_want */
    atomic_uint running;     /* changes: vCPUs that have not parked */
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
