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

#include "offsets.h"
#include "sysreg.h"

struct vcpu;
struct visit;
struct vm;

/* Bits of cpu.requests: what other CPUs ask of this one. */
#define REQUEST_LISTS 1u /* put the vCPU's list registers back and fill them again */
#define REQUEST_VM    2u /* look at the state of the vCPU and its VM */

struct cpu {
    uint64_t stack_top;
    uint64_t emergency_top; /* for exceptions of the kernel itself */
    struct visit *visit;    /* the innermost visit that runs here; null: the guest or nothing */
    uint64_t owner;         /* index + 1: what this CPU writes into an entry word */
    uint32_t notify;        /* servers whose `notified` is to run here, by bit */
    atomic_uint requests;   /* shared */
    uint64_t hcr;           /* HCR_EL2 while a guest runs */
    uint64_t fast[2];       /* syndromes that fast.S serves: mask, value */
    struct vcpu *vcpu;      /* the vCPU whose registers this CPU holds */
    struct vcpu *home;      /* the vCPU pinned to this CPU */
    uint32_t index;
    uint32_t notified; /* servers notified since the vCPU was last looked at, by bit */
    uint64_t deferred; /* interrupts over their rate, by index: deactivated at the next tick */
    uint64_t tick_at;  /* CNTPCT of the next tick */
    uint64_t deadline; /* the earliest timer of a server that runs out here, or ~0 */
    uint64_t ticks;
    uint64_t mpidr;
    atomic_uint asked;    /* shared: counts requests */
    atomic_uint answered; /* shared: the last request that has been answered */
    atomic_bool online;   /* shared */
} __attribute__((aligned(64)));

_Static_assert(offsetof(struct cpu, stack_top) == CPU_STACK, "offsets.h");
_Static_assert(offsetof(struct cpu, emergency_top) == CPU_EMERGENCY, "offsets.h");
_Static_assert(offsetof(struct cpu, visit) == CPU_VISIT, "offsets.h");
_Static_assert(offsetof(struct cpu, owner) == CPU_OWNER, "offsets.h");
_Static_assert(offsetof(struct cpu, notify) == CPU_WORK_HCR, "offsets.h");
_Static_assert(offsetof(struct cpu, hcr) == CPU_WORK_HCR + 8, "offsets.h");
_Static_assert(offsetof(struct cpu, fast) == CPU_FAST, "offsets.h");

/* Stacks, each behind a guard page. */
#define STACK_STRIDE 0x3000

extern struct cpu cpus[CPU_MAX];
extern uint32_t cpu_count;

static inline struct cpu *cpu_this(void) { return (struct cpu *)READ_SYSREG(tpidr_el2); }

/* Notifications to run, or requests of other CPUs to answer. */
static inline bool cpu_has_work(const struct cpu *cpu) {
    return (cpu->notify | atomic_load_explicit(&cpu->requests, memory_order_relaxed)) != 0;
}
