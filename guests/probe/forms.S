/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every addressing form of every load and store that probe tries: bytes, flags, instruction. Rt is
 * register 0, Rn 1, Rt2 2, Rm 3; probe puts other numbers in their places.
 */
#include "form.h"

    .arch armv8.4-a

#define L FORM_LOAD
#define W FORM_WRITEBACK
#define P FORM_PAIR
#define V FORM_VECTOR
#define I FORM_INDEX
#define U FORM_UXTW
#define S FORM_SXTW

.macro form bytes, flags, instruction:vararg
    .section .rodata.form_text, "aMS", %progbits, 1
91: .asciz  "\instruction"
    .section .rodata.form_table, "a", %progbits
    \instruction
    .hword  \flags, \bytes
    .dword  91b
.endm

/* One register, all immediate forms. `scaled`: an unsigned offset, a multiple of the size. */
.macro single bytes, flags, mnemonic, rt, scaled
    form \bytes, \flags, \mnemonic \rt, [x1]
    form \bytes, \flags, \mnemonic \rt, [x1, #\scaled]
    form \bytes, \flags|W, \mnemonic \rt, [x1], #-9
    form \bytes, \flags|W, \mnemonic \rt, [x1, #13]!
.endm

.macro indexed bytes, flags, mnemonic, rt, shift
    form \bytes, \flags|I, \mnemonic \rt, [x1, x3]
    form \bytes, \flags|I|U, \mnemonic \rt, [x1, w3, uxtw]
    form \bytes, \flags|I|S, \mnemonic \rt, [x1, w3, sxtw #\shift]
    form \bytes, \flags|I, \mnemonic \rt, [x1, x3, sxtx #\shift]
.endm

.macro pair bytes, flags, mnemonic, rt, rt2, step
    form \bytes, \flags|P, \mnemonic \rt, \rt2, [x1]
    form \bytes, \flags|P, \mnemonic \rt, \rt2, [x1, #-\step]
    form \bytes, \flags|P|W, \mnemonic \rt, \rt2, [x1], #\step
    form \bytes, \flags|P|W, \mnemonic \rt, \rt2, [x1, #\step]!
.endm

.macro structure bytes, mnemonic, list:vararg
    form \bytes, L|V, ld\mnemonic \list, [x1]
    form \bytes, V, st\mnemonic \list, [x1]
    form \bytes, L|V|W, ld\mnemonic \list, [x1], #\bytes
    form \bytes, V|W|I, st\mnemonic \list, [x1], x3
.endm

    .section .rodata.form_table, "a", %progbits
    .balign 8
    .globl  form_table
form_table:
    single 1, L, ldrb, w0, 5
    single 1, L, ldrsb, w0, 5
    single 1, L, ldrsb, x0, 5
    single 2, L, ldrh, w0, 6
    single 2, L, ldrsh, w0, 6
    single 2, L, ldrsh, x0, 6
    single 4, L, ldr, w0, 8
    single 4, L, ldrsw, x0, 8
    single 8, L, ldr, x0, 16
    single 1, 0, strb, w0, 5
    single 2, 0, strh, w0, 6
    single 4, 0, str, w0, 8
    single 8, 0, str, x0, 16
    form 1, L, ldurb w0, [x1, #-3]
    form 2, L, ldursh x0, [x1, #-3]
    form 4, L, ldur w0, [x1, #-3]
    form 4, L, ldursw x0, [x1, #7]
    form 8, L, ldur x0, [x1, #-7]
    form 2, 0, sturh w0, [x1, #-5]
    form 8, 0, stur x0, [x1, #9]

    indexed 1, L, ldrb, w0, 0
    indexed 1, L, ldrsb, x0, 0
    indexed 2, L, ldrh, w0, 1
    indexed 2, L, ldrsh, w0, 1
    indexed 4, L, ldr, w0, 2
    indexed 4, L, ldrsw, x0, 2
    indexed 8, L, ldr, x0, 3
    indexed 1, 0, strb, w0, 0
    indexed 2, 0, strh, w0, 1
    indexed 4, 0, str, w0, 2
    indexed 8, 0, str, x0, 3

    form 1, L, ldtrb w0, [x1, #1]
    form 1, L, ldtrsb x0, [x1, #1]
    form 2, L, ldtrh w0, [x1, #-2]
    form 2, L, ldtrsh w0, [x1]
    form 4, L, ldtr w0, [x1]
    form 4, L, ldtrsw x0, [x1]
    form 8, L, ldtr x0, [x1, #8]
    form 1, 0, sttrb w0, [x1]
    form 2, 0, sttrh w0, [x1]
    form 4, 0, sttr w0, [x1]
    form 8, 0, sttr x0, [x1, #-8]

    pair 8, L, ldp, w0, w2, 8
    pair 16, L, ldp, x0, x2, 16
    pair 8, L, ldpsw, x0, x2, 8
    pair 8, 0, stp, w0, w2, 8
    pair 16, 0, stp, x0, x2, 16
    form 8, L|P, ldnp w0, w2, [x1, #8]
    form 16, P, stnp x0, x2, [x1, #-16]

    form 1, L, ldarb w0, [x1]
    form 2, L, ldarh w0, [x1]
    form 4, L, ldar w0, [x1]
    form 8, L, ldar x0, [x1]
    form 1, 0, stlrb w0, [x1]
    form 2, 0, stlrh w0, [x1]
    form 4, 0, stlr w0, [x1]
    form 8, 0, stlr x0, [x1]
    form 1, L|FORM_RCPC, ldaprb w0, [x1]
    form 2, L|FORM_RCPC, ldaprh w0, [x1]
    form 4, L|FORM_RCPC, ldapr w0, [x1]
    form 8, L|FORM_RCPC, ldapr x0, [x1]
    form 1, L|FORM_RCPC2, ldapursb x0, [x1, #3]
    form 4, L|FORM_RCPC2, ldapursw x0, [x1, #4]
    form 8, L|FORM_RCPC2, ldapur x0, [x1, #-8]
    form 2, FORM_RCPC2, stlurh w0, [x1, #2]
    form 8, FORM_RCPC2, stlur x0, [x1, #8]

    single 1, L|V, ldr, b0, 5
    single 2, L|V, ldr, h0, 6
    single 4, L|V, ldr, s0, 8
    single 8, L|V, ldr, d0, 16
    single 16, L|V, ldr, q0, 16
    single 1, V, str, b0, 5
    single 2, V, str, h0, 6
    single 4, V, str, s0, 8
    single 8, V, str, d0, 16
    single 16, V, str, q0, 16
    indexed 1, L|V, ldr, b0, 0
    indexed 8, L|V, ldr, d0, 3
    indexed 16, L|V, ldr, q0, 4
    indexed 4, V, str, s0, 2
    indexed 16, V, str, q0, 4
    pair 8, L|V, ldp, s0, s2, 8
    pair 16, L|V, ldp, d0, d2, 16
    pair 32, L|V, ldp, q0, q2, 32
    pair 8, V, stp, s0, s2, 8
    pair 16, V, stp, d0, d2, 16
    pair 32, V, stp, q0, q2, 32
    form 32, L|V|P, ldnp q0, q2, [x1]

    structure 8, 1, {v0.8b}
    structure 16, 1, {v0.16b}
    structure 16, 1, {v0.4s}
    structure 16, 1, {v0.2d}
    structure 32, 1, {v0.16b-v1.16b}
    structure 24, 1, {v0.4h-v2.4h}
    structure 64, 1, {v0.2d-v3.2d}
    structure 16, 2, {v0.8b-v1.8b}
    structure 48, 3, {v0.4s-v2.4s}
    structure 64, 4, {v0.8h-v3.8h}
    structure 1, 1, {v0.b}[11]
    structure 2, 1, {v0.h}[5]
    structure 4, 1, {v0.s}[3]
    structure 8, 1, {v0.d}[1]
    structure 8, 2, {v0.s-v1.s}[2]
    structure 8, 4, {v0.h-v3.h}[1]
    form 1, L|V, ld1r {v0.16b}, [x1]
    form 2, L|V, ld1r {v0.4h}, [x1]
    form 4, L|V|W, ld1r {v0.4s}, [x1], #4
    form 8, L|V|W|I, ld1r {v0.2d}, [x1], x3
    form 6, L|V, ld3r {v0.8h-v2.8h}, [x1]

    form 1, FORM_REFUSED, ldxrb w0, [x1]
    form 2, FORM_REFUSED, ldxrh w0, [x1]
    form 4, FORM_REFUSED, ldxr w0, [x1]
    form 8, FORM_REFUSED, ldxr x0, [x1]
    form 8, FORM_REFUSED, ldaxr x0, [x1]
    form 8, FORM_REFUSED, ldxp w0, w2, [x1]
    form 16, FORM_REFUSED, ldaxp x0, x2, [x1]
    form 1, FORM_REFUSED|FORM_LSE, ldaddb w3, w0, [x1]
    form 4, FORM_REFUSED|FORM_LSE, ldadd w3, w0, [x1]
    form 8, FORM_REFUSED|FORM_LSE, ldclral x3, x0, [x1]
    form 4, FORM_REFUSED|FORM_LSE, stset w3, [x1]
    form 2, FORM_REFUSED|FORM_LSE, swph w3, w0, [x1]
    form 8, FORM_REFUSED|FORM_LSE, swpal x3, x0, [x1]
    form 1, FORM_REFUSED|FORM_LSE, casb w3, w0, [x1]
    form 4, FORM_REFUSED|FORM_LSE, cas w3, w0, [x1]
    form 8, FORM_REFUSED|FORM_LSE, casal x3, x0, [x1]
    form 16, FORM_REFUSED|FORM_LSE, casp x2, x3, x4, x5, [x1]
    form 0, FORM_ZERO, dc zva, x1
    .globl  form_table_end
form_table_end:
