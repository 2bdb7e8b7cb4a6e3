/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A test server: a device of the machine as it is, for guests that have its interrupt as their own.
 * An access of 4 bytes goes on to the frame. It has no `init`, and dies of a write to PASS_DEATH
 * the first time. A read there tells whether the interrupt's route is edge-triggered (pass_edge).
 * It has no `notified`: who calls it hears what SYS_TIMER says to that.
 */
#include <gate.h>
#include <server.h>
#include <state.h>

#define PASS_DEATH 0x800u

uint64_t pass_base __attribute__((section(".data")));
uint64_t pass_edge __attribute__((section(".data")));
static STATE uint64_t deaths;

struct reply server_access(uint64_t badge, uint64_t where, uint64_t info, uint64_t value,
                           uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4) {
    (void)badge, (void)a1, (void)a2, (void)a3, (void)a4;
    volatile uint32_t *reg = (volatile uint32_t *)(pass_base + where);
    if (info_size(info) != 4) return reply_verdict(VERDICT_ABORT);
    if (where == PASS_DEATH && !info_write(info)) return reply_done(pass_edge);
    if (where == PASS_DEATH && deaths++ == 0) __builtin_trap();
    if (where == PASS_DEATH || !info_write(info)) return reply_done(*reg);
    *reg = (uint32_t)value;
    return reply_done(0);
}

struct reply server_called(uint64_t badge, uint64_t operation, uint64_t info, uint64_t a0,
                           uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4) {
    (void)badge, (void)operation, (void)info, (void)a0, (void)a1, (void)a2, (void)a3, (void)a4;
    return reply_done(timer_set(0));
}
