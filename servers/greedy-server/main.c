/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A test server that keeps the CPU as long as it is let: by what a write to it names, or by its
 * timer. It runs twice, as `greedy` and as `slow`, which is in nobody's way but takes its time.
 */
#include <gate.h>
#include <server.h>

#define SLOW_US   10000u /* a long visit, but one that ends in time */
#define GREEDY_US 2000u
#define RINGS_US  20000u

static uint64_t until, ahead; /* the timer's turns go on; how far it is set, in counter ticks */

static void be_busy(unsigned microseconds) {
    struct gate_result time = time_get();
    uint64_t end = time.x1 + time.x2 * microseconds / 1000000;
    while (time_get().x1 < end) {}
}

struct reply server_init(uint64_t reason) {
    if (reason == INIT_BOOT) log_text("half a line");
    if (reason == INIT_BOOT) (void)server_call(0, 0, 0, 0, 0); /* slow has nobody to call */
    return reply_done(0);
}

struct reply server_called(uint64_t badge, uint64_t operation, uint64_t info, uint64_t a0,
                           uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4) {
    static bool called;
    (void)badge, (void)operation, (void)info, (void)a0, (void)a1, (void)a2, (void)a3, (void)a4;
    if (!called) log_text("a whole one\n");
    called = true;
    return reply_done(0);
}

void server_notified(uint64_t bits) {
    if ((bits & NOTIFY_TIMER) == 0) return;
    be_busy(GREEDY_US);
    uint64_t now = time_get().x1;
    if (now < until) (void)timer_set(now + ahead);
}

struct reply server_access(uint64_t badge, uint64_t where, uint64_t info, uint64_t value,
                           uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4) {
    (void)badge, (void)info, (void)a1, (void)a2, (void)a3, (void)a4;
    struct gate_result time = time_get();
    switch (where) {
    case 0x00: be_busy(SLOW_US); break;
    case 0x08:
        for (;;) (void)irq_get(0, IRQ_WHERE_SPI(1));
    case 0x10:
        for (;;) (void)server_call(0, 0, 0, 0, 0);
    case 0x18:
        ahead = value;
        until = time.x1 + time.x2 * RINGS_US / 1000000;
        (void)timer_set(time.x1);
        break;
    default: break;
    }
    return reply_done(0);
}
