/* SPDX-License-Identifier: BSD-2-Clause */
/* memcpy and memset as the compiler expects them, 32 bytes a round while they last (picolibc's go
 * byte by byte or use V registers; no overlap, no alignment asked for), and V registers to and from
 * memory: 32 x 16 bytes, then FPSR and FPCR. The rest of the kernel is compiled without them. */
#include "asm.h"

    .arch   armv8-a+simd
    .section .text.first, "ax"      /* kernel.ld fills a gap with it */

/* x2 bytes to x0: out of x4 and x5, or what is at x1. */
.macro move copy
    mov     x3, x0
1:  subs    x2, x2, #32
    b.lo    2f
    .rept   2
    .if     \copy
    ldp     x4, x5, [x1], #16
    .endif
    stp     x4, x5, [x3], #16
    .endr
    b       1b
2:  adds    x2, x2, #32
    b.eq    4f
3:  .if     \copy
    ldrb    w4, [x1], #1
    .endif
    strb    w4, [x3], #1
    subs    x2, x2, #1
    b.ne    3b
4:  ret
.endm

FUNCTION(memset)
    and     x1, x1, #0xff
    mov     x4, #0x0101010101010101
    mul     x4, x1, x4
    mov     x5, x4
    move    0

FUNCTION(memcpy)
    move    1

.macro fp_each instruction
    .irp    four, v0.2d-v3.2d, v4.2d-v7.2d, v8.2d-v11.2d, v12.2d-v15.2d, v16.2d-v19.2d, \
                  v20.2d-v23.2d, v24.2d-v27.2d, v28.2d-v31.2d
    \instruction {\four}, [x0], #64
    .endr
.endm

FUNCTION(fp_save)
    fp_each st1
    mrs     x1, fpsr
    mrs     x2, fpcr
    stp     x1, x2, [x0]
    ret

FUNCTION(fp_load)
    fp_each ld1
    ldp     x1, x2, [x0]
    msr     fpsr, x1
    msr     fpcr, x2
    ret
