/* SPDX-License-Identifier: BSD-2-Clause */
/* The sixteen vectors (Arm ARM D1.3.1), and the way out. SP_EL2 points at the frame of whatever
 * runs below EL2 (frame.h); a vector saves into it, moves to the CPU's stack and calls C, which
 * answers with the frame of what runs next. Nothing of a server's or a guest's registers is
 * trusted here: only SP_EL2 and TPIDR_EL2 are used. */
#include "asm.h"

/* The GPRs are saved, SP is at their frame. On the CPU's stack: x0 = struct cpu, x1 = ESR_EL2. */
.macro to_c function
    mrs     x21, elr_el2
    mrs     x22, spsr_el2
    mrs     x0, tpidr_el2
    mrs     x1, esr_el2
    stp     x21, x22, [sp, #FRAME_ELR]
    ldr     x2, [x0, #CPU_STACK]
    mov     sp, x2
    bl      \function
    b       frame_resume
.endm

.macro lower function
    pair    stp, 20, 21
    save_others
    to_c    \function
.endm

/* The most frequent ones go to fast.S, told apart by one bit of EC: 0x24 is a Data Abort, 0x18 a
 * register; SVC #0 is a reply. Other classes have these bits, too: fast.S compares all of the
 * syndrome and leaves them to C. Where fast.S is not to be used, boot.c makes the first instruction
 * a branch to lower_plain. */
.macro lower_fast
    pair    stp, 20, 21
    mrs     x20, esr_el2
    tbnz    w20, #31, fast_access
    tbnz    w20, #29, fast_register
    mov     w21, #0x56000000
    eor     w21, w20, w21
    cbz     w21, fast_reply
    tbnz    w20, #27, fast_call     /* an HVC, or what both leave to C */
    b       slow_reply              /* a system call */
.endm

/* From the kernel itself: a bug, or a stack that ran over. SP may be anything, so the emergency
 * stack. Nothing here goes back. */
.macro kernel_bug number
    mov     x2, x0
    mov     x1, #\number
    b       kernel_exception
.endm

.macro vector entry, argument=
    .balign 0x80
    \entry  \argument
.endm

    .section .vectors, "ax"
    .balign 0x800
    .globl  vectors
vectors:
    vector  lower, trap_sync        /* 0x000: a server behind the boundary `el2` */
    vector  lower, trap_irq
    vector  lower, trap_irq         /* FIQ: routed here, never enabled */
    vector  lower, trap_serror
    vector  kernel_bug, 4           /* 0x200: the kernel */
    vector  kernel_bug, 5
    vector  kernel_bug, 6
    vector  kernel_bug, 7
    vector  lower_fast              /* 0x400: AArch64, a guest or a server */
    vector  lower, trap_irq
    vector  lower, trap_irq
    vector  lower, trap_serror
    vector  lower, trap_sync        /* 0x600: AArch32 at a guest's EL0 */
    vector  lower, trap_irq
    vector  lower, trap_irq
    vector  lower, trap_serror

    .section .text.vectors, "ax"
    .globl  slow_reply, slow
FUNCTION(lower_plain)
    pair    stp, 20, 21
/* What fast.S does not take: of a reply, whose registers it has not saved, and of all else. Nothing
 * is changed yet, and what is clobbered is nothing that a reply carries. C begins anew. */
slow_reply:
    save_others
slow:
    to_c    trap_sync

/* x0 = frame of what runs next. SP_EL2 stays on it while it runs. */
FUNCTION(frame_resume)
    mov     sp, x0
    .globl  frame_resume_here
frame_resume_here:
    ldp     x21, x22, [sp, #FRAME_ELR]
    ldr     x30, [sp, #FRAME_X30]
    msr     elr_el2, x21
    msr     spsr_el2, x22
    pairs   ldp
    pair    ldp, 20, 21
    eret
    speculation_barrier

/* x1 = which vector, x2 = x0 as it was. */
FUNCTION(kernel_exception)
    mov     x0, sp
    mov     x3, x30
    mrs     x4, tpidr_el2
    ldr     x4, [x4, #CPU_EMERGENCY]
    mov     sp, x4
    b       panic_exception
