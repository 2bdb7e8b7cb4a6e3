/* SPDX-License-Identifier: BSD-2-Clause */
/* What belongs to one physical CPU: TPIDR_EL2 points at it, and nobody else writes it but for the
 * fields marked shared. How CPUs wait, lock, ask one another, start and end; timer; the GIC. */
#pragma once

#include <skerry/image.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "sysreg.h"

struct server;
struct vcpu;
struct visit;

/* Bits of cpu.requests. */
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
    uintptr_t redistributor;
    atomic_uint asked;    /* shared: counts REQUEST_LISTS */
    atomic_uint answered; /* shared: the last one that has been answered */
    atomic_bool online;   /* shared */
} __attribute__((aligned(64)));

/* Stacks, each behind a guard page. */
#define STACK_STRIDE 0x3000

extern struct cpu cpus[CPU_MAX];
extern uint32_t cpu_count;

static inline struct cpu *cpu_this(void) { return (struct cpu *)READ_SYSREG(tpidr_el2); }

/* Notifications to run, or requests of other CPUs to answer. */
static inline bool cpu_has_work(const struct cpu *cpu) {
    return (cpu->notify | atomic_load_explicit(&cpu->requests, memory_order_relaxed)) != 0;
}

/* A lock for short critical sections that contain no wait. Order: server entry, VM, ring. */
struct lock {
    atomic_bool taken;
};

void lock_take(struct lock *lock);
void lock_give(struct lock *lock);

#define WAIT_FOREVER UINT32_MAX /* spin with WFE until done */
#define WAIT_IDLE    0          /* sleep with WFI until done */

/* Waits until done(argument), answering other CPUs and recording interrupts meanwhile; false after
 * `rounds` looks. The caller holds no lock. */
bool cpu_wait(struct cpu *cpu, bool (*done)(void *argument), void *argument, uint32_t rounds);

/* Asks another CPU for REQUEST_* and makes it look. LISTS are done once it has answered `asked`. */
void cpu_request(struct cpu *cpu, unsigned request);
/* Answers what others asked of this one, as far as it can be done with a guest's state loaded. */
void cpu_answer(struct cpu *cpu);

/* Starts the CPUs of the image; waits until each is there. */
void cpu_start_others(void);

/* The machine, off. */
_Noreturn void cpu_power_off(void);

/* Time, in CNTPCT ticks. Each CPU's EL2 timer gives a tick of 1 kHz while it runs guests or
 * servers, and the deadlines of servers' timers, which alone count between timer_sleep and
 * timer_wake. */
uint64_t timer_now(void);
uint64_t timer_frequency(void);
void timer_init_cpu(struct cpu *cpu);
void timer_interrupt(struct cpu *cpu);
void timer_sleep(struct cpu *cpu);
void timer_wake(struct cpu *cpu);
/* A server's timer, ~0 for none. */
void timer_set(struct cpu *cpu, struct server *server, uint64_t deadline);

/* The GICv3 (IHI 0069), with EOImode 1: acknowledge, drop the priority, leave active until whoever
 * the interrupt is for has dealt with it. */
void gic_init(uint64_t gicd, uint64_t gicr);
void gic_init_cpu(struct cpu *cpu);

/* An SPI: to one CPU, edge or level, enabled. */
void gic_enable(uint32_t intid, const struct cpu *cpu, bool edge);

/* Takes all that is pending and gives it to those it is for; returns at once if nothing is. */
void gic_poll(struct cpu *cpu);

void gic_kick(struct cpu *cpu);
/* Any SPI, or a PPI of `cpu`. */
void gic_deactivate(const struct cpu *cpu, uint32_t intid);
