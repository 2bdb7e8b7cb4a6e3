/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is in a server: one CPU at a time, in order of arrival, unless the server is concurrent or
 * only one CPU can ever come. A visit that waits does so in cpu_wait, and may give up. */
#pragma once

#include "cpu.h"
#include "visit.h"

#define ENTRY_SHARED 0xfeu /* the word of a concurrent server, nobody inside */

/* In order of arrival; false after `rounds` of cpu_wait, 0: at once. */
bool entry_take(struct cpu *cpu, struct server *server, uint32_t rounds);

/* From inside: waits until this CPU is alone there, which it stays; false if another CPU does. */
bool entry_alone(struct cpu *cpu, struct server *server);

/* Hands it to the CPU that has waited longest, if any; not of one that is `open`. */
__attribute__((cold, noinline)) void entry_pass(struct server *server);

/* After a visit: whoever wanted to notify the server and found it busy has left bits, which are
 * this CPU's to run. */
static inline void entry_give(struct cpu *cpu, struct server *server) {
    if (!server->open) entry_pass(server);
    if (atomic_load(&server->bits) != 0) cpu->notify |= 1u << server->index;
}
