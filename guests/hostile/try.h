/* SPDX-License-Identifier: BSD-2-Clause */
/* One instruction tried with canaries in all registers; seeded numbers. */
#pragma once

#include "exception.h"

#include <stdint.h>

uint64_t random_next(void);
uint64_t random_below(uint64_t limit);

/* Executes `word` with x0..x9 = `x`. Afterwards registers from `kept` on, SP, flags and V are as
 * before, or the TAP test that is open fails. x[0..9] come back. */
struct fault try_word(uint32_t word, uint64_t x[10], unsigned kept);

/* The same, and it is an Undefined Instruction. */
void try_undefined(uint32_t word);
