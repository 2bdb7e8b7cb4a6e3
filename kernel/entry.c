/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The entry word of a server: the CPU inside (plus one) in bits 7:0, those that wait in bits 31:8.
 * Leaving while somebody waits hands the word over, so that nobody overtakes. The order is that of
 * numbers drawn on arrival, which wrap: only their distance counts. Nobody is 0, or 255 if the
 * server is down: fast.S, which looked whether it is up before, must find it taken.
 */
#include "entry.h"

#include "cpu.h"

#define OWNER_MASK     0xffu
#define WAITING(index) (0x100u << (index))

_Static_assert(CPU_MAX <= 24, "one waiting bit a CPU");

bool entry_try(struct cpu *cpu, struct server *server) {
    unsigned expected = 0;
    return server->open ||
           atomic_compare_exchange_strong_explicit(&server->entry, &expected, (unsigned)cpu->owner,
                                                   memory_order_acquire, memory_order_relaxed);
}

struct claim {
    struct cpu *cpu;
    struct server *server;
};

/* Handed over, or found free: the latter when the last one left before our bit was set. */
static bool is_mine(void *argument) {
    struct claim *claim = argument;
    unsigned own = (unsigned)claim->cpu->owner;
    unsigned entry = atomic_load_explicit(&claim->server->entry, memory_order_acquire);
    if ((entry & OWNER_MASK) == own) return true;
    if ((entry & OWNER_MASK) % OWNER_MASK != 0) return false;
    unsigned taken = (entry & ~(OWNER_MASK | WAITING(claim->cpu->index))) | own;
    return atomic_compare_exchange_strong_explicit(&claim->server->entry, &entry, taken,
                                                   memory_order_acquire, memory_order_relaxed);
}

/* Takes our waiting bit back, unless the word was handed to us meanwhile. */
static bool give_up(struct claim *claim) {
    unsigned entry = atomic_load(&claim->server->entry);
    do {
        if ((entry & OWNER_MASK) == claim->cpu->owner) return false;
    } while (!atomic_compare_exchange_weak_explicit(&claim->server->entry, &entry,
                                                    entry & ~WAITING(claim->cpu->index),
                                                    memory_order_acquire, memory_order_relaxed));
    return true;
}

bool entry_take(struct cpu *cpu, struct server *server, uint32_t rounds) {
    if (entry_try(cpu, server)) return true;
    struct claim claim = {cpu, server};
    server->arrival[cpu->index] = atomic_fetch_add(&server->arrivals, 1);
    atomic_fetch_or(&server->entry, WAITING(cpu->index)); /* after the number: the giver reads it */
    return cpu_wait(cpu, is_mine, &claim, rounds) || !give_up(&claim);
}

/* The waiting CPU that drew its number first. */
static uint32_t longest_waiting(const struct server *server, unsigned waiting) {
    uint32_t first = (uint32_t)__builtin_ctz(waiting);
    for (uint32_t i = first + 1; i < CPU_MAX; i++)
        if ((waiting & 1u << i) != 0 && (int32_t)(server->arrival[i] - server->arrival[first]) < 0)
            first = i;
    return first;
}

void entry_pass(struct server *server) {
    unsigned entry = atomic_load(&server->entry);
    unsigned next;
    do {
        unsigned waiting = entry >> 8;
        uint32_t heir = waiting != 0 ? longest_waiting(server, waiting) : 0;
        next = server->state == SERVER_DOWN ? OWNER_MASK : 0;
        if (waiting != 0) next = (entry & ~(OWNER_MASK | WAITING(heir))) | (heir + 1);
    } while (!atomic_compare_exchange_weak(&server->entry, &entry, next));
    if (next != 0) sev();
}
