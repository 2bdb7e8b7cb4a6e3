/* SPDX-License-Identifier: BSD-2-Clause */
/* Assembler: functions, and the barrier behind each eret. */
#pragma once

/* Field offsets, as symbols. */
#define OFFSET(name, type, field, offset) .set name, offset
#include "offsets.def"

#define FUNCTION(name)                                                                             \
    .globl name;                                                                                   \
    .type name, %function;                                                                         \
    name:

#define END(name) .size name, .- name

/* No instruction behind an eret may be executed speculatively (Arm's advice on straight-line
 * speculation); `sb` is not in armv8.0. */
.macro speculation_barrier
    dsb     nsh
    isb
.endm

/* The GPRs into the frame at SP (stp) or out of it (ldp), but for x20, x21 and x30. */
.macro frame_others op
    .irp    pair, "x0, x1, [sp, #0]", "x2, x3, [sp, #16]", "x4, x5, [sp, #32]", \
                  "x6, x7, [sp, #48]", "x8, x9, [sp, #64]", "x10, x11, [sp, #80]", \
                  "x12, x13, [sp, #96]", "x14, x15, [sp, #112]", "x16, x17, [sp, #128]", \
                  "x18, x19, [sp, #144]", "x22, x23, [sp, #176]", "x24, x25, [sp, #192]", \
                  "x26, x27, [sp, #208]", "x28, x29, [sp, #224]"
    \op     \pair
    .endr
.endm

/* x20 and x21 wait there already. */
.macro save_others
    frame_others stp
    str     x30, [sp, #FRAME_X30]
.endm
