/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * greedy: a server that does not end gets no more than its budget, be it that its time goes by in
 * the kernel, which works or waits for it; and one whose timer is always due leaves the guest some
 * of the CPU. Run under -icount: 1 ns is an instruction, of both CPUs together.
 */
#include "gic.h"
#include "guest.h"
#include "mmio.h"
#include "smp.h"
#include "tap.h"
#include "timer.h"

#include <stdatomic.h>
#include <stdio.h>

#define GREEDY    0x0a000000ul
#define SLOW      0x0a010000ul /* servers/greedy-server: 10 ms a write */
#define ASKS      0x08
#define CALLS     0x10
#define RINGS     0x18

#define BUDGET    40u /* ms, of a visit; twice that for one that waits */
#define ROUND_MS  20u /* RINGS goes on for so long */
#define SHARE     5u  /* one part in so many is the least for the guest */
#define AHEAD_MAX 64u /* counter ticks */

static atomic_bool ended;

static unsigned milliseconds(uint64_t offset) {
    uint64_t start = timer_now();
    mmio_write64(GREEDY + offset, 0);
    unsigned time = (unsigned)((timer_now() - start) / timer_ticks(1000));
    printf("# %u ms\n", time);
    return time;
}

static void asks(void) { TAP_TRUE(milliseconds(ASKS) < BUDGET * 3 / 2); }

static void hold_slow(uint64_t argument) {
    while (!atomic_load(&ended)) mmio_write64(SLOW, argument);
}

static void calls(void) {
    TAP_TRUE(smp_start());
    TAP_TRUE(smp_call(1, hold_slow, 0));
    TAP_TRUE(milliseconds(CALLS) < BUDGET * 2 * 2);
    atomic_store(&ended, true);
    TAP_TRUE(TIMER_WAIT(smp_idle(1), 1000000));
}

static uint64_t loops(void) {
    uint64_t end = timer_now() + timer_ticks(ROUND_MS * 1000), count = 0;
    while (timer_now() < end) count++;
    return count;
}

/* The worst deadline is one that comes while the kernel is on its way back to the guest. */
static void rings(void) {
    uint64_t alone = loops(), least = alone;
    for (unsigned ahead = 0; ahead < AHEAD_MAX; ahead += 2) {
        mmio_write64(GREEDY + RINGS, ahead);
        uint64_t beside = loops();
        if (beside < least) least = beside;
    }
    printf("# at least %u of %u loops\n", (unsigned)least, (unsigned)alone);
    TAP_TRUE(least >= alone / SHARE);
    TAP_TRUE(least < alone);
}

static const struct tap_test tests[] = {
    {"one that asks the kernel for ever",     asks },
    {"one that waits for others for ever",    calls},
    {"one whose timer comes again and again", rings},
};

int main(void) {
    gic_open();
    TAP_RUN(tests);
    return 0;
}
