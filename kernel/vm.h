/* SPDX-License-Identifier: BSD-2-Clause */
/* A virtual machine: its stage-2 space, its windows, its interrupts, what it may call. Built from
 * the image by boot.c; what can change while it runs is marked. And boot.c, which begins it all. */
#pragma once

#include <skerry/image.h>

#include "cpu.h"
#include "irq.h"
#include "memory.h"
#include "window.h"

struct frame;
struct vcpu;

struct vm {
    const struct image_vm *image; /* its row */
    uint8_t index;
    struct vcpu *vcpus;
    const void *const *windows; /* by address: window.h */
    const struct window *calls, *registers;
    struct pagetable stage2;
    struct pool pool;
    struct lock lock;   /* irq, and VCPU_ON */
    struct irq_vm irq;  /* changes, but for its vcpu_count, the VM's */
    atomic_uint want;   /* changes: enum vm_want */
    atomic_uint untold; /* changes: servers that have not dealt with its reset yet, by bit */
    uint64_t filled;    /* changes: bytes of its memory that are made anew */
};

/* In order: vm_request only goes on to a later one. vm.c alone goes back, from START to RUN. */
enum vm_want {
    VM_WANT_RUN,
    VM_WANT_RESET,
    VM_WANT_START, /* once servers have heard of a reset, and its memory is filled */
    VM_WANT_STOP,
    VM_LAST, /* stopped, and no other VM is left: the log goes out, then the machine off */
    VM_STOPPED
};

extern struct vm vms[VM_MAX];
extern uint32_t vm_count;

/* Asks for the end or a fresh start of a VM, which comes true when its vCPUs have left the guest.
 * Until it has started only an end counts, which a server that fails may ask for at any time. */
void vm_request(struct vm *vm, enum vm_want want);

/* The CPU's vCPU, whose VM is not to run: turns it off. vCPU 0's CPU then takes the VM's next step,
 * if it is due. It may wait for other CPUs, which do not tell: so the tick goes on meanwhile. */
void vm_park(struct cpu *cpu, struct vcpu *vcpu);
bool vm_is_due(const struct vm *vm);

/* From start.S, on the CPU's own stack. */
_Noreturn void main(struct cpu *cpu);

/* CPU 0: the next step of starting the system, null when there is none left. Then VMs may start. */
struct frame *boot_start(struct cpu *cpu);
extern atomic_bool boot_started;

/* The image, once it has been checked. Rows of a table: all, or those whose `field` is `owner`. */
extern struct image boot_image;
#define EACH(type, row)                                                                            \
    for (const struct image_##row *row = image_##row(&boot_image, 0),                              \
                                  *end_ = row + image_count(&boot_image, IMAGE_##type);            \
         row < end_; row++)
#define EACH_OF(type, row, field, owner)                                                           \
    EACH (type, row)                                                                               \
        if (row->field == (owner))
