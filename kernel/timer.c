/* SPDX-License-Identifier: BSD-2-Clause */
/* The physical EL2 timer (Arm ARM D11.2), set to the next tick or the earliest deadline of a server
 * on this CPU. A guest's timers are its own. Model of who has a server's timer: timer.pml. */
#include "vcpu.h"

uint64_t timer_now(void) {
    isb(); /* D11.1.2: the counter may be read early */
    return READ_SYSREG(cntpct_el0);
}

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

/* It has come, or was slept through: then it is made up for before the next sleep, for on waking a
 * guest waits for its interrupt. One that wakes more often must not put it off for ever. */
static void tick(struct cpu *cpu, uint64_t now) {
    if (now < cpu->tick_at) return;
    cpu->tick_at = now + timer_frequency() / 1000;
    visit_tick(cpu);
    notify_tick(cpu);
    deliver_look(cpu);
}

void timer_interrupt(struct cpu *cpu) {
    uint64_t now = timer_now();
    tick(cpu, now);
    expire(cpu, now);
}

void timer_sleep(struct cpu *cpu, bool idle) {
    tick(cpu, timer_now());
    if (idle) program(cpu, (cpu->deferred | cpu->resting) != 0 ? cpu->tick_at : UINT64_MAX);
}

void timer_wake(const struct cpu *cpu) { program(cpu, timer_now() + timer_frequency() / 512); }

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
