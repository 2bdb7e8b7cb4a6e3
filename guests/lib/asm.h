/* SPDX-License-Identifier: BSD-2-Clause */
/* Assembler: a function in a section of its own, so that --gc-sections drops what is not used. */
#pragma once

#define FUNCTION(name)                                                                             \
    .section .text.name, "ax", %progbits;                                                          \
    .balign 4;                                                                                     \
    .globl name;                                                                                   \
    .type name, %function;                                                                         \
    name:

#define END(name) .size name, .- name
