/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The loops of bench, in assembler so that every instruction in them is known. x19 rounds left,
 * x20 operand, x21 address, x22 start or sum; calls and handlers may change x0 to x17.
 */
#include "asm.h"

.macro loop_enter
    stp     x19, x20, [sp, #-48]!
    stp     x21, x22, [sp, #16]
    stp     x29, x30, [sp, #32]
    mov     x19, x0
    mov     x20, x1
    mov     x21, x2
    mov     x22, #0
.endm

.macro loop_leave
    ldp     x29, x30, [sp, #32]
    ldp     x21, x22, [sp, #16]
    ldp     x19, x20, [sp], #48
    ret
.endm

.macro loop name, instruction:vararg
FUNCTION(loop_\name)
    loop_enter
    isb
    mrs     x22, cntvct_el0
1:  mov     x0, x20
    \instruction
    subs    x19, x19, #1
    b.ne    1b
    isb
    mrs     x0, cntvct_el0
    sub     x0, x0, x22
    loop_leave
END(loop_\name)
.endm

loop null
loop hvc, hvc #0
loop read, ldr w1, [x21]
loop write, str w0, [x21]
loop sgi, msr icc_sgi1r_el1, x0
loop id, mrs x1, id_aa64pfr0_el1

/* A wait of 3n + 2 instructions, n = x19 mod 16: CNTVCT is coarser than an instruction, so rounds
 * must begin at every phase of a tick for their average to be exact. */
.macro dither
    and     x13, x19, #15
    add     x13, x13, #1
2:  nop
    subs    x13, x13, #1
    b.ne    2b
.endm

/* x9 = 0 until the handler has put its time there; x10 = when the event was due. */
.macro event_loop name
FUNCTION(event_\name)
    loop_enter
1:  mov     x9, #0
    dither
    event_\name
    sub     x0, x9, x10
    add     x22, x22, x0
    subs    x19, x19, #1
    b.ne    1b
    mov     x0, x22
    loop_leave
END(event_\name)
.endm

.macro event_sgi
    mrs     x10, cntvct_el0
    msr     icc_sgi1r_el1, x20
3:  cbz     x9, 3b
.endm

.macro timer_start
    mrs     x10, cntvct_el0
    add     x10, x10, x20
    msr     cntv_cval_el0, x10
    mov     x0, #1                  /* ENABLE */
    msr     cntv_ctl_el0, x0
    isb
.endm

.macro event_spin
    timer_start
3:  cbz     x9, 3b
.endm

/* Masked, so that an early interrupt still ends the WFI. */
.macro event_wfi
    msr     daifset, #2
    timer_start
    wfi
    msr     daifclr, #2
3:  cbz     x9, 3b
.endm

event_loop sgi
event_loop spin
event_loop wfi

/* Only IRQ from EL1h; anything else goes to the library's vectors, at the same offset. */
.macro other offset
    .balign 0x80
    b       vectors + \offset
.endm

    .section .text.event_vectors, "ax", %progbits
    .balign 0x800
    .globl  event_vectors
event_vectors:
    .irp offset, 0x000, 0x080, 0x100, 0x180, 0x200
    other   \offset
    .endr
    .balign 0x80
    mrs     x9, cntvct_el0
    mrs     x14, icc_iar1_el1
    msr     cntv_ctl_el0, xzr
    isb                             /* the timer's line is down before the interrupt ends */
    msr     icc_eoir1_el1, x14
    eret
    .irp offset, 0x300, 0x380, 0x400, 0x480, 0x500, 0x580, 0x600, 0x680, 0x700, 0x780
    other   \offset
    .endr
