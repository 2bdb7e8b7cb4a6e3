/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * FP and SIMD registers to and from memory: 32 x 16 bytes, then FPSR and FPCR. The rest of the
 * kernel is compiled without them.
 */
#include "asm.h"

    .arch   armv8-a+fp
    .section .text.fp, "ax"

.macro fp_each instruction
    .irp    n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
    fp_pair \instruction, \n, %(\n + 1), %(\n * 16)
    .endr
.endm

.altmacro
.macro fp_pair instruction, first, second, offset
    \instruction q\first, q\second, [x0, #\offset]
.endm

FUNCTION(fp_save)
    fp_each stp
    mrs     x1, fpsr
    mrs     x2, fpcr
    add     x0, x0, #512
    stp     x1, x2, [x0]
    ret
END(fp_save)

FUNCTION(fp_load)
    fp_each ldp
    add     x0, x0, #512
    ldp     x1, x2, [x0]
    msr     fpsr, x1
    msr     fpcr, x2
    ret
END(fp_load)
