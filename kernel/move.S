/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memcpy and memset as the compiler expects them, 64 bytes a round while they last (picolibc's go
 * byte by byte or use V registers; no overlap, no alignment asked for), and V registers to and from
 * memory: 32 x 16 bytes, then FPSR and FPCR. The rest of the kernel is compiled without them.
 */
#include "asm.h"

    .arch   armv8-a+simd
    .section .text.move, "ax"

/* x3: where to, x2: bytes. `block` moves 64 of them, `byte` one. */
.macro move block, byte
    mov     x3, x0
1:  subs    x2, x2, #64
    b.lo    2f
    \block
    b       1b
2:  adds    x2, x2, #64
    b.eq    4f
3:  \byte
    subs    x2, x2, #1
    b.ne    3b
4:  ret
.endm

.macro copy_block
    ldp     x4, x5, [x1], #16
    ldp     x6, x7, [x1], #16
    ldp     x8, x9, [x1], #16
    ldp     x10, x11, [x1], #16
    stp     x4, x5, [x3], #16
    stp     x6, x7, [x3], #16
    stp     x8, x9, [x3], #16
    stp     x10, x11, [x3], #16
.endm

.macro copy_byte
    ldrb    w4, [x1], #1
    strb    w4, [x3], #1
.endm

.macro set_block
    .rept   4
    stp     x4, x4, [x3], #16
    .endr
.endm

.macro set_byte
    strb    w4, [x3], #1
.endm

FUNCTION(memcpy)
    move    copy_block, copy_byte
END(memcpy)

FUNCTION(memset)
    and     x1, x1, #0xff
    mov     x4, #0x0101010101010101
    mul     x4, x1, x4
    move    set_block, set_byte
END(memset)

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
END(fp_save)

FUNCTION(fp_load)
    fp_each ld1
    ldp     x1, x2, [x0]
    msr     fpsr, x1
    msr     fpcr, x2
    ret
END(fp_load)

FUNCTION(fp_clear)
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, \
               24, 25, 26, 27, 28, 29, 30, 31
    movi    v\n\().2d, #0
    .endr
    msr     fpsr, xzr
    msr     fpcr, xzr
    ret
END(fp_clear)
