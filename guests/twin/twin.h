/* SPDX-License-Identifier: BSD-2-Clause */
/* A history of GIC operations (step.c), told by main.c, which owns its random numbers and trace. */
#pragma once

#include <stdint.h>

#define TWIN_CPUS 2

/* The next random number below `limit`, from the history's seed alone. */
unsigned twin_random(unsigned limit);

/* Something seen: into the hash and, if this step is traced, into its line. */
void twin_note(const char *what, uint64_t value);

/* The next history, of that many CPUs; then on each of them step_reset. */
void step_begin(uint64_t seed, unsigned cpus);
void step_reset(uint64_t unused);

/* On the calling CPU: one operation; what it can see, `all` registers or those of its interface. */
void step_make(uint64_t unused);
void step_look(uint64_t all);
