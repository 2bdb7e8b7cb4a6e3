/* SPDX-License-Identifier: BSD-2-Clause */
/* What belongs to one physical CPU: TPIDR_EL2 points at it, and only that CPU writes it, except the
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
    uint64_t cut[4]; /* fast.S: masks for values of 1, 2, 4, 8 bytes */
    uint64_t stack_top;
    uint64_t emergency_top; /* for exceptions of the kernel itself */
    struct visit *visit;    /* the innermost visit that runs here; null: a guest runs, or nothing */
    uint64_t owner;         /* index + 1: what this CPU writes into an entry word */
    uint32_t notify;        /* servers whose `notified` shall run here, by bit */
    atomic_uint requests;   /* shared */
    uint64_t hcr;           /* HCR_EL2 while a guest runs */
    uint64_t fast_mask, fast_value; /* syndromes that fast.S serves */
    uint64_t guard;                 /* in its stacks' frames, behind arrays (meson.build) */
    struct vcpu *vcpu;              /* the vCPU whose registers this CPU holds */
    struct vcpu *home;              /* the vCPU pinned to this CPU */
    uint32_t index;
    uint32_t notified; /* servers whose `notified` ran since the vCPU was last looked at, by bit */
    uint32_t resting;  /* servers whose `notified` took a tick, until the guest had one, by bit */
    uint32_t borrowed; /* PPIs that only the server inside behind boundary el1 can have raised */
    uint64_t deferred; /* interrupts over their rate, by index: deactivated at the next tick */
    uint64_t tick_at;  /* CNTPCT of the next tick */
    uint64_t deadline; /* CNTPCT of the earliest server's timer that this CPU watches, or ~0 */
    uint64_t mpidr;
    uintptr_t redistributor;
    unsigned awaited;     /* of another CPU: what its `answered` must reach */
    atomic_uint asked;    /* shared: counts REQUEST_LISTS */
    atomic_uint answered; /* shared: `asked` as of the last answer */
    atomic_bool online;   /* shared */
} __attribute__((aligned(64)));

#define STACK_STRIDE 0x3000 /* of stacks, each behind a guard page */

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

/* Waits until done(argument), and meanwhile answers other CPUs and records interrupts. False if it
 * was not true at any of `rounds` looks. The caller holds no lock. */
bool cpu_wait(struct cpu *cpu, bool (*done)(void *argument), void *argument, uint32_t rounds);

/* Asks another CPU for REQUEST_*, makes it look. LISTS is done once `answered` reaches `asked`. */
void cpu_request(struct cpu *cpu, unsigned request);
/* Does what others asked of this CPU, as far as that can be done with a guest's state loaded. */
void cpu_answer_lists(struct cpu *cpu);
static inline void cpu_answer(struct cpu *cpu) {
    if ((atomic_load_explicit(&cpu->requests, memory_order_relaxed) & REQUEST_LISTS) != 0)
        cpu_answer_lists(cpu);
}

void cpu_start_others(void);        /* those of the image; waits until each is there */
_Noreturn void cpu_power_off(void); /* the machine */

/* Time, in CNTPCT ticks. Each CPU's EL2 timer gives the deadlines of servers' timers and a tick of
 * 1 kHz, but not from timer_sleep, if `idle`, to 2 ms after timer_wake. */
uint64_t timer_now(void);
static inline uint64_t timer_frequency(void) { return READ_SYSREG(cntfrq_el0); }
void timer_interrupt(struct cpu *cpu);
void timer_sleep(struct cpu *cpu, bool idle);
void timer_wake(const struct cpu *cpu);
void timer_set(struct cpu *cpu, struct server *server, uint64_t deadline); /* ~0: none */

/* The GICv3 (IHI 0069), with EOImode 1: the kernel acknowledges, drops the priority, and leaves the
 * interrupt active until the guest or server that it is for has dealt with it. */
void gic_init(uint64_t gicd, uint64_t gicr);
void gic_init_cpu(struct cpu *cpu);

/* Sends an SPI to one CPU, as edge or level, and enables it. */
void gic_enable(uint32_t intid, const struct cpu *cpu, bool edge);

/* Takes the first interrupt that is due and gives it to whom it is for; false if there is none. */
bool gic_take(struct cpu *cpu);
void gic_poll(struct cpu *cpu); /* all of them */
void gic_kick(struct cpu *cpu);
void gic_deactivate(const struct cpu *cpu, uint32_t intid); /* any SPI, or a PPI of `cpu` */
