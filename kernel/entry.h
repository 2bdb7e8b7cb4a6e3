/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is in a server: one CPU at a time, in order of arrival, unless the server is concurrent or
 * only one CPU can ever come. A CPU that has to wait does so in cpu_wait, and may give up. */
#pragma once

#include "cpu.h"
#include "visit.h"

#define ENTRY_SHARED 0xfeu /* the word of a concurrent server, nobody inside */

/* Gets this CPU in, in order of arrival. False after `rounds` of cpu_wait, with 0 at once. */
bool entry_take(struct cpu *cpu, struct server *server, uint32_t rounds);

/* From inside: waits until this CPU is alone, and stays so. False if another CPU does already. */
bool entry_alone(struct cpu *cpu, struct server *server);

/* Hands the entry word to the CPU that has waited longest, if any. Not for an `open` server. */
COLD NOINLINE void entry_pass(struct server *server);

/* After a visit. A CPU that wanted to notify the server and found it busy has left bits: this CPU
 * runs `notified` for them. */
static inline void entry_give(struct cpu *cpu, struct server *server) {
    if (!server->open) entry_pass(server);
    if (atomic_load(&server->bits) != 0) cpu->notify |= 1u << server->index;
}
