/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * timer: the two timers of EL1 at their edges. Each must fire for every deadline that has passed,
 * for none that has not, once its mask, the GIC or WFI let it, and never early.
 */
#include "exception.h"
#include "gic.h"
#include "guest.h"
#include "mmio.h"
#include "psci.h"
#include "tap.h"
#include "timer.h"
#include "uart.h"

#include <inttypes.h>
#include <stdio.h>

#define SOON_US  3000000 /* an interrupt that is due comes within this: a host may be busy */
#define QUIET_US 3000    /* one that is not due does not come within this */
#define FAR_AWAY (UINT64_C(1) << 31)

static const volatile struct gic_log *const taken = &gic_logs[0];

static bool physical; /* which of the two timers is tried */

#define INTID      (physical ? INTID_PTIMER : INTID_VTIMER)
#define READ(name) (physical ? sysreg_read(cntp_##name##_el0) : sysreg_read(cntv_##name##_el0))
#define WRITE(name, value)                                                                         \
    do {                                                                                           \
        if (physical)                                                                              \
            sysreg_write(cntp_##name##_el0, value);                                                \
        else                                                                                       \
            sysreg_write(cntv_##name##_el0, value);                                                \
    } while (0)

static void set(uint64_t deadline, unsigned control) {
    WRITE(cval, deadline);
    WRITE(ctl, control);
    isb();
}

static void off(void) {
    WRITE(ctl, 0);
    isb();
}

/* Silences a timer that has fired: its line is a level. */
static void hook_stop(unsigned intid) {
    if (intid == INTID) off();
}

static void start(void (*hook)(unsigned intid)) {
    off();
    gic_hook = hook;
    gic_clear_logs();
    gic_enable(INTID);
}

/* The timer with this deadline fires, or not, once. */
static void expect(uint64_t deadline, bool fires) {
    start(hook_stop);
    set(deadline, TIMER_ENABLE);
    if (fires)
        TAP_TRUE(TIMER_WAIT(taken->count != 0, SOON_US));
    else
        timer_spin(QUIET_US);
    TAP_EQUAL(taken->count, fires ? 1 : 0);
    if (fires)
        TAP_EQUAL(taken->intid[0], INTID);
    else
        TAP_EQUAL(READ(ctl) & TIMER_ISTATUS, 0);
    off();
}

static void counter(void) {
    TAP_TRUE(sysreg_read(cntfrq_el0) >= 1000000);
    uint64_t last = timer_now();
    for (unsigned i = 0; i < 20000; i++) {
        if (i % 16 == 0) psci_call(PSCI_VERSION, 0, 0, 0);
        if (i % 16 == 8) (void)uart_read(UARTFR);
        uint64_t now = timer_now();
        tap_check(now >= last, "CNTVCT went back", now, last);
        last = now;
    }
    uint64_t count = sysreg_read(cntpct_el0);
    TAP_TRUE(count >= last);
}

static void past(void) {
    expect(timer_now() - 1, true);
    expect(timer_now(), true);
    expect(1, true);
    expect(0, true);
}

static void near_future(void) {
    for (unsigned ticks = 1; ticks < 5000; ticks = ticks * 3 + 1) {
        uint64_t deadline = timer_now() + ticks;
        expect(deadline, true);
        tap_check(taken->time[0] >= deadline, "early", taken->time[0], deadline);
    }
}

static void far_future(void) {
    static const uint64_t distance[] = {FAR_AWAY - 1, FAR_AWAY,  FAR_AWAY + 1,     2 * FAR_AWAY - 1,
                                        2 * FAR_AWAY, INT64_MAX, UINT64_C(1) << 63};
    for (unsigned i = 0; i < sizeof(distance) / sizeof(distance[0]); i++)
        expect(timer_now() + distance[i], false);
    expect(UINT64_MAX, false);
    expect(INT64_MAX, false);
    expect(UINT64_C(1) << 63, false);
}

/* TVAL is signed, and relative to the counter at the time of the write. */
static void tval(void) {
    start(hook_stop);
    uint64_t before = timer_now();
    WRITE(tval, UINT64_C(0xffffffff)); /* -1 */
    uint64_t cval = READ(cval);
    TAP_TRUE(cval + 1 >= before && cval + 1 <= timer_now());
    WRITE(ctl, TIMER_ENABLE);
    isb();
    TAP_TRUE(TIMER_WAIT(taken->count == 1, SOON_US));

    start(hook_stop);
    before = timer_now();
    WRITE(tval, FAR_AWAY - 1);
    cval = READ(cval);
    TAP_TRUE(cval >= before + FAR_AWAY - 1 && cval <= timer_now() + FAR_AWAY - 1);
    uint64_t left = READ(tval);
    TAP_TRUE((int32_t)left > 0);
    WRITE(ctl, TIMER_ENABLE);
    timer_spin(QUIET_US);
    TAP_EQUAL(taken->count, 0);
    off();
}

static void imask(void) {
    start(hook_stop);
    set(0, TIMER_ENABLE | TIMER_IMASK);
    timer_spin(QUIET_US);
    TAP_EQUAL(taken->count, 0);
    TAP_EQUAL(READ(ctl), TIMER_ENABLE | TIMER_IMASK | TIMER_ISTATUS);
    for (unsigned i = 1; i <= 100; i++) {
        set(0, TIMER_ENABLE | TIMER_IMASK);
        set(0, TIMER_ENABLE);
        TAP_TRUE(TIMER_WAIT(taken->count >= i, SOON_US));
        TAP_EQUAL(taken->count, i);
    }
}

static void disabled(void) {
    start(hook_stop);
    set(0, 0);
    timer_spin(QUIET_US);
    TAP_EQUAL(taken->count, 0);
    WRITE(ctl, TIMER_ENABLE);
    TAP_TRUE(TIMER_WAIT(taken->count == 1, SOON_US));
}

/* The interrupt controller holds it: pending all the while, taken once it may be. */
static void held(void) {
    start(hook_stop);
    gic_disable(INTID);
    set(0, TIMER_ENABLE);
    TAP_TRUE(TIMER_WAIT(gic_pending(INTID), SOON_US));
    timer_spin(QUIET_US);
    TAP_EQUAL(taken->count, 0);
    gic_enable(INTID);
    TAP_TRUE(TIMER_WAIT(taken->count == 1, SOON_US));

    start(hook_stop);
    gic_disable(INTID);
    set(0, TIMER_ENABLE);
    timer_spin(100);
    off();
    TAP_TRUE(TIMER_WAIT(!gic_pending(INTID), SOON_US));
    gic_enable(INTID);
    timer_spin(QUIET_US);
    TAP_EQUAL(taken->count, 0);
}

#define REPEATS 50

/* A handler that leaves the line up is entered again at once. */
static void hook_stubborn(unsigned intid) {
    if (intid == INTID && taken->count >= REPEATS) off();
}

static void level(void) {
    start(hook_stubborn);
    set(0, TIMER_ENABLE);
    TAP_TRUE(TIMER_WAIT(taken->count >= REPEATS, SOON_US));
    timer_spin(QUIET_US);
    TAP_EQUAL(taken->count, REPEATS);
}

/* EOImode 1: dropped but active, it does not come again before it is deactivated. */
static void deactivate_later(void) {
    start(hook_stop);
    sysreg_write(icc_ctlr_el1, 2);
    isb();
    set(0, TIMER_ENABLE);
    TAP_TRUE(TIMER_WAIT(taken->count == 1, SOON_US));
    set(0, TIMER_ENABLE);
    timer_spin(QUIET_US);
    TAP_EQUAL(taken->count, 1);
    TAP_TRUE(gic_active(INTID));
    sysreg_write(icc_dir_el1, INTID);
    TAP_TRUE(TIMER_WAIT(taken->count == 2, SOON_US));
    sysreg_write(icc_dir_el1, INTID);
    sysreg_write(icc_ctlr_el1, 0);
    isb();
    TAP_TRUE(!gic_active(INTID));
}

/* Masked, so that the interrupt cannot be taken before the WFI: it ends that all the same. */
static void wake(void) {
    uint64_t latest = 0;
    for (unsigned i = 0; i < 40; i++) {
        start(hook_stop);
        interrupts_mask();
        uint64_t deadline = timer_now() + timer_ticks(i % 2 == 0 ? 1000 : 50);
        set(deadline, TIMER_ENABLE);
        while (timer_now() < deadline) wfi();
        uint64_t late = timer_now() - deadline;
        latest = late > latest ? late : latest;
        TAP_EQUAL(taken->count, 0);
        interrupts_unmask();
        TAP_TRUE(TIMER_WAIT(taken->count == 1, SOON_US));
        tap_check(taken->time[0] >= deadline, "early", taken->time[0], deadline);
    }
    printf("# WFI ends at most %" PRIu64 " ticks late\n", latest);
}

#define TICK_HZ 1000

static struct {
    uint64_t deadline, period, worst;
    volatile unsigned count, early;
} ticker;

static void hook_tick(unsigned intid) {
    uint64_t now = timer_now();
    if (intid != INTID) return;
    if (now < ticker.deadline)
        ticker.early++;
    else if (now - ticker.deadline > ticker.worst)
        ticker.worst = now - ticker.deadline;
    ticker.count++;
    ticker.deadline += ticker.period;
    WRITE(cval, ticker.deadline);
    isb();
}

/* One second of 1 kHz, idle in between: none lost, none early. */
static void tick(void) {
    start(hook_tick);
    uint64_t begin = timer_now(), second = sysreg_read(cntfrq_el0);
    ticker.period = second / TICK_HZ;
    ticker.deadline = begin + ticker.period;
    ticker.count = ticker.early = 0;
    ticker.worst = 0;
    set(ticker.deadline, TIMER_ENABLE);
    while (timer_now() < begin + second) wfi();
    TAP_TRUE(TIMER_WAIT(ticker.count >= TICK_HZ - 1, SOON_US));
    off();
    unsigned count = ticker.count;
    uint64_t due = (timer_now() - begin) / ticker.period;
    TAP_TRUE(count <= due);
    TAP_EQUAL(ticker.early, 0);
    printf("# %u ticks, at most %" PRIu64 " counter ticks late\n", count, ticker.worst);
}

static void turn_to_physical(void) {
    off();
    gic_disable(INTID);
    physical = true;
    TAP_EQUAL(READ(ctl) & TIMER_ENABLE, 0);
}

static void hook_each(unsigned intid) {
    if (intid == INTID_VTIMER) timer_off();
    if (intid == INTID_PTIMER) off();
}

/* Each fires for itself, and neither takes the other's. */
static void both(void) {
    start(hook_each);
    gic_enable(INTID_VTIMER);
    for (unsigned i = 1; i <= 100; i++) {
        uint64_t deadline = timer_now() + timer_ticks(20);
        interrupts_mask();
        timer_set(deadline, TIMER_ENABLE);
        set(deadline + i % 3 - 1, TIMER_ENABLE);
        if (i % 2 != 0) wfi();
        interrupts_unmask();
        TAP_TRUE(TIMER_WAIT(taken->count == 2, SOON_US));
        TAP_EQUAL(taken->intid[0] + taken->intid[1], INTID_VTIMER + INTID_PTIMER);
        gic_clear_logs();
    }
}

#define EDGES(timer)                                                                               \
    {timer ": a deadline in the past fires at once", past},                                        \
        {timer ": a near deadline fires, not early", near_future},                                 \
        {timer ": a far deadline does not fire", far_future},                                      \
        {timer ": TVAL is signed and relative", tval},                                             \
        {timer ": IMASK holds and releases", imask},                                               \
        {timer ": ENABLE holds and releases", disabled},                                           \
        {timer ": disabled in the GIC, then enabled", held},                                       \
        {timer ": the line is a level", level},                                                    \
        {timer ": EOImode 1 waits for the deactivation", deactivate_later},                        \
        {timer ": WFI ends at the deadline", wake}, {                                              \
        timer ": 1 kHz for a second", tick                                                         \
    }

static const struct tap_test tests[] = {
    {"the counter never goes back", counter         },
    EDGES("virtual"),
    {"the physical timer is off",   turn_to_physical},
    EDGES("physical"),
    {"both at once",                both            },
};

int main(void) {
    gic_open();
    interrupts_unmask();
    TAP_RUN(tests);
    return 0;
}
