/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From reset to C, for the first CPU and for those that PSCI CPU_ON starts. Each gets a stack, FP,
 * the vectors and the MMU: picolibc uses V registers and unaligned accesses, and an unaligned
 * access faults while the MMU is off. TPIDR_EL1 holds the CPU's number.
 */
#include "asm.h"
#include "platform.h"

/* x0 = device tree. */
FUNCTION(guest_start)
    mov     x19, x0
    adrp    x1, guest_bss
    add     x1, x1, :lo12:guest_bss
    adrp    x2, guest_bss_end
    add     x2, x2, :lo12:guest_bss_end
1:  cmp     x1, x2
    b.hs    2f
    stp     xzr, xzr, [x1], #16
    b       1b
2:  mov     x0, #0
    bl      cpu_prepare
    bl      mmu_build
    bl      mmu_enable
    mov     x0, x19
    b       guest_main
END(guest_start)

/* x0 = the CPU's number, as CPU_ON was given it. */
FUNCTION(guest_secondary)
    mov     x19, x0
    bl      cpu_prepare
    bl      mmu_enable
    mov     x0, x19
    b       smp_run
END(guest_secondary)

/* x0 = the CPU's number. */
FUNCTION(cpu_prepare)
    msr     tpidr_el1, x0
    msr     spsel, #1
    adrp    x1, guest_stacks
    add     x1, x1, :lo12:guest_stacks
    add     x0, x0, #1
    mov     x2, #STACK_SIZE
    madd    x1, x0, x2, x1
    mov     sp, x1
    adrp    x1, guest_tls
    add     x1, x1, :lo12:guest_tls
    sub     x1, x1, #16             /* the ABI's thread control block is 16 bytes */
    msr     tpidr_el0, x1
    mov     x1, #(3 << 20)          /* CPACR_EL1.FPEN: no FP traps */
    msr     cpacr_el1, x1
    adrp    x1, vectors
    add     x1, x1, :lo12:vectors
    msr     vbar_el1, x1
    isb
    ret
END(cpu_prepare)

    .section .bss.guest_stacks, "aw", %nobits
    .balign 16
guest_stacks:
    .space STACK_SIZE * CPU_LIMIT
