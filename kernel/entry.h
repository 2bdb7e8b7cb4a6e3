/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is in a server: one CPU at a time, in order of arrival, unless the server is concurrent or
 * only one CPU can ever come. A visit that waits does so in cpu_wait, and may give up.
 */
#pragma once

#include "cpu.h"
#include "visit.h"

/* Without waiting; false if another CPU is in it. */
bool entry_try(struct cpu *cpu, struct server *server);

/* In order of arrival; false after `rounds` of cpu_wait. */
bool entry_take(struct cpu *cpu, struct server *server, uint32_t rounds);

/* Hands it to the CPU that has waited longest, if any. */
void entry_give(struct cpu *cpu, struct server *server);

/* As entry_give for one that found nothing to do: bits that it saw stay where they are. */
void entry_drop(struct server *server);
