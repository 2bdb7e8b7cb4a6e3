/* SPDX-License-Identifier: BSD-2-Clause */
/* One loop in which a CPU waits for anything: it contains WFE or WFI, so that an emulator runs the
 * other CPUs meanwhile, and it answers, so that two CPUs that wait for each other get on (model:
 * tests/model/wait.pml). A kick is SGI 0 and carries nothing: cpu.requests says what is wanted.
 * Besides, the other CPUs' start and the machine's end, by the firmware's PSCI; and the physical
 * EL2 timer (Arm ARM D11.2), set to the next tick or deadline. A guest's timers are its own. */
#include "cpu.h"

#include "deliver.h"
#include "ring.h"
#include "vcpu.h"

void lock_take(struct lock *lock) {
    uint32_t taken;
    /* The exclusive load arms the monitor: the store in lock_give is the event (D1.6.1). */
    __asm__ volatile("1: ldaxrb %w0, %1\n cbnz %w0, 2f\n stxrb %w0, %w2, %1\n cbz %w0, 3f\n b 1b\n"
                     "2: wfe\n b 1b\n"
                     "3:"
                     : "=&r"(taken), "+Q"(lock->taken)
                     : "r"(1)
                     : "memory");
}

void lock_give(struct lock *lock) {
    atomic_store_explicit(&lock->taken, false, memory_order_release);
}

bool cpu_wait(struct cpu *cpu, bool (*done)(void *argument), void *argument, uint32_t rounds) {
    for (uint32_t round = 0;; round++) {
        gic_poll(cpu);
        cpu_answer(cpu);
        if (done(argument)) return true;
        if (rounds == WAIT_IDLE) {
            dsb(sy); /* D11.5: what is due is visible before the CPU sleeps */
            wfi();
        } else if (rounds != WAIT_FOREVER && round >= rounds) {
            return false;
        } else {
            wfe();
        }
    }
}

void cpu_request(struct cpu *cpu, unsigned request) {
    atomic_fetch_add(&cpu->asked, request & REQUEST_LISTS); /* 1; others are not counted */
    atomic_fetch_or(&cpu->requests, request);
    dsb(ish); /* the request is there before the interrupt says so */
    gic_kick(cpu);
    sev();
}

void cpu_answer(struct cpu *cpu) {
    if ((atomic_load_explicit(&cpu->requests, memory_order_relaxed) & REQUEST_LISTS) == 0) return;
    atomic_fetch_and(&cpu->requests, ~REQUEST_LISTS);
    unsigned asked = atomic_load(&cpu->asked); /* before the work: wait.pml, PLANT 2 */
    if (asked != cpu->answered) gic_poll(cpu); /* takes what was released to fire again: irq.c */
    deliver_sync(cpu);
    atomic_store(&cpu->answered, asked);
    sev();
}

#define PSCI_CPU_ON     0xc4000003
#define PSCI_SYSTEM_OFF 0x84000008

/* The kernel's own calls to the firmware: PSCI 1.0 (Arm DEN0022), by its only SMC instruction. No
 * guest's call gets here. x4 to x17 are the firmware's to change (SMCCC 2.6). */
static NOINLINE int64_t psci(uint64_t function, uint64_t cpu, uint64_t entry, uint64_t argument) {
    register uint64_t x0 __asm__("x0") = function, x1 __asm__("x1") = cpu;
    register uint64_t x2 __asm__("x2") = entry, x3 __asm__("x3") = argument;
    __asm__ volatile("smc #0"
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
                     :
                     : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15",
                       "x16", "x17", "memory");
    return (int64_t)x0;
}

_Noreturn void cpu_power_off(void) {
    (void)psci(PSCI_SYSTEM_OFF, 0, 0, 0);
    for (;;) wfi(); /* it did not: nothing is left to do */
}

static bool is_online(void *argument) { return atomic_load(&((struct cpu *)argument)->online); }

#define ONLINE_ROUNDS 10000000

void cpu_start_others(void) {
    extern LINKED char start_secondary[];
    for (uint32_t i = 1; i < cpu_count; i++) {
        int64_t error = psci(PSCI_CPU_ON, cpus[i].mpidr, space_physical(start_secondary),
                             (uint64_t)&cpus[i]); /* its x0 */
        if (error != 0)
            panic("CPU %u: the firmware does not start it (PSCI %u); too many?", i,
                  (unsigned)-error);
        if (!cpu_wait(cpu_this(), is_online, &cpus[i], ONLINE_ROUNDS))
            panic("CPU %u: not heard of again", i);
    }
}

#define TICKS_A_SECOND 1000
#define CTL_ENABLE     1

uint64_t timer_now(void) {
    isb(); /* D11.1.2: the counter may be read early */
    return READ_SYSREG(cntpct_el0);
}

uint64_t timer_frequency(void) { return READ_SYSREG(cntfrq_el0); }

static void program(const struct cpu *cpu, uint64_t at) {
    WRITE_SYSREG(cnthp_cval_el2, at < cpu->deadline ? at : cpu->deadline);
    isb(); /* D11.2.4: the line follows before the interrupt is deactivated */
}

/* Servers whose deadline has come are notified; the earliest of the others is the next. */
static void expire(struct cpu *cpu, uint64_t now) {
    cpu->deadline = UINT64_MAX;
    for (uint32_t i = 0; i < server_count; i++) {
        struct server *server = &servers[i];
        uint64_t deadline = atomic_load(&server->deadline);
        if (server->deadline_cpu != cpu->index || deadline == UINT64_MAX) continue;
        if (deadline > now) {
            if (deadline < cpu->deadline) cpu->deadline = deadline;
        } else if (atomic_compare_exchange_strong(&server->deadline, &deadline, UINT64_MAX)) {
            notify_server(cpu, server, NOTIFY_TIMER); /* unless it was set anew, elsewhere */
        }
    }
    program(cpu, cpu->tick_at);
}

void timer_init_cpu(struct cpu *cpu) {
    cpu->deadline = UINT64_MAX;
    timer_wake(cpu);
    WRITE_SYSREG(cnthp_ctl_el2, CTL_ENABLE);
    isb();
}

/* It has come, or was slept through: a guest that wakes more often must not put it off for ever. */
static void tick(struct cpu *cpu, uint64_t now) {
    if (now < cpu->tick_at) return;
    cpu->ticks++;
    cpu->tick_at = now + timer_frequency() / TICKS_A_SECOND;
    notify_tick(cpu);
    deliver_look(cpu);
}

void timer_interrupt(struct cpu *cpu) {
    uint64_t now = timer_now();
    tick(cpu, now);
    expire(cpu, now);
}

void timer_sleep(struct cpu *cpu) { program(cpu, cpu->deferred != 0 ? cpu->tick_at : UINT64_MAX); }

void timer_wake(struct cpu *cpu) {
    tick(cpu, timer_now());
    program(cpu, cpu->tick_at);
}

void timer_set(struct cpu *cpu, struct server *server, uint64_t deadline) {
    /* A timer that was another CPU's is this one's now; the other finds nothing when it looks, or
     * (a concurrent server) sets it, too: who does so last has it. */
    do {
        atomic_store(&server->deadline, UINT64_MAX);
        atomic_store(&server->deadline_cpu, cpu->index);
        atomic_store(&server->deadline, deadline);
    } while (atomic_load(&server->deadline_cpu) != cpu->index);
    expire(cpu, timer_now());
}
