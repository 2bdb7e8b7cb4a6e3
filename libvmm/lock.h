/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A lock for the data of a concurrent server. Hold it for a few instructions, never while calling
 * another server: a CPU that waits for it spins, and the budget of its visit counts that. Keep it
 * out of .state: if its holder dies, the visits that wait for it run over their budget, and then
 * the server is made anew with the lock free.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

struct lock {
    atomic_bool taken;
};

static inline void lock_take(struct lock *lock) {
    while (atomic_exchange_explicit(&lock->taken, true, memory_order_acquire))
        __asm__ volatile("yield"); /* not WFE: it is trapped behind some boundaries */
}

static inline void lock_give(struct lock *lock) {
    atomic_store_explicit(&lock->taken, false, memory_order_release);
}
