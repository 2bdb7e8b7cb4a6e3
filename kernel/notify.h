/* SPDX-License-Identifier: BSD-2-Clause */
/* `notified`: bits for a server from interrupts, its timer, other servers and the kernel, run on
 * the CPU that got them before it returns to a guest or to idle, at most once a server and return.
 */
#pragma once

#include <stdint.h>

struct cpu;
struct frame;
struct server;

/* The image's interrupts; enables them at the GIC. */
void notify_init(void);

/* Gives a server bits, to be run on this CPU, or on the one that is in it. */
void notify_server(struct cpu *cpu, struct server *server, uint64_t bits);

/* A physical SPI that was acknowledged and is active. */
void notify_interrupt(struct cpu *cpu, uint32_t intid);

/* Visits some server that has bits waiting for this CPU; null if there is none. */
struct frame *notify_visit(struct cpu *cpu);

/* `notified` returned: the interrupts among its bits may come again. */
void notify_done(struct cpu *cpu, struct server *server, uint64_t bits);

/* At each tick: what was over its rate may come again. */
void notify_tick(struct cpu *cpu);

/* The server that drains the log has something to read. */
void notify_log(struct cpu *cpu);
