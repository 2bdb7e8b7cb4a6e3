/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memcpy and memset as the compiler expects them, 64 bytes a round while they last. picolibc's go
 * byte by byte or use V registers. No overlap, no alignment asked for.
 */
#include "asm.h"

    .section .text.string, "ax"
FUNCTION(memcpy)
    mov     x3, x0
1:  subs    x2, x2, #64
    b.lo    2f
    ldp     x4, x5, [x1], #16
    ldp     x6, x7, [x1], #16
    ldp     x8, x9, [x1], #16
    ldp     x10, x11, [x1], #16
    stp     x4, x5, [x3], #16
    stp     x6, x7, [x3], #16
    stp     x8, x9, [x3], #16
    stp     x10, x11, [x3], #16
    b       1b
2:  adds    x2, x2, #64
    b.eq    4f
3:  ldrb    w4, [x1], #1
    strb    w4, [x3], #1
    subs    x2, x2, #1
    b.ne    3b
4:  ret
END(memcpy)

FUNCTION(memset)
    mov     x3, x0
    and     x1, x1, #0xff
    mov     x4, #0x0101010101010101
    mul     x4, x1, x4
1:  subs    x2, x2, #64
    b.lo    2f
    stp     x4, x4, [x3], #16
    stp     x4, x4, [x3], #16
    stp     x4, x4, [x3], #16
    stp     x4, x4, [x3], #16
    b       1b
2:  adds    x2, x2, #64
    b.eq    4f
3:  strb    w4, [x3], #1
    subs    x2, x2, #1
    b.ne    3b
4:  ret
END(memset)
