/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A lock for the data of a concurrent server. It is held for a few instructions, never over a call
 * of another server: who waits spins, and that counts as his visit's time. It does not belong into
 * .state: if its holder dies, the server is made anew with the lock free, after those who wait for
 * it have run over their budget.
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
