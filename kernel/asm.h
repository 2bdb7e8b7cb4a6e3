/* SPDX-License-Identifier: BSD-2-Clause */
/* Assembler: functions, and the barrier behind each eret. */
#pragma once

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
