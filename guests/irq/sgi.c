/* SPDX-License-Identifier: BSD-2-Clause */
/* SGIs by ICC_SGI1R_EL1: to oneself, to every set of CPUs, to all others, back and forth. */
#include "irq.h"

#include "smp.h"

#define PINGS 500u

static const volatile struct gic_log *const taken = &gic_logs[0];

static bool need_cpus(void) {
    if (smp_count() == 1) tap_skip("one CPU");
    return smp_count() > 1;
}

void sgi_self(void) {
    interrupts_unmask();
    for (unsigned intid = 0; intid < 16; intid++) {
        gic_clear_logs();
        gic_send(intid, smp_affinity(0), (uint16_t)(1u << (smp_affinity(0) & 0xf)));
        irq_expect(1);
        TAP_EQUAL(taken->intid[0], intid);
    }
    gic_clear_logs();
    gic_send(SGI_A, smp_affinity(0), 0);      /* nobody */
    gic_send(SGI_A, smp_affinity(0), 0x8000); /* nobody that exists */
    if (smp_count() == 1) gic_send_others(SGI_A);
    irq_expect(0);
}

/* Sends to the CPUs in `targets`, which stand in one affinity group, and checks who got it. */
static void check_targets(unsigned intid, unsigned targets) {
    uint16_t list = 0;
    for (unsigned cpu = 0; cpu < smp_count(); cpu++)
        if ((targets >> cpu & 1) != 0) list |= (uint16_t)(1u << (smp_affinity(cpu) & 0xf));
    gic_clear_logs();
    gic_send(intid, smp_affinity(0), list);
    for (unsigned cpu = 0; cpu < smp_count(); cpu++) {
        unsigned want = targets >> cpu & 1;
        (void)TIMER_WAIT(gic_logs[cpu].count >= want, SOON_US);
    }
    timer_spin(QUIET_US);
    for (unsigned cpu = 0; cpu < smp_count(); cpu++) {
        TAP_EQUAL(gic_logs[cpu].count, targets >> cpu & 1);
        if ((targets >> cpu & 1) != 0) TAP_EQUAL(gic_logs[cpu].intid[0], intid);
    }
}

void sgi_lists(void) {
    if (!need_cpus()) return;
    interrupts_unmask();
    for (unsigned targets = 0; targets < 1u << smp_count(); targets++)
        check_targets(targets % 16, targets);
}

void sgi_others(void) {
    if (!need_cpus()) return;
    interrupts_unmask();
    gic_send_others(SGI_A);
    for (unsigned cpu = 1; cpu < smp_count(); cpu++) {
        TAP_TRUE(TIMER_WAIT(gic_logs[cpu].count == 1, SOON_US));
        TAP_EQUAL(gic_logs[cpu].intid[0], SGI_A);
    }
    irq_expect(0);
}

/* Every other CPU answers each SGI with one to CPU 0. */
static void hook_answer(unsigned intid) {
    if (smp_self() != 0)
        gic_send(intid, smp_affinity(0), (uint16_t)(1u << (smp_affinity(0) & 0xf)));
}

void sgi_ping(void) {
    if (!need_cpus()) return;
    gic_hook = hook_answer;
    interrupts_unmask();
    for (unsigned i = 0; i < PINGS; i++) {
        unsigned cpu = 1 + i % (smp_count() - 1);
        gic_send(SGI_A, smp_affinity(cpu), (uint16_t)(1u << (smp_affinity(cpu) & 0xf)));
        if (!TAP_TRUE(TIMER_WAIT(taken->count >= i + 1, SOON_US))) return;
    }
    irq_expect(PINGS);
}

/* Masked between the look and the WFI, so that the SGI cannot slip through in between. */
static void work_sleep(uint64_t count) {
    interrupts_mask();
    while (gic_logs[smp_self()].count < count) {
        wfi();
        interrupts_unmask();
        isb(); /* takes what is pending */
        interrupts_mask();
    }
    interrupts_unmask();
}

void sgi_sleep(void) {
    if (!need_cpus()) return;
    for (unsigned round = 1; round <= 50; round++) {
        for (unsigned cpu = 1; cpu < smp_count(); cpu++) TAP_TRUE(smp_call(cpu, work_sleep, round));
        timer_spin(round % 2 * QUIET_US); /* asleep, or on the way there */
        gic_send_others(SGI_A);
        for (unsigned cpu = 1; cpu < smp_count(); cpu++)
            if (!TAP_TRUE(TIMER_WAIT(smp_idle(cpu), SOON_US))) return;
    }
}
