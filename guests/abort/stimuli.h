/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Functions of two instructions, the second of which is meant to fault, and three ways to run one.
 * `address` is the operand; stimulus_fetch branches there instead.
 */
#pragma once

#include <stdint.h>

typedef void stimulus(uint64_t address);

#define STIMULUS_OFFSET 4 /* of the instruction that faults */
#define STIMULUS_NZCV   UINT64_C(0xa0000000)

stimulus stimulus_ldrb, stimulus_ldrh, stimulus_ldr_w, stimulus_ldr_x, stimulus_ldr_q;
stimulus stimulus_ldrsb, stimulus_ldrsh, stimulus_ldrsw, stimulus_ldp, stimulus_ldr_post;
stimulus stimulus_strb, stimulus_strh, stimulus_str_w, stimulus_str_x, stimulus_str_q;
stimulus stimulus_stp, stimulus_str_pre, stimulus_fetch;
stimulus stimulus_ldxr, stimulus_ldaxp, stimulus_dc_zva;

/* Runs it with NZCV = STIMULUS_NZCV; comes back by EXCEPTION_RETURN, or if nothing faults. */
void stimulus_run_el1h(stimulus *function, uint64_t address);
void stimulus_run_el1t(stimulus *function, uint64_t address);
void stimulus_run_el0(stimulus *function, uint64_t address); /* must fault */
