/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a rogue server does when it is told to: one bad deed each, with what must come of it. The
 * table is deeds.S's; guests/hostile-server goes through it by number.
 */
#pragma once

/* What must come of a deed. Behind boundary el2 none of it is sure (docs/boundaries.md). */
#define WANT_DEATH  0 /* restarted at el0 and at el1 */
#define WANT_LIFE   1 /* answers as if nothing had been */
#define WANT_EL0    2 /* restarted at el0; at el1 the register is the server's own, or it dies too */
#define WANT_EITHER 3 /* the architecture lets the CPU choose; nobody else may notice */
#define WANT_REPLY  4 /* ends the visit by itself, by an answer that the guest can tell */

#ifndef __ASSEMBLER__
#include <stdint.h>

struct deed {
    const char *name;
    uint64_t (*run)(uint64_t argument);
    uint64_t want;
};

extern const struct deed deed_table[], deed_table_end[];

/* calls.c. `argument` is a seed, the result the number of answers that were wrong. */
uint64_t calls_sweep(uint64_t argument);
uint64_t calls_random(uint64_t argument);
uint64_t calls_edge(uint64_t argument);
uint64_t calls_slow(uint64_t argument);
uint64_t calls_deaf(uint64_t argument);

/* main.c: what V registers held at the entry, all ORed. */
uint64_t deed_scan_fp(uint64_t argument);
uint64_t deed_die_in_init(uint64_t argument);
uint64_t deed_die_notified(uint64_t argument);
uint64_t deed_timer_storm(uint64_t argument);
uint64_t deed_log_junk(uint64_t argument);
uint64_t deed_more(uint64_t argument);
uint64_t deed_slow(uint64_t argument);

/* deeds.S */
void fp_dump(uint64_t words[64]);
#endif
