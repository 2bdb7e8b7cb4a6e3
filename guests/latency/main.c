/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * latency: how long the kernel keeps a CPU from others while a VM of much memory is made anew, and
 * while hundreds of interrupts wait, by a server's timer (servers/clock-server) and by the guest's
 * own clock. Memory is as at first after each reset. Run under -icount: 1 ns is an instruction.
 */
#include "gic.h"
#include "guest.h"
#include "mmio.h"
#include "psci.h"
#include "tap.h"
#include "timer.h"

#include <stdio.h>

#define CLOCK        0x0a000000ul
#define CLOCK_START  (CLOCK + 0x00)
#define CLOCK_WORST  (CLOCK + 0x08)
#define CLOCK_ROUNDS (CLOCK + 0x10)
#define CLOCK_RESETS (CLOCK + 0x18)

#define LOOK         5000u  /* instructions */
#define BLOCK        12000u /* what is done for 32 interrupts in one go */
#define RESETS       3u
#define WORST_NS     100000u
#define MEMORY_END   0x4ff00000ul /* in front of the device tree */
#define MEMORY_FREE  0x41000000ul
#define STRIDE       0x3ff8ul

static volatile uint64_t constant = 0x5265736574206d65; /* in .data */

static volatile uint64_t *word(uint64_t address) { return (volatile uint64_t *)address; }

static bool was_zero;

static void soil(void) {
    was_zero = true;
    for (uint64_t at = MEMORY_FREE; at < MEMORY_END; at += STRIDE) {
        was_zero &= *word(at) == 0;
        *word(at) = ~at;
    }
}

static void anew(void) {
    TAP_EQUAL(mmio_read64(CLOCK_RESETS), RESETS);
    TAP_EQUAL(constant, 0x5265736574206d65);
    TAP_TRUE(was_zero);
}

static void served(void) {
    TAP_TRUE(mmio_read64(CLOCK_ROUNDS) > 100);
    uint64_t worst = mmio_read64(CLOCK_WORST);
    printf("# at worst %u ns late\n", (unsigned)worst);
    TAP_TRUE(worst < WORST_NS);
}

/* In ns, which are instructions. */
static uint64_t time_of(void (*step)(unsigned intid), unsigned intid) {
    uint64_t start = timer_now();
    step(intid);
    return (timer_now() - start) * 1000000000 / timer_ticks(1000000);
}

static void expect_below(const char *what, uint64_t limit, uint64_t ns) {
    printf("# %s: at most %lu instructions\n", what, ns);
    TAP_TRUE(ns < limit);
}

static void expect_each_below(const char *what, uint64_t limit, void (*step)(unsigned intid)) {
    uint64_t most = 0;
    for (unsigned intid = 32; intid < gic_intid_end(); intid++) {
        uint64_t ns = time_of(step, intid);
        if (ns > most) most = ns;
    }
    expect_below(what, limit, most);
}

static void pend(unsigned intid) { gicd_write(GICD_ISPENDR + intid / 32 * 4, 1u << intid % 32); }

static void take(unsigned intid) {
    (void)intid;
    gic_end(gic_ack());
}

/* It takes a while, and the CPU serves others meanwhile. */
static void control(const char *what, unsigned groups) {
    mmio_write64(CLOCK_WORST, 0);
    gicd_write(GICD_CTLR, GICD_CTLR_ARE | groups);
    expect_below(what, BLOCK, mmio_read64(CLOCK_WORST));
}

/* All SPIs, the better the higher the number, so that each look finds a better one. */
static void wait_in_line(void) {
    gic_open();
    gic_open_cpu();
    TAP_EQUAL(gic_intid_end(), 992);
    for (unsigned intid = 32; intid < gic_intid_end(); intid++) {
        gic_set_edge(intid, true);
        gic_set_priority(intid, 0xf8 - intid / 32 * 8);
        gic_enable(intid);
    }
    expect_each_below("one more is pending", LOOK, pend);
    control("all are held, others are late by", 0);
    control("all are delivered, others are late by", GICD_CTLR_GRP1);
    expect_each_below("one is taken", LOOK, take);
    TAP_EQUAL(gic_ack(), 1023);
}

static const struct tap_test tests[] = {
    {"after a reset memory is as at first",      anew        },
    {"the CPU serves others while it is filled", served      },
    {"960 interrupts wait",                      wait_in_line},
};

int main(void) {
    soil();
    if (mmio_read64(CLOCK_RESETS) == 0) mmio_write64(CLOCK_START, 1);
    if (mmio_read64(CLOCK_RESETS) < RESETS) {
        constant++;
        (void)psci_call(PSCI_SYSTEM_RESET, 0, 0, 0);
    }
    TAP_RUN(tests);
    return 0;
}
