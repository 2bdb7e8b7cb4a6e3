/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time: CNTPCT ticks. Each CPU has its EL2 timer (CNTHP): a tick of 1 kHz while it runs guests or
 * servers, and the deadlines of servers' timers.
 */
#pragma once

#include <stdint.h>

struct cpu;
struct server;

uint64_t timer_now(void);
uint64_t timer_frequency(void); /* ticks a second */

void timer_init_cpu(struct cpu *cpu);

/* The EL2 timer's interrupt. */
void timer_tick(struct cpu *cpu);

/* Before the CPU sleeps, and after: only deadlines count while it does. */
void timer_sleep(struct cpu *cpu);
void timer_wake(struct cpu *cpu);

/* A server's timer, ~0 for none. */
void timer_set(struct cpu *cpu, struct server *server, uint64_t deadline);
