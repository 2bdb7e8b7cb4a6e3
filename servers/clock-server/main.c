/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A test device: a timer of its own that is to run out every CLOCK_PERIOD_US, and how late it was
 * at worst. What keeps it waiting is whatever the kernel does in one go. Registers, 8 bytes each:
 *
 *   0x00 W  starts it
 *   0x08 R  the worst lateness in ns, W clears it
 *   0x10 R  how often it ran out
 *   0x18 R  how often the VM was reset
 */
#include "gate.h"
#include "server.h"

#define CLOCK_PERIOD_US 100

static uint64_t due, worst, rounds, resets;

static void start(void) {
    struct gate_result time = time_get();
    due = time.x1 + time.x2 * CLOCK_PERIOD_US / 1000000;
    (void)timer_set(due);
}

void server_notified(uint64_t bits) {
    for (unsigned vm = 0; vm < VM_MAX; vm++) resets += (bits & NOTIFY_VM_RESET(vm)) != 0;
    if ((bits & NOTIFY_TIMER) == 0) return;
    struct gate_result time = time_get();
    uint64_t late = (time.x1 - due) * 1000000000 / time.x2;
    if (late > worst) worst = late;
    rounds++;
    start();
}

struct reply server_access(uint64_t badge, uint64_t where, uint64_t info, uint64_t value,
                           uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4) {
    (void)badge, (void)a1, (void)a2, (void)a3, (void)a4;
    switch (where) {
    case 0x00:
        if (info_write(info)) start();
        break;
    case 0x08:
        if (info_write(info)) worst = value;
        return reply_done(worst);
    case 0x10: return reply_done(rounds);
    case 0x18: return reply_done(resets);
    }
    return reply_done(0);
}
