/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An ERET into a trial and the exception out of it, by vectors of its own: the trial has every
 * general register but SP_EL1.
 */
#include "asm.h"
#include "trial.h"

#define SAVED     112 /* x19 to x30, the trial; and x0, x1 of an exception at the bottom */
#define THE_TRIAL 112
#define MASKED    0x3c5 /* EL1h, DAIF */

.macro trial_vector offset
    .balign 0x80
    stp     x0, x1, [sp]
    mov     x1, #\offset
    b       trial_end
.endm

    .section .text.trial_vectors, "ax", %progbits
    .balign 0x800
trial_vectors:
    .irp offset, 0x000, 0x080, 0x100, 0x180, 0x200, 0x280, 0x300, 0x380
    trial_vector \offset
    .endr
    .irp offset, 0x400, 0x480, 0x500, 0x580, 0x600, 0x680, 0x700, 0x780
    trial_vector \offset
    .endr

/* x0 = struct trial. */
FUNCTION(trial_run)
    sub     sp, sp, #(SAVED + 16)
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    stp     x23, x24, [sp, #48]
    stp     x25, x26, [sp, #64]
    stp     x27, x28, [sp, #80]
    stp     x29, x30, [sp, #96]
    str     x0, [sp, #THE_TRIAL]
    adrp    x1, trial_vectors
    add     x1, x1, :lo12:trial_vectors
    msr     vbar_el1, x1
    isb
    ldp     x1, x2, [x0, #TRIAL_SP0]
    ldr     x3, [x0, #TRIAL_PSTATE]
    msr     sp_el0, x1
    msr     elr_el1, x2
    msr     spsr_el1, x3
    .irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
    ldr     x\n, [x0, #(8 * \n)]
    .endr
    ldr     x0, [x0]
    eret
END(trial_run)

/* x1 = the vector, SP_EL1 as trial_run left it. If wanted, an SVC shows the PSTATE that it made. */
FUNCTION(trial_end)
    ldr     x0, [sp, #THE_TRIAL]
    str     x1, [x0, #TRIAL_VECTOR]
    .irp n, 2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
    str     x\n, [x0, #(8 * \n)]
    .endr
    ldp     x1, x2, [sp]
    stp     x1, x2, [x0]
    mrs     x1, sp_el0
    mrs     x2, esr_el1
    mrs     x3, elr_el1
    mrs     x4, spsr_el1
    mrs     x5, far_el1
    str     x1, [x0, #TRIAL_SP0]
    stp     x2, x3, [x0, #TRIAL_ESR]
    stp     x4, x5, [x0, #TRIAL_SPSR]
    ldr     x1, [x0, #TRIAL_INSIDE]
    cbz     x1, trial_leave
    adrp    x1, inner_vectors
    add     x1, x1, :lo12:inner_vectors
    msr     vbar_el1, x1
    isb
    svc     #0
END(trial_end)

    .section .text.inner_vectors, "ax", %progbits
    .balign 0x800
inner_vectors:
    .skip   0x200
    mrs     x1, spsr_el1
    str     x1, [x0, #TRIAL_INSIDE]
trial_leave:
    adrp    x1, vectors
    add     x1, x1, :lo12:vectors
    msr     vbar_el1, x1
    ldp     x19, x20, [sp, #16]
    ldp     x21, x22, [sp, #32]
    ldp     x23, x24, [sp, #48]
    ldp     x25, x26, [sp, #64]
    ldp     x27, x28, [sp, #80]
    ldp     x29, x30, [sp, #96]
    add     sp, sp, #(SAVED + 16)
    mov     x1, #MASKED             /* whatever the trial made of PSTATE */
    msr     spsr_el1, x1
    msr     elr_el1, x30
    eret
