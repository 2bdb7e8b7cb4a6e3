/* SPDX-License-Identifier: BSD-2-Clause */
/* The entry word of a server: bits 7:0 are the CPU inside, plus one; bits 31:8 the CPUs that wait.
 * Who leaves hands the word to a CPU that waits, so that nobody overtakes it: to the one with the
 * lowest number drawn on arrival. The numbers wrap: only their distance counts. When nobody is
 * inside, bits 7:0 are 0, or 255 if the server is down: fast.S, which looked earlier whether it is
 * up, must find it taken. Of a concurrent server, bits 31:8 are the CPUs inside, and bits 7:0 are
 * ENTRY_SHARED or the CPU that the others make room for. Models: entry.pml, crowd.pml. */
#include "visit.h"

#define OWNER_MASK     0xffu
#define WAITING(index) (0x100u << (index))

_Static_assert(CPU_MAX <= 24, "one waiting bit a CPU");

/* The word was handed over; or it is shared, or free, and taken here. It is free if the last CPU
 * had left before our waiting bit was set. */
static bool take_turn(void *argument) {
    struct server *server = argument;
    const struct cpu *cpu = cpu_this();
    unsigned word = atomic_load(&server->word);
    unsigned owner = word & OWNER_MASK, own = (unsigned)cpu->owner;
    if (owner == own) /* of a concurrent server only when alone inside */
        return (server->flags & SERVER_CONCURRENT) == 0 || word == (WAITING(cpu->index) | own);
    unsigned taken = word | WAITING(cpu->index);
    if (owner != ENTRY_SHARED) {
        if (((owner + 1) & OWNER_MASK) > 1) return false;
        taken = (taken & ~(OWNER_MASK | WAITING(cpu->index))) | own;
    }
    return atomic_compare_exchange_strong(&server->word, &word, taken);
}

/* Clears our waiting bit; false if the word was handed to us meanwhile. */
static bool give_up(const struct cpu *cpu, struct server *server) {
    unsigned word = atomic_load(&server->word);
    do {
        if ((word & OWNER_MASK) == cpu->owner) return false;
    } while (!atomic_compare_exchange_weak(&server->word, &word, word & ~WAITING(cpu->index)));
    return true;
}

static NOINLINE bool queue(struct cpu *cpu, struct server *server, uint32_t rounds) {
    if (take_turn(server)) return true;
    if (rounds == 0) return false;
    server->arrival[cpu->index] = atomic_fetch_add(&server->arrivals, 1);
    if ((server->flags & SERVER_CONCURRENT) == 0)
        atomic_fetch_or(&server->word, WAITING(cpu->index)); /* last: inherit reads the arrival */
    return cpu_wait(cpu, take_turn, server, rounds) || !give_up(cpu, server);
}

bool entry_take(struct cpu *cpu, struct server *server, uint32_t rounds) {
    unsigned nobody = 0;
    return cpu_count == 1 ||
           atomic_compare_exchange_strong(&server->word, &nobody, (unsigned)cpu->owner) ||
           queue(cpu, server, rounds);
}

bool entry_alone(struct cpu *cpu, struct server *server) {
    unsigned word, own = (unsigned)cpu->owner;
    while (((word = atomic_load(&server->word)) & OWNER_MASK) == ENTRY_SHARED)
        (void)atomic_compare_exchange_strong(&server->word, &word, word ^ ENTRY_SHARED ^ own);
    return cpu_count == 1 ||
           ((word & OWNER_MASK) == own && cpu_wait(cpu, take_turn, server, WAIT_FOREVER));
}

/* The word once this CPU has left: it goes to the waiting CPU that drew its number first. */
static unsigned inherit(const struct server *server, unsigned word) {
    const struct cpu *cpu = cpu_this();
    if ((server->flags & SERVER_CONCURRENT) != 0)
        return (word & OWNER_MASK) == cpu->owner ? ENTRY_SHARED : word & ~WAITING(cpu->index);
    unsigned waiting = word >> 8;
    uint32_t first = (uint32_t)__builtin_ctz(waiting);
    for (uint32_t i = first + 1; i < CPU_MAX; i++)
        if ((waiting & 1u << i) != 0 && (int32_t)(server->arrival[i] - server->arrival[first]) < 0)
            first = i;
    return (word & ~(OWNER_MASK | WAITING(first))) | (first + 1);
}

static void pass(struct server *server) {
    unsigned next, word = atomic_load(&server->word);
    do {
        next = server->state == SERVER_DOWN ? OWNER_MASK : 0;
        if (word >> 8 != 0) next = inherit(server, word);
    } while (!atomic_compare_exchange_weak(&server->word, &word, next));
    if (next != 0) sev();
}

void entry_give(struct cpu *cpu, struct server *server) {
    if (cpu_count != 1) pass(server);
    if (atomic_load(&server->bits) != 0) cpu->notify |= 1u << server->index;
}
