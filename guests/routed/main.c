/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * routed: an interrupt of the machine that is the VM's own, the RTC's, by a route of the kernel's
 * (HW=1 in a list register). The RTC itself is behind servers/pass-server, or on the bare machine
 * just there: the same file runs on both. Level, or edge if the server says so. Two CPUs.
 */
#include "gic.h"
#include "guest.h"
#include "mmio.h"
#include "smp.h"
#include "tap.h"
#include "timer.h"

#define RTC_DR     (RTC_BASE + 0x00)
#define RTC_MR     (RTC_BASE + 0x04)
#define RTC_IMSC   (RTC_BASE + 0x10)
#define RTC_RIS    (RTC_BASE + 0x14)
#define RTC_ICR    (RTC_BASE + 0x1c)
#define PASS_DEATH (RTC_BASE + 0x800)

#define SOON_US    10000000 /* each round takes two turns of the host between its threads */
#define QUIET_US   5000
#define STUBBORN   20u

static bool edge;
static volatile unsigned clear_at; /* the handler clears the RTC when it has come so often */

static unsigned taken(void) { return gic_logs[0].count + gic_logs[1].count; }

static void hook_clear(unsigned intid) {
    if (intid == INTID_RTC && taken() >= clear_at) mmio_write32(RTC_ICR, 1);
}

/* The line goes up at once, if the clock still stands where it stood when it was read. */
static void line_raise(void) {
    unsigned before = taken();
    do {
        mmio_write32(RTC_MR, mmio_read32(RTC_DR));
    } while (!TIMER_WAIT(mmio_read32(RTC_RIS) == 1 || taken() != before, QUIET_US));
}

static void begin(unsigned cpu, unsigned times) {
    interrupts_mask();
    gic_disable(INTID_RTC);
    mmio_write32(RTC_ICR, 1);
    mmio_write32(RTC_IMSC, 1);
    gic_unpend(INTID_RTC);
    gic_set_edge(INTID_RTC, edge);
    gic_route(INTID_RTC, smp_affinity(cpu));
    gic_clear_logs();
    clear_at = times;
    gic_hook = hook_clear;
    interrupts_unmask();
}

static void expect(unsigned cpu, unsigned times) {
    TAP_TRUE(TIMER_WAIT(gic_logs[cpu].count >= times, SOON_US));
    timer_spin(QUIET_US);
    TAP_EQUAL(gic_logs[cpu].count, times);
    TAP_EQUAL(taken(), times);
    TAP_TRUE(!gic_pending(INTID_RTC) && !gic_active(INTID_RTC));
}

static void once_each(void) {
    for (unsigned n = 0; n < 10; n++) {
        unsigned cpu = n % smp_count();
        begin(cpu, 1);
        gic_enable(INTID_RTC);
        line_raise();
        expect(cpu, 1);
    }
}

/* A level comes again as long as it is high, an edge does not. */
static void while_high(void) {
    for (unsigned cpu = 0; cpu < smp_count(); cpu++) {
        begin(cpu, STUBBORN);
        gic_enable(INTID_RTC);
        line_raise();
        expect(cpu, edge ? 1 : STUBBORN);
        TAP_EQUAL(mmio_read32(RTC_RIS), edge);
    }
}

static void held(void) {
    begin(0, 1);
    line_raise();
    timer_spin(QUIET_US);
    TAP_EQUAL(taken(), 0);
    TAP_TRUE(gic_pending(INTID_RTC));
    gic_enable(INTID_RTC);
    expect(0, 1);
}

/* A level that has gone is not pending any more, an edge that came has come. */
static void gone(void) {
    begin(0, 1);
    line_raise();
    TAP_TRUE(TIMER_WAIT(gic_pending(INTID_RTC), SOON_US));
    mmio_write32(RTC_ICR, 1);
    TAP_EQUAL(gic_pending(INTID_RTC), edge);
    gic_enable(INTID_RTC);
    expect(0, edge);
}

/* The server has no `init`: it is made anew, and the access again. */
static void death(void) {
    mmio_write32(PASS_DEATH, 0);
    begin(0, 1);
    gic_enable(INTID_RTC);
    line_raise();
    expect(0, 1);
}

static const struct tap_test tests[] = {
    {"each rise of the line is one interrupt",   once_each },
    {"a line that stays high",                   while_high},
    {"disabled, it is pending, and comes later", held      },
    {"disabled, its line goes down again",       gone      },
    {"a server without init dies, and goes on",  death     },
};

int main(void) {
    edge = mmio_read32(PASS_DEATH) != 0;
    gic_open();
    (void)smp_start();
    TAP_RUN(tests);
    return 0;
}
