/* SPDX-License-Identifier: BSD-2-Clause */
/* The tests of irq, by file, and the little that they share. Each starts from irq_reset. */
#pragma once

#include "gic.h"
#include "sysreg.h"
#include "tap.h"
#include "timer.h"

#define SOON_US  3000000 /* what is due comes within this: a host may be busy */
#define QUIET_US 300     /* what is not due does not come within this */
#define SPI_A    40u
#define SPI_B    41u
#define SPI_C    42u
#define SGI_A    3u

/* GIC as gic_open leaves it, no hook, logs empty, interrupts masked. */
void irq_reset(void);

/* CPU 0 has taken `count` interrupts: waits for them, and a moment for one more. */
void irq_expect(unsigned count);

/* Enabled, with this priority. */
void irq_prepare(unsigned intid, unsigned priority);

/* registers.c */
void registers_identify(void);
void registers_wake(void);
void registers_widths(void);
void registers_fields(void);
void registers_reserved(void);
/* state.c */
void state_enable(void);
void state_pending(void);
void state_groups(void);
void state_active(void);
void state_edge(void);
void state_private(void);
void state_spurious(void);
void state_fiq(void);
void state_wfi(void);
/* priority.c */
void priority_order(void);
void priority_preempt(void);
void priority_mask(void);
void priority_group(void);
void priority_change(void);
/* end.c */
void end_split(void);
void end_any_order(void);
void end_nested(void);
/* many.c */
void many_once(void);
void many_sorted(void);
void many_again(void);
void many_halves(void);
/* sgi.c */
void sgi_self(void);
void sgi_lists(void);
void sgi_others(void);
void sgi_ping(void);
void sgi_sleep(void);
/* route.c */
void route_each(void);
void route_move(void);
void route_any(void);
/* line.c */
void line_transmit(void);
void line_stubborn(void);
void line_receive(void);
