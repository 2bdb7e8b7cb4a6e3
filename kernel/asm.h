/* SPDX-License-Identifier: BSD-2-Clause */
/* Assembler: functions, and the barrier behind each eret. */
#pragma once

/* Field offsets and the architecture's numbers, as symbols. */
#define OFFSET(name, type, field, offset) .set name, offset
#include "offsets.def"
#define UINT64_C(number)              number
#define FIELD(type, name, bit, width) .set name, ((1 << (width)) - 1) << (bit)
#define NUMBER(name, value)           .set name, value
#include "sysreg.def"

#define FUNCTION(name)                                                                             \
    .globl name;                                                                                   \
    .type name, %function;                                                                         \
    name:

/* No instruction behind an eret may be executed speculatively (Arm's advice on straight-line
 * speculation); `sb` is not in armv8.0. */
.macro speculation_barrier
    dsb     nsh
    isb
.endm

/* stp or ldp of two GPRs and their place in the frame at SP. */
.macro pair op, a, b
    \op     x\a, x\b, [sp, #8 * \a]
.endm

/* All pairs but x20 and x21, which a vector has saved before it could do anything else. */
.macro pairs op
    pair \op, 0, 1; pair \op, 2, 3; pair \op, 4, 5; pair \op, 6, 7; pair \op, 8, 9
    pair \op, 10, 11; pair \op, 12, 13; pair \op, 14, 15; pair \op, 16, 17; pair \op, 18, 19
    pair \op, 22, 23; pair \op, 24, 25; pair \op, 26, 27; pair \op, 28, 29
.endm

.macro save_others
    pairs   stp
    stp     x30, xzr, [sp, #FRAME_X30]      /* and XZR's place, which a load may have hit */
.endm
