/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's own calls to the firmware (PSCI 1.0, Arm DEN0022), and its only SMC instruction. No
 * guest's call gets here. What SMCCC lets the firmware change is a C caller's to save, too. */
#include "asm.h"

#define PSCI_CPU_ON     0xc4000003
#define PSCI_SYSTEM_OFF 0x84000008

    .section .text.firmware, "ax"
/* x0: which CPU, x1: entry, x2: its x0. */
FUNCTION(firmware_cpu_on)
    mov     x3, x2
    mov     x2, x1
    mov     x1, x0
    movz    w0, #PSCI_CPU_ON >> 16, lsl #16
    movk    w0, #PSCI_CPU_ON & 0xffff
firmware_call:
    smc     #0
    ret
END(firmware_cpu_on)

FUNCTION(firmware_off)
    movz    w0, #PSCI_SYSTEM_OFF >> 16, lsl #16
    movk    w0, #PSCI_SYSTEM_OFF & 0xffff
    bl      firmware_call
1:  wfi                                         /* it did not: nothing is left to do */
    b       1b
END(firmware_off)
