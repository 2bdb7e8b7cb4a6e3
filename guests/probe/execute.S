/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One instruction with every register preset, and every register captured after it. The instruction
 * runs on SP_EL0, so that SP can be its base; SP_EL1 keeps the way back, and no register is lost.
 */
#include "asm.h"
#include "state.h"

#define SAVED 112 /* bytes; the state's address is at [sp, #96], x0 and x1 pass through [sp] */

.macro state_load_fp base, scratch
    ldr     \scratch, [\base, #STATE_FPCR]
    msr     fpcr, \scratch
    ldr     \scratch, [\base, #STATE_FPSR]
    msr     fpsr, \scratch
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    ldr     q\n, [\base, #(STATE_V + 16 * \n)]
    .endr
.endm

.macro state_store_fp base, scratch
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    str     q\n, [\base, #(STATE_V + 16 * \n)]
    .endr
    mrs     \scratch, fpcr
    str     \scratch, [\base, #STATE_FPCR]
    mrs     \scratch, fpsr
    str     \scratch, [\base, #STATE_FPSR]
    msr     fpcr, xzr
.endm

.macro saved_push
    stp     x19, x20, [sp, #-SAVED]!
    stp     x21, x22, [sp, #16]
    stp     x23, x24, [sp, #32]
    stp     x25, x26, [sp, #48]
    stp     x27, x28, [sp, #64]
    stp     x29, x30, [sp, #80]
    str     x0, [sp, #96]
    sub     sp, sp, #16
.endm

.macro saved_pop
    add     sp, sp, #16
    ldp     x21, x22, [sp, #16]
    ldp     x23, x24, [sp, #32]
    ldp     x25, x26, [sp, #48]
    ldp     x27, x28, [sp, #64]
    ldp     x29, x30, [sp, #80]
    ldp     x19, x20, [sp], #SAVED
.endm

/* x0 = struct state. */
FUNCTION(state_execute)
    saved_push
    state_load_fp x0, x1
    ldr     x1, [x0, #STATE_NZCV]
    msr     nzcv, x1
    ldr     x1, [x0, #STATE_SP]
    msr     sp_el0, x1
    .irp n, 2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
    ldr     x\n, [x0, #(8 * \n)]
    .endr
    ldp     x0, x1, [x0]
    msr     spsel, #0
    .globl  state_slot
state_slot:
    nop
    msr     spsel, #1
    stp     x0, x1, [sp]
    ldr     x0, [sp, #(16 + 96)]
    .irp n, 2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
    str     x\n, [x0, #(8 * \n)]
    .endr
    ldp     x1, x2, [sp]
    stp     x1, x2, [x0]
    mrs     x1, nzcv
    str     x1, [x0, #STATE_NZCV]
    mrs     x1, sp_el0
    str     x1, [x0, #STATE_SP]
    state_store_fp x0, x1
    saved_pop
    ret
END(state_execute)

/* x0 = struct state, x1 = device, x2 = rounds. */
FUNCTION(state_hold_fp)
    saved_push
    mov     x20, x1
    mov     x21, x2
    state_load_fp x0, x1
1:  ldr     w1, [x20]
    mov     w0, #0x84000000         /* PSCI_VERSION */
    hvc     #0
    subs    x21, x21, #1
    b.ne    1b
    ldr     x0, [sp, #(16 + 96)]
    state_store_fp x0, x1
    saved_pop
    ret
END(state_hold_fp)
