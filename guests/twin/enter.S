/* SPDX-License-Identifier: BSD-2-Clause */
/* What histories of PSCI calls cannot say in C: where a CPU starts, and a call with all of x0 to
 * x17. */
#include "asm.h"
#include "platform.h"

#define GICR_SGI_FRAME 0x10000

/* x0 = what CPU_ON was given. What the CPU finds goes into power_seen[Aff0]: x0, CurrentEL, DAIF,
 * SPSel, SCTLR_EL1, CNTV_CTL_EL0, ICC_PMR, IGRPEN1, BPR1, RPR_EL1, what is enabled, pending,
 * active; then it is as any other secondary CPU. */
FUNCTION(power_enter)
    mrs     x1, mpidr_el1
    and     x1, x1, #0xff
    adrp    x2, power_seen
    add     x2, x2, :lo12:power_seen
    add     x2, x2, x1, lsl #7
    mrs     x3, currentel
    stp     x0, x3, [x2]
    mrs     x3, daif
    mrs     x4, spsel
    stp     x3, x4, [x2, #16]
    mrs     x3, sctlr_el1
    mrs     x4, cntv_ctl_el0
    stp     x3, x4, [x2, #32]
    mrs     x3, icc_pmr_el1
    mrs     x4, icc_igrpen1_el1
    stp     x3, x4, [x2, #48]
    mrs     x3, icc_bpr1_el1
    mrs     x4, icc_rpr_el1
    stp     x3, x4, [x2, #64]
    ldr     x5, =GICR_BASE + GICR_SGI_FRAME
    add     x5, x5, x1, lsl #17
    ldr     w3, [x5, #0x100]
    ldr     w4, [x5, #0x200]
    stp     x3, x4, [x2, #80]
    ldr     w3, [x5, #0x300]
    str     x3, [x2, #96]
    mov     x0, x1
    b       guest_secondary
END(power_enter)

/* x0 = 18 registers, in and out. */
FUNCTION(power_call)
    stp     x19, x30, [sp, #-16]!
    mov     x19, x0
    ldp     x2, x3, [x19, #16]
    ldp     x4, x5, [x19, #32]
    ldp     x6, x7, [x19, #48]
    ldp     x8, x9, [x19, #64]
    ldp     x10, x11, [x19, #80]
    ldp     x12, x13, [x19, #96]
    ldp     x14, x15, [x19, #112]
    ldp     x16, x17, [x19, #128]
    ldp     x0, x1, [x19]
    hvc     #0
    stp     x0, x1, [x19]
    stp     x2, x3, [x19, #16]
    stp     x4, x5, [x19, #32]
    stp     x6, x7, [x19, #48]
    stp     x8, x9, [x19, #64]
    stp     x10, x11, [x19, #80]
    stp     x12, x13, [x19, #96]
    stp     x14, x15, [x19, #112]
    stp     x16, x17, [x19, #128]
    ldp     x19, x30, [sp], #16
    ret
END(power_call)
