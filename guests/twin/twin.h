/* SPDX-License-Identifier: BSD-2-Clause */
/* Histories of GIC operations (step.c), timers (clock.c), PSCI (power.c) and any accesses to the
 * GIC's frames (frames.c), told by main.c, which owns their random numbers and trace. */
#pragma once

#include <stdint.h>

#define TWIN_CPUS 2

/* The next random number below `limit`, from the history's seed alone. */
unsigned twin_random(unsigned limit);

/* Something seen: into the hash and, if this step is traced, into its line. */
void twin_note(const char *what, uint64_t value);

/* Raises or lowers a line, the UART's or the RTC's; before a history, both are low (frames.c). */
void twin_line(void);
void twin_lines_open(void);

/* One kind of history: `begin` the next, of that many CPUs, and on each of them `reset`. Then on
 * the CPU whose turn it is `make`, one operation, and on each `look`: what it can see, `all`
 * registers or those of its interface. */
struct twin_kind {
    unsigned turns; /* CPUs that take turns, at most */
    void (*begin)(uint64_t seed, unsigned cpus);
    void (*reset)(uint64_t unused);
    void (*make)(uint64_t unused);
    void (*look)(uint64_t all);
};
extern const struct twin_kind twin_gic, twin_clock, twin_power, twin_frames;
