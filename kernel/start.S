/* SPDX-License-Identifier: BSD-2-Clause */
/* From reset to C. CPU 0 comes from the boot loader (Linux boot protocol, MMU off, EL2), the
 * others from the firmware's CPU_ON with their struct cpu in x0. Both pass through the boot
 * tables: 1 GiB blocks at VA = PA. One table serves at VA = KERNEL_BASE + PA, too, as bits 38:0 of
 * the base are zero, until space.c has built the kernel's own. */
#include "asm.h"

#define KERNEL_BASE_VHE   0xffffff8000000000    /* TTBR1 half of 39 bits */
#define KERNEL_BASE_PLAIN 0x0000008000000000    /* upper half of 40 bits, one TTBR */

    .section .head, "ax"
    .globl head
head:                                           /* Linux Documentation/arm64/booting */
    b       start
    .word   0
    .quad   0                                   /* text_offset */
    .quad   0                                   /* image_size: the tool writes the image's size */
    .quad   0xa                                 /* little-endian, 4 KiB pages, anywhere */
    .quad   0, 0, 0
    .ascii  "ARM\x64"
    .word   0

    .section .text.start, "ax"
FUNCTION(start)
    msr     daifset, #0xf
    mrs     x0, CurrentEL
    cmp     x0, #(2 << 2)
    b.eq    2f
1:  wfe                                         /* no way to say so: the console is EL2's */
    b       1b
    /* The boot tables: the GiB of the kernel and the next one, and the devices below. */
2:  mrs     x0, sctlr_el2
    bic     x0, x0, #(1 << 25)                  /* EE: a big-endian kernel's, before kexec */
    msr     sctlr_el2, x0
    isb
    adrp    x0, boot_l1
    adrp    x1, head
    ubfx    x2, x1, #30, #9
    mov     x6, #(1 << 30)
    ldr     x4, =BLOCK_DEVICE
    str     x4, [x0]
    mov     x4, #BLOCK_NORMAL
    orr     x4, x4, x2, lsl #30
    add     x5, x0, x2, lsl #3
    add     x7, x4, x6
    stp     x4, x7, [x5]
    adrp    x2, boot_l0
    orr     x4, x0, #3
    stp     x4, x4, [x2]
    dmb     sy                                  /* D7.5.9: no line that was there before hides */
    dc      ivac, x0                            /* what was written with caches off */
    dc      ivac, x2
    dc      ivac, x5
    add     x5, x5, #8
    dc      ivac, x5
    dsb     sy
    bl      start_mmu                           /* returns at the high address, x8 = base */

    /* Relocate, once: these constants hold no number that could be an address (linted). */
    adr     x0, relocate_start
    adr     x1, relocate_end
    adrp    x2, head                            /* where the kernel is: what 0 has become */
3:  ldr     x3, [x0], #8
    cmp     x3, #0x1000
    b.lo    4f
    add     x3, x3, x2
    str     x3, [x0, #-8]
4:  cmp     x0, x1
    b.lo    3b
    adrp    x0, kernel_offset
    str     x8, [x0, :lo12:kernel_offset]
    adr     x0, cpus
    b       start_c

/* A secondary CPU: x0 = its struct cpu, a virtual address. */
FUNCTION(start_secondary)
    msr     daifset, #0xf
    bl      start_mmu
start_c:                                        /* x0 = struct cpu */
    msr     tpidr_el2, x0
    mrs     x1, cntpct_el0                      /* other at each start, as far as there is one */
    str     x1, [x0, #CPU_GUARD]
    ldr     x1, [x0, #CPU_STACK]
    mov     sp, x1
    adr     x1, vectors
    msr     vbar_el2, x1
    isb
    b       main

/* The MMU off and on, and in between another table for the upper half, with pages where the boot
 * table has blocks (break-before-make, D8.13.1; without VHE boot_l0 is being walked). From C:
 * x0 = kernel_offset, x1 = that table's descriptor. */
FUNCTION(start_again)
    sub     x30, x30, x0
    adr     x2, 1f
    sub     x2, x2, x0
    br      x2                                  /* to VA = PA */
1:  mrs     x2, sctlr_el2
    bic     x2, x2, #1
    msr     sctlr_el2, x2
    isb
    adrp    x5, boot_l0
    str     x1, [x5, #8]
    dmb     sy                                  /* as in start: no walk has made the line dirty */
    dc      ivac, x5
    dsb     sy

/* The MMU on with the boot tables; returns at the high alias of x30, the base in x8; keeps x0. */
FUNCTION(start_mmu)
    msr     spsel, #1                           /* a loader may run on SP_EL0 */
    mov     x6, #0xff04                         /* MAIR: 0 Device-nGnRE, 1 Normal write-back */
    msr     mair_el2, x6
    adrp    x1, boot_l1
    adrp    x5, boot_l0
    mrs     x2, id_aa64mmfr0_el1
    ubfx    x2, x2, #0, #3                      /* PARange; 52 bits need 64 KiB pages: use 48 */
    cmp     x2, #5
    mov     x3, #5
    csel    x2, x2, x3, ls
    mov     x4, #HCR_RW
    mrs     x3, id_aa64mmfr1_el1
    tst     x3, #(0xf << 8)                     /* VH */
    orr     x3, x4, #HCR_E2H                    /* what follows has the EL1 layout then */
    csel    x4, x4, x3, eq
    msr     hcr_el2, x4
    isb
    b.eq    1f
    ldr     x6, =TCR_VHE
    orr     x6, x6, x2, lsl #32
    ldr     x3, [x5, #8]
    bic     x3, x3, #3
    msr     S3_4_C2_C0_1, x3                    /* TTBR1_EL2 */
    ldr     x8, =KERNEL_BASE_VHE
    ldr     x2, =SCTLR_VHE
    b       2f
1:  ldr     x6, =TCR_PLAIN
    orr     x6, x6, x2, lsl #16
    mov     x1, x5
    ldr     x8, =KERNEL_BASE_PLAIN
    ldr     x2, =SCTLR_PLAIN
2:  msr     tcr_el2, x6
    msr     ttbr0_el2, x1
    tlbi    alle2
    tlbi    alle1                               /* VMIDs of whoever ran before are servers' now */
    ic      iallu
    dsb     nsh
    isb
    msr     sctlr_el2, x2
    isb
    add     x30, x30, x8
    ret

    .ltorg
    .comm   boot_l1, 4096, 4096
    .comm   boot_l0, 4096, 4096                 /* two halves; with VHE only the upper one counts */
