/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * again: a VM that has itself made anew while its vCPUs change interrupts that are in one another's
 * list registers: whoever waits for another CPU then must not wait for ever. Every fourth time it
 * does so at once after it has turned them on, before they have run.
 */
#include "gic.h"
#include "guest.h"
#include "mmio.h"
#include "psci.h"
#include "smp.h"
#include "tap.h"
#include "timer.h"

#define CLOCK_RESETS 0x0a000018ul /* servers/clock-server */

#define RESETS       20u
#define SPI_FIRST    36u
#define LONGEST_US   500u

static void change(uint64_t never) {
    do {
        gicd_write(GICD_ICENABLER + 4, ~0u);
        gicd_write(GICD_ISENABLER + 4, ~0u);
        (void)gicd_read(GICD_ISPENDR + 4);
    } while (never == 0);
}

static void reset(uint64_t number) {
    uint64_t end = timer_now() + timer_ticks(number * 37 % LONGEST_US);
    while (timer_now() < end) {}
    (void)psci_call(PSCI_SYSTEM_RESET, 0, 0, 0);
}

static void reset_early(void) {
    for (unsigned cpu = 1; cpu < smp_count(); cpu++)
        if (!smp_turn_on(cpu)) return;
    (void)psci_call(PSCI_SYSTEM_RESET, 0, 0, 0);
}

/* Pending and never taken: each stays in a list register of its vCPU. */
static void begin(uint64_t number) {
    gic_open();
    if (number % 4 == 3) reset_early();
    for (unsigned intid = SPI_FIRST; intid < 64; intid++) {
        gic_route(intid, smp_affinity(intid % smp_count()));
        gic_pend(intid);
    }
    (void)smp_start();
    for (unsigned cpu = 1; cpu < smp_count() - 1; cpu++) (void)smp_call(cpu, change, 0);
    (void)smp_call(smp_count() - 1, reset, number);
    change(0);
}

static void resets(void) { TAP_EQUAL(mmio_read64(CLOCK_RESETS), RESETS); }

static const struct tap_test tests[] = {
    {"made anew while vCPUs wait for one another", resets},
};

int main(void) {
    uint64_t number = mmio_read64(CLOCK_RESETS);
    if (number < RESETS) begin(number);
    TAP_RUN(tests);
    return 0;
}
