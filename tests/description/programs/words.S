/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instructions for the check of V registers: those in .text.v name one, those in .text.x do not.
 */
    .arch   armv8.6-a+sve+crypto+memtag
    .section .text.v, "ax"
    fadd    d0, d1, d2
    fmov    x0, d0
    fmov    d0, x0
    ldr     b0, [x0]
    ldr     q0, [x0, #16]
    str     s31, [sp], #4
    ldp     d8, d9, [sp, #16]
    stp     q0, q1, [x0, #-32]!
    ldnp    s0, s1, [x0]
    ldur    h3, [x1, #-1]
    ldr     d5, .
    ld1     {v0.16b}, [x0]
    st4     {v0.s, v1.s, v2.s, v3.s}[1], [x0], #16
    movi    v0.2d, #0
    dup     v0.4s, w1
    umov    w0, v0.s[1]
    aese    v0.16b, v1.16b
    sha256h q0, q1, v2.4s
    fcvtzs  x0, s1
    scvtf   d0, x1
    fcsel   d0, d1, d2, ne
    bfdot   v0.4s, v1.8h, v2.8h
    ptrue   p0.b
    ld1b    {z0.b}, p0/z, [x0]
    cntd    x0

    .section .text.x, "ax"
    add     x0, x1, x2
    ldr     x0, [x1, #8]
    ldr     w0, .
    ldp     x0, x1, [sp], #16
    stlr    w0, [x1]
    ldxr    x0, [x1]
    cas     x0, x1, [x2]
    ldadd   x0, x1, [x2]
    ldapr   w0, [x1]
    prfm    pldl1keep, [x0]
    mrs     x0, fpcr
    msr     fpsr, x0
    mrs     x0, id_aa64pfr0_el1
    dc      zva, x0
    svc     #1
    b       .
    cbnz    x0, .
    tbz     x0, #3, .
    br      x0
    crc32x  w0, w1, x2
    madd    x0, x1, x2, x3
    csel    x0, x1, x2, eq
    movk    x0, #0xffff, lsl #48
    adrp    x0, .
    extr    x0, x1, x2, #3
    pacia   x0, x1
    irg     x0, x1
    stg     x0, [x1]
    ret
