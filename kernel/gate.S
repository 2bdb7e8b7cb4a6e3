/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The gate pages: entry n traps with immediate n and returns (include/skerry/syscall.h). Mapped
 * read-only and executable at the start of each server's range; nothing here runs in the kernel.
 */
    .section .rodata.gate, "a"

.macro gate instruction, name
    .balign 4096
    .globl \name
\name:
    .set    number, 0
    .rept   64                      /* GATE_ENTRIES */
    \instruction #number
    ret
    .set    number, number + 1
    .endr
.endm

    gate    svc, gate_svc
    gate    hvc, gate_hvc
    .balign 0x800                   /* the vectors of boundary el1: VBAR_EL1 (boundary_el1.c) */
    .set    number, 0x100
    .rept   16
    hvc     #number
    .balign 0x80
    .set    number, number + 1
    .endr
