/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What belongs to one physical CPU. TPIDR_EL2 points at it; nobody else writes it but for the
 * fields marked shared.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <skerry/image.h>

#include "sysreg.h"

struct vcpu;
struct visit;
struct vm;

/* Bits of cpu.requests: what other CPUs ask of this one. */
#define REQUEST_LISTS 1u /* put the vCPU's list registers back and fill them again */
#define REQUEST_VM    2u /* look at the state of the vCPU and its VM */
#define REQUEST_TLB   4u /* nothing to do: having been at EL2 is the answer */

struct cpu {
    uint64_t stack_top;       /* vectors.S */
    uint64_t emergency_top;   /* vectors.S: for exceptions of the kernel itself */
    struct visit *visit;      /* the innermost visit that runs here; null: the guest or nothing */
    struct vcpu *vcpu;        /* the vCPU whose registers this CPU holds */
    struct vcpu *home;        /* the vCPU pinned to this CPU */
    uint32_t index;
    uint32_t notify;          /* servers whose `notified` is to run here, by bit */
    uint64_t deferred;        /* interrupts over their rate, by index: deactivated at the next tick */
    uint64_t tick_at;         /* CNTPCT of the next tick */
    uint64_t deadline;        /* the earliest timer of a server that runs out here, or ~0 */
    uint64_t ticks;
    atomic_uint requests;     /* shared */
    atomic_uint answered;     /* shared: counts up whenever REQUEST_LISTS was done */
    atomic_bool online;       /* shared */
    uint64_t mpidr;
} __attribute__((aligned(64)));

_Static_assert(offsetof(struct cpu, stack_top) == 0, "vectors.S");
_Static_assert(offsetof(struct cpu, emergency_top) == 8, "vectors.S");

/* Stacks: guard page, stack, and at the boot stack's and each CPU's end nothing else; an emergency
 * stack is laid out the same way. */
#define STACK_STRIDE 0x3000
#define STACK_SIZE   (STACK_STRIDE - IMAGE_PAGE)

extern struct cpu cpus[CPU_MAX];
extern uint32_t cpu_count;

static inline struct cpu *cpu_this(void)
{
    return (struct cpu *)READ_SYSREG(tpidr_el2);
}
