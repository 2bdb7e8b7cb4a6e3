/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What abort makes fault. The nop in front clears PSTATE.BTYPE, which the branch to the stimulus
 * sets on CPUs with FEAT_BTI, so that SPSR is the same on all.
 */
#include "asm.h"

.macro stimulus name, instruction:vararg
FUNCTION(stimulus_\name)
    nop
    \instruction
    ret
END(stimulus_\name)
.endm

stimulus ldrb, ldrb w1, [x0]
stimulus ldrh, ldrh w1, [x0]
stimulus ldr_w, ldr w1, [x0]
stimulus ldr_x, ldr x1, [x0]
stimulus ldr_q, ldr q0, [x0]
stimulus ldrsb, ldrsb x1, [x0]
stimulus ldrsh, ldrsh w1, [x0]
stimulus ldrsw, ldrsw x1, [x0]
stimulus ldp, ldp x1, x2, [x0]
stimulus ldr_post, ldr w1, [x0], #4
stimulus strb, strb w1, [x0]
stimulus strh, strh w1, [x0]
stimulus str_w, str w1, [x0]
stimulus str_x, str x1, [x0]
stimulus str_q, str q0, [x0]
stimulus stp, stp x1, x2, [x0]
stimulus str_pre, str w1, [x0, #0]!
stimulus ldxr, ldxr x1, [x0]
stimulus ldaxp, ldaxp x1, x2, [x0]
stimulus dc_zva, dc zva, x0
stimulus fetch, br x0

#define NZCV 0xa0000000

/* x0 = function, x1 = address. */
FUNCTION(stimulus_run_el1h)
    mov     x16, x0
    mov     x0, x1
    mov     x2, #NZCV
    msr     nzcv, x2
    br      x16
END(stimulus_run_el1h)

FUNCTION(stimulus_run_el1t)
    stp     x29, x30, [sp, #-16]!
    mov     x2, sp
    msr     sp_el0, x2
    msr     spsel, #0
    bl      stimulus_run_el1h
    msr     spsel, #1
    ldp     x29, x30, [sp], #16
    ret
END(stimulus_run_el1t)

/* EL0 may execute this text (AP[1]=0 and UXN=0: execute-only) and comes back only by a fault. */
FUNCTION(stimulus_run_el0)
    stp     x29, x30, [sp, #-16]!
    mrs     x2, daif
    mov     x3, #NZCV               /* M[4:0] = 0: EL0t */
    orr     x2, x2, x3
    msr     spsr_el1, x2
    msr     elr_el1, x0
    mov     x0, x1
    adr     x30, 1f
    eret
1:  ldp     x29, x30, [sp], #16
    ret
END(stimulus_run_el0)
