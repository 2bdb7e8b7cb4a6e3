/* SPDX-License-Identifier: BSD-2-Clause */
/* Trials in a page that EL1 and EL0 see at an address each, and what is printed of them. */
#pragma once

#include "trial.h"

#include <stdbool.h>

#define CODE(op0, op1, crn, crm, op2)                                                              \
    ((uint32_t)(op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))
#define SYSTEM      0xd5000000u /* | code << 5 | Rt: MSR, SYS; hints and barriers have Rt=31 */
#define SYSTEM_READ (1u << 21)
#define NOP         0xd503201fu
#define FILL(n)     (UINT64_C(0xca4a51e500000000) + (n)*0x9e3779b9u)
#define SLOT_WORDS  5u
#define SLOTS       192u

struct mode {
    char name;
    bool a32;
    uint64_t pstate, vector;
    bool inside; /* to look at the PSTATE that an exception makes */
};

enum { MODE_EL1, MODE_EL0, MODE_OPEN, MODE_A32 };
extern const struct mode modes[];

/* Before all others. */
void trials_open(void);

/* Slot `number` holds these words, and behind them an SVC. */
void trials_put(const struct mode *mode, unsigned number, const uint32_t words[SLOT_WORDS - 1]);
void trials_sync(unsigned count); /* of slots, from 0 on */

/* Runs it; x0 to x3 as given, the others FILL(n). ELR comes back less the slot's address. */
struct trial trials_run(const struct mode *mode, unsigned number, const uint64_t x[4]);

/* The plain Undefined exception; or the SVC behind the words. */
bool trials_undefined(const struct mode *mode, const struct trial *trial);
bool trials_done(const struct mode *mode, const struct trial *trial);

/* How it ended, and registers from x4 on that have changed; then what the caller adds, and '\n'. */
void trials_print(const struct mode *mode, const struct trial *trial);

/* special.c: calls, exception-generating instructions, returns, pointer authentication, AT. */
void special(void);
