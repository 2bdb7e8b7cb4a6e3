/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The measured loops. Each returns the ticks of CNTVCT that `rounds` rounds took; `operand` and
 * `address` are what its instruction needs. loop_null is the same loop without that instruction.
 */
#pragma once

#include <stdint.h>

typedef uint64_t event_loop(uint64_t rounds, uint64_t operand, uint64_t address);

event_loop loop_null, loop_hvc, loop_read, loop_write, loop_sgi, loop_id;

/* The sum, over all rounds, of the ticks between the event and the first instruction of its
 * handler; they need event_vectors and interrupts unmasked (event_wfi masks them itself). */
event_loop event_sgi;  /* operand: for ICC_SGI1R_EL1 */
event_loop event_spin; /* operand: ticks from the setting of the timer to its deadline */
event_loop event_wfi;

extern char event_vectors[];
