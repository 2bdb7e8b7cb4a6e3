/* SPDX-License-Identifier: BSD-2-Clause */
/* The short way of an access: a plain load, store or HVC of a guest to a server at EL0 (VHE) that
 * nobody is in, and the plain reply. The C path (trap.c, window.h, visit.c) does all of it too, and
 * whatever is unusual goes there: at `slow` all registers are saved and nothing has been changed.
 * visit_unfold() makes of what is left here what C would have left. */
#include "asm.h"

    .section .text.fast, "ax"

/* x28 = struct visit, x23 = struct cpu. If several CPUs may come, the entry word (entry.c) must be
 * free. That of a server that is not served here (down, another boundary, V registers) never is. */
.macro take_server
    ldr     x29, [x28, #VISIT_LOCK]
    cbz     x29, 9f
    ldr     w27, [x23, #CPU_OWNER]          /* not between the next two: B2.9.5 */
    ldaxr   w30, [x29]
    cbnz    w30, slow
    stxr    w30, w27, [x29]
    cbnz    w30, slow
9:
.endm

.macro switch_to_server
    mrs     x20, sp_el0
    mrs     x21, tpidr_el0
    mrs     x22, tpidrro_el0
    mov     x30, sp
    stp     x20, x21, [sp, #FRAME_SP_EL0]
    str     x22, [sp, #FRAME_TPIDRRO]
    ldp     x24, x25, [x28, #VISIT_TTBR]
    ldp     x26, x27, [x28, #VISIT_ENTRY]   /* and stack */
    str     x28, [x23, #CPU_VISIT]
    str     x30, [x28, #VISIT_VCPU]         /* parent, kind, ticks are 0 between visits */
    msr     elr_el2, x26
    msr     spsr_el2, xzr                   /* EL0t, nothing masked */
    msr     sp_el0, x27
    msr     tpidr_el0, xzr
    msr     tpidrro_el0, xzr
    msr     ttbr0_el2, x24
    msr     hcr_el2, x25                    /* TGE; the eret synchronizes */
    mov     sp, x28
.endm

/* Guest: SP at the vCPU, x20 = ESR_EL2, x20 and x21 saved. */
FUNCTION(fast_access)
    save_others
fast_decode:
    mrs     x23, tpidr_el2
    ldp     x24, x25, [x23, #CPU_FAST]
    and     x26, x20, x24
    cmp     x26, x25
    b.ne    slow
fast_lookup:
    mrs     x24, hpfar_el2                  /* FIPA = IPA[51:12] in bits 43:4 */
    mrs     x25, far_el2
    mrs     x27, S3_5_C1_C0_0               /* SCTLR_EL12 */
    ldp     x26, x22, [sp, #VCPU_WINDOWS]   /* and badge */
    and     x27, x27, #(3 << 24)            /* EE, E0E: big-endian data are not for here */
    orr     x27, x27, x24, lsr #32          /* above 2^40 there is nothing */
    cbnz    x27, slow
    ubfx    x27, x24, #22, #10
    ldr     x26, [x26, x27, lsl #3]
    ubfx    x27, x24, #13, #9
    ldr     x26, [x26, x27, lsl #3]
    ubfx    x27, x24, #4, #9
    ldr     x19, [x26, x27, lsl #3]         /* a page of nobody's: window_nobody, entry 0 */
    ldr     x28, [x19, #WINDOW_VISIT]
    take_server
fast_message:
    ldp     x0, x27, [x19, #WINDOW_BADGE]
    lsl     x1, x24, #8
    bfxil   x1, x25, #0, #12
    sub     x1, x1, x27
    add     x0, x0, x22
    ubfx    x21, x20, #22, #2               /* SAS */
    lsl     x2, x21, #5                     /* INFO_SIZE_SHIFT */
    tbnz    x20, #6, 2f                     /* WnR */
    ldp     x3, x4, [x28, #VISIT_ZEROS]
1:  stp     x20, x25, [sp, #VCPU_ESR]
    stp     x24, x19, [sp, #VCPU_HPFAR]
fast_step:
    mrs     x24, elr_el2
    mrs     x25, spsr_el2
    add     x24, x24, #4                    /* the access will be done: on to the next */
    and     x25, x25, #~(3 << 10)           /* BTYPE; SS is 0, as MDSCR_EL1 is (el2.def) */
    stp     x24, x25, [sp, #FRAME_ELR]
fast_enter:
    switch_to_server
fast_clear:
    .irp    pair, "x5, x6", "x7, x8", "x9, x10", "x11, x12", "x13, x14", "x15, x16", "x17, x18", \
                  "x19, x20", "x21, x22", "x23, x24", "x25, x26", "x27, x28", "x29, x30"
    ldp     \pair, [sp, #VISIT_ZEROS]       /* nothing of the guest stays */
    .endr
    eret
    speculation_barrier
2:  ubfx    x3, x20, #16, #5                /* SRT */
    ldr     x4, [x23, x21, lsl #3]          /* CPU_CUT */
    ldr     x3, [sp, x3, lsl #3]
    orr     x2, x2, #0x10                   /* INFO_WRITE */
    and     x3, x3, x4
    mov     x4, xzr
    b       1b

/* HVC #0, if one server takes all calls. The stashed syndrome is that of a load into x0. */
FUNCTION(fast_call)
    save_others
    mrs     x23, tpidr_el2
    mov     w24, #ESR_HVC0
    cmp     w20, w24
    b.ne    slow
    ldr     x26, [sp, #VCPU_CALL]
    cbz     x26, slow
    ldr     x28, [x26, #WINDOW_VISIT]
    take_server
    ldr     x21, [sp, #VCPU_BADGE]
    mov     x9, x7
    mov     x8, x6
    mov     x7, x5
    mov     x6, x4
    mov     x5, x3
    mov     x4, x2
    mov     x3, x1
    mov     x2, #2                          /* ACCESS_SMCCC */
    mov     w1, w0
    ldr     x0, [x26, #WINDOW_BADGE]
    add     x0, x0, x21
    mov     x20, #(3 << 22)                 /* EC 0, 64 bits, into x0 */
    mrs     x24, elr_el2                    /* behind the HVC already */
    mrs     x25, spsr_el2
    str     x20, [sp, #VCPU_ESR]
    stp     x24, x25, [sp, #FRAME_ELR]
    switch_to_server
    .irp    pair, "x10, x11", "x12, x13", "x14, x15", "x16, x17", "x18, x19", "x20, x21", \
                  "x22, x23", "x24, x25", "x26, x27", "x28, x29"
    ldp     \pair, [sp, #VISIT_ZEROS]
    .endr
    mov     x30, xzr
    eret
    speculation_barrier

/* A write of ICC_SGI1R_EL1. The stashed syndrome is that of a store; the true one is behind it. */
FUNCTION(fast_register)
    save_others
    ldp     x26, x27, [sp, #VCPU_SGI]       /* window, syndrome with Rt = 0 */
    bic     x21, x20, #(31 << 5)
    cmp     x21, x27
    b.ne    slow
    mrs     x23, tpidr_el2
    ldr     x28, [x26, #WINDOW_VISIT]
    take_server
    ubfx    x3, x20, #5, #5
    ldr     x21, [sp, #VCPU_BADGE]
    ldp     x0, x1, [x26, #WINDOW_BADGE]    /* offset_base is the encoding */
    ldr     x3, [sp, x3, lsl #3]
    mov     x2, #0x71                       /* ACCESS_SYSREG, INFO_WRITE, 8 bytes */
    add     x0, x0, x21
    mov     x4, xzr
    orr     x21, x20, #(1 << 6)             /* WnR: nothing comes back */
    stp     x21, x20, [sp, #VCPU_ESR]
    b       fast_step

/* Server: SP at the visit, VERDICT_DONE, x0 the value; x20 and x21 are saved. */
FUNCTION(fast_reply)
    ldp     x20, x21, [sp, #VISIT_VCPU]     /* and lock */
    cbz     x20, slow_reply                 /* not begun here */
    mrs     x23, tpidr_el2
    cbnz    x21, fast_unlock
fast_unlocked:
    str     xzr, [x23, #CPU_VISIT]
    mov     sp, x20
    ldr     x24, [sp, #VCPU_ESR]
    tbnz    x24, #6, 1f
    ubfx    x25, x24, #22, #2               /* SAS */
    ubfx    x24, x24, #16, #5
    ldr     x25, [x23, x25, lsl #3]         /* CPU_CUT */
    and     x0, x0, x25
    str     x0, [sp, x24, lsl #3]           /* SRT; 31 is FRAME_XZR */
1:  ldp     x21, x22, [sp, #FRAME_SP_EL0]
    ldr     x24, [sp, #FRAME_TPIDRRO]
    ldp     x25, x26, [x23, #CPU_WORK_HCR]
    msr     sp_el0, x21
    msr     tpidr_el0, x22
    msr     tpidrro_el0, x24
    msr     hcr_el2, x26
    cbz     x25, frame_resume_here
    mov     x0, x23                         /* notifications, requests of other CPUs */
    ldr     x1, [x23, #CPU_STACK]
    mov     sp, x1
    bl      sched_next
    b       frame_resume

/* Only if nobody waits. Who found the server busy meanwhile has left bits of `notified`, which
 * stand behind the entry word: they are this CPU's to run. */
fast_unlock:
    ldxr    w24, [x21]
    tst     w24, #~0xff
    b.ne    slow_reply
    stlxr   w24, wzr, [x21]
    cbnz    w24, fast_unlock
    add     x21, x21, #8
    ldar    x24, [x21]
    cbz     x24, fast_unlocked
    ldr     w24, [x23, #CPU_WORK_HCR]
    ldr     w22, [sp, #VISIT_BIT]
    orr     w24, w24, w22
    str     w24, [x23, #CPU_WORK_HCR]
    b       fast_unlocked
