/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtual machine: its stage-2 space, its windows, its interrupts, what it may call. Built from
 * the image by boot.c; what can change while it runs is marked.
 */
#pragma once

#include <skerry/image.h>

#include "cpu.h"
#include "irq.h"
#include "pagetable.h"

struct server;
struct vcpu;

struct window {
    uint64_t badge;       /* right and VM; the vCPU is added */
    uint64_t offset_base; /* IPA minus this is x1 of the access */
    struct visit *visit;  /* the server's; fast.S */
    struct server *server;
};

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
    struct window call, sgi;      /* for fast.S: of all SMCCC calls, of ICC_SGI1R_EL1 */
    struct lock lock;             /* irq */
    struct irq_vm irq;            /* changes */
    atomic_uint want;             /* changes: enum vm_want */
    uint64_t id_registers[7 * 8]; /* ID_*_EL1 by CRm - 1 and op2 */
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

bool vm_has_memory(const struct vm *vm, uint64_t ipa);

/* Fills the memory and turns vCPU 0 on. */
void vm_start(struct vm *vm);

/* Asks for the end or a fresh start of a VM; it happens when its vCPUs have left the guest. */
void vm_request(struct vm *vm, enum vm_want want);

/* The CPU's vCPU, whose VM is not to run: turns it off. vCPU 0's CPU takes the VM a step on, if one
 * is due: what it waits for may be another CPU's, so its tick goes on until there are none left. */
void vm_park(struct cpu *cpu, struct vcpu *vcpu);
bool vm_is_due(const struct vm *vm);
