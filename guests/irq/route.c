/* SPDX-License-Identifier: BSD-2-Clause */
/* SPIs and the CPU that GICD_IROUTER names. */
#include "irq.h"

#include "smp.h"

#define ROUTE_ANY   (UINT64_C(1) << 31)
#define TYPER_NO_1N (1u << 25)

static unsigned taken_by_all(void) {
    unsigned count = 0;
    for (unsigned cpu = 0; cpu < smp_count(); cpu++) count += gic_logs[cpu].count;
    return count;
}

static bool need_cpus(void) {
    if (smp_count() == 1) tap_skip("one CPU");
    return smp_count() > 1;
}

void route_each(void) {
    interrupts_unmask();
    gic_enable(SPI_A);
    for (unsigned i = 0; i < 4 * smp_count(); i++) {
        unsigned cpu = i * 3 % smp_count();
        gic_clear_logs();
        gic_route(SPI_A, smp_affinity(cpu));
        gic_pend(SPI_A);
        TAP_TRUE(TIMER_WAIT(gic_logs[cpu].count == 1, SOON_US));
        timer_spin(QUIET_US);
        TAP_EQUAL(taken_by_all(), 1);
    }
}

/* Pending at CPU 0, which masks it; then it is another CPU's. */
void route_move(void) {
    if (!need_cpus()) return;
    for (unsigned cpu = 1; cpu < smp_count(); cpu++) {
        interrupts_mask();
        gic_clear_logs();
        gic_route(SPI_A, smp_affinity(0));
        gic_enable(SPI_A);
        gic_pend(SPI_A);
        timer_spin(QUIET_US);
        TAP_EQUAL(taken_by_all(), 0);
        gic_route(SPI_A, smp_affinity(cpu));
        TAP_TRUE(TIMER_WAIT(gic_logs[cpu].count == 1, SOON_US));
        interrupts_unmask();
        timer_spin(QUIET_US);
        TAP_EQUAL(taken_by_all(), 1);
    }
}

void route_any(void) {
    if ((gicd_read(GICD_TYPER) & TYPER_NO_1N) != 0) {
        tap_skip("GICD_TYPER.No1N");
        return;
    }
    interrupts_unmask();
    gic_enable(SPI_A);
    gic_route(SPI_A, ROUTE_ANY);
    for (unsigned i = 1; i <= 20; i++) {
        gic_pend(SPI_A);
        TAP_TRUE(TIMER_WAIT(taken_by_all() == i, SOON_US));
    }
    timer_spin(QUIET_US);
    TAP_EQUAL(taken_by_all(), 20);
}
