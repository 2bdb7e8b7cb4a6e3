/* SPDX-License-Identifier: BSD-2-Clause */
#include "asm.h"

/* Where a vCPU of the races starts: it waits for the word at x0 (a device's: the MMU is off), then
 * is off again. */
FUNCTION(hostile_off)
1:  ldr     x1, [x0]
    cbz     x1, 1b
    mov     w0, #0x84000000
    orr     w0, w0, #2              /* CPU_OFF */
    hvc     #0
    b       hostile_off
END(hostile_off)
