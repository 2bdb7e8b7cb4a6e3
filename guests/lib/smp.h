/* SPDX-License-Identifier: BSD-2-Clause */
/* The other CPUs of a guest: found in the redistributors, started by PSCI, given work. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

unsigned smp_self(void); /* this CPU's number, by its place among the redistributors */
unsigned smp_count(void);
uint64_t smp_affinity(unsigned cpu); /* Aff3..Aff0 as in MPIDR_EL1 */

/* Starts all other CPUs; true if each has arrived. They idle until smp_call gives them work. */
bool smp_start(void);
bool smp_start_one(unsigned cpu);
bool smp_turn_on(unsigned cpu); /* without waiting until it has arrived */

/* `work(argument)` on another CPU, without waiting; false if it has not taken its last work. */
bool smp_call(unsigned cpu, void (*work)(uint64_t argument), uint64_t argument);
bool smp_idle(unsigned cpu);

_Noreturn void smp_run(uint64_t cpu);
