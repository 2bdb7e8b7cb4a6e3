/* SPDX-License-Identifier: BSD-2-Clause */
/* Assembler: functions, and the barrier behind each eret. */
#pragma once

#include "offsets.h"

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

/* The GPRs into the frame at SP, but for x20 and x21, which wait there already. */
.macro save_others
    stp     x0, x1, [sp, #0]
    stp     x2, x3, [sp, #16]
    stp     x4, x5, [sp, #32]
    stp     x6, x7, [sp, #48]
    stp     x8, x9, [sp, #64]
    stp     x10, x11, [sp, #80]
    stp     x12, x13, [sp, #96]
    stp     x14, x15, [sp, #112]
    stp     x16, x17, [sp, #128]
    stp     x18, x19, [sp, #144]
    stp     x22, x23, [sp, #176]
    stp     x24, x25, [sp, #192]
    stp     x26, x27, [sp, #208]
    stp     x28, x29, [sp, #224]
    str     x30, [sp, #FRAME_X30]
.endm
