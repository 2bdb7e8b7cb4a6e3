/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The EL2 physical timer (Arm ARM D11.2): its compare value is the next tick or the next deadline,
 * whichever comes first. Of a guest's timers only the interrupt passes the kernel (gic_poll).
 */
#include "cpu.h"
#include "notify.h"
#include "visit.h"

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
        if (server->deadline_cpu != cpu->index || server->deadline == UINT64_MAX) continue;
        if (server->deadline <= now) {
            server->deadline = UINT64_MAX;
            notify_server(cpu, server, NOTIFY_TIMER);
        } else if (server->deadline < cpu->deadline) {
            cpu->deadline = server->deadline;
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

void timer_interrupt(struct cpu *cpu) {
    uint64_t now = timer_now();
    if (now >= cpu->tick_at) {
        cpu->ticks++;
        cpu->tick_at = now + timer_frequency() / TICKS_A_SECOND;
        notify_tick(cpu);
    }
    expire(cpu, now);
}

void timer_sleep(struct cpu *cpu) { program(cpu, cpu->deferred != 0 ? cpu->tick_at : UINT64_MAX); }

void timer_wake(struct cpu *cpu) {
    cpu->tick_at = timer_now() + timer_frequency() / TICKS_A_SECOND;
    program(cpu, cpu->tick_at);
}

void timer_set(struct cpu *cpu, struct server *server, uint64_t deadline) {
    /* A timer that was another CPU's is this one's now; the other finds nothing when it looks. */
    server->deadline = UINT64_MAX;
    server->deadline_cpu = cpu->index;
    server->deadline = deadline;
    expire(cpu, timer_now());
}
