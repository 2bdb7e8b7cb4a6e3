/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The deeds, as instructions: x0 is the argument that the guest chose and then the result. One line
 * a deed. Words that the pack tool would refuse (V registers) are data to it, and code to the CPU.
 */
#include "deeds.h"
#include "entry.h"

    .arch   armv8.1-a               /* names of VHE's registers */

/* A deed in C: its function is named. */
.macro deed_c name, want, function
    .pushsection .rodata.deed_names, "a", %progbits
9:  .asciz  "\name"
    .popsection
    .pushsection .data.rel.ro.deeds, "aw", %progbits
    .quad   9b, \function, \want
    .popsection
.endm

/* A deed in assembler: its code stands here and returns. */
.macro deed name, want, code
    .pushsection .text.deeds, "ax", %progbits
8:  \code
    ret
    .popsection
    .pushsection .rodata.deed_names, "a", %progbits
9:  .asciz  "\name"
    .popsection
    .pushsection .data.rel.ro.deeds, "aw", %progbits
    .quad   9b, 8b, \want
    .popsection
.endm

.macro reads want, registers:vararg
    .irp    register, \registers
    deed    "mrs \register", \want, "mrs x0, \register"
    .endr
.endm

.macro writes want, registers:vararg
    .irp    register, \registers
    deed    "msr \register", \want, "msr \register, x0"
    .endr
.endm

    .section .data.rel.ro.deeds, "aw", %progbits
    .balign 8
    .globl  deed_table, deed_table_end
deed_table:
    /* The first ones take an address from the guest: rogue.h knows their numbers. */
    deed    "load", WANT_DEATH, "ldr x0, [x0]"
    deed    "store", WANT_DEATH, "str xzr, [x0]"
    deed    "jump", WANT_DEATH, "br x0"
    deed_c  "sweep of calls", WANT_LIFE, calls_sweep
    deed_c  "random calls", WANT_LIFE, calls_random
    deed_c  "V registers at the entry", WANT_DEATH, deed_scan_fp
    deed    "answers ABORT", WANT_REPLY, "b gate_page + 8"
    deed    "answers UNDEF", WANT_REPLY, "b gate_page + 16"
    deed    "answers DONE with junk in x7", WANT_REPLY, "mov x7, x0; b gate_page"
    deed_c  "answers MORE a hundred times", WANT_REPLY, deed_more
    deed_c  "dies in init", WANT_DEATH, deed_die_in_init
    deed_c  "dies in notified", WANT_LIFE, deed_die_notified
    deed_c  "sets its timer in the past, again and again", WANT_LIFE, deed_timer_storm
    deed_c  "fills the log with junk", WANT_LIFE, deed_log_junk
    deed_c  "calls the other one to death", WANT_LIFE, calls_edge
    deed_c  "replies after 20 ms", WANT_LIFE, deed_slow
    deed_c  "calls the other one, for ever, when that is slow", WANT_DEATH, calls_slow
    deed_c  "signals who cannot hear", WANT_LIFE, calls_deaf
    deed    "raises the virtual timer's interrupt, and spins", WANT_DEATH, \
            "msr cntv_cval_el0, xzr; mov x0, #1; msr cntv_ctl_el0, x0; b ."
    deed    "swaps DISR_EL1", WANT_EL0, "mov x1, x0; mrs x0, s3_0_c12_c1_1; msr s3_0_c12_c1_1, x1"
    deed    "swaps TPIDR2_EL0", WANT_EL0, "mov x1, x0; mrs x0, s3_3_c13_c0_5; msr s3_3_c13_c0_5, x1"

    /* From here on the guest goes through all of them. */
    deed    "nothing", WANT_LIFE, "mov x0, #1"
    deed    "spins", WANT_DEATH, "b ."
    deed    "spins in calls", WANT_DEATH, "1: bl gate_page + 8 * 24; b 1b"
    deed    "runs over its stack", WANT_DEATH, "1: str xzr, [sp, #-16]!; b 1b"
    deed    "leaps over its guard page", WANT_DEATH, "sub sp, sp, #0x100000; str xzr, [sp]"
    deed    "runs off the top of its stack", WANT_DEATH, "1: ldr xzr, [sp], #16; b 1b"
    deed    "stores into its gate page", WANT_DEATH, "adrp x1, gate_page; str x0, [x1]"
    deed    "stores into its text", WANT_DEATH, "adr x1, .; str x0, [x1]"
    deed    "stores into its constants", WANT_DEATH, \
            "adrp x1, deed_constant; str x0, [x1, :lo12:deed_constant]"
    deed    "executes its data", WANT_DEATH, \
            "adrp x1, deed_data; add x1, x1, :lo12:deed_data; br x1"
    deed    "executes its stack", WANT_DEATH, "mov x1, sp; br x1"
    deed    "jumps between instructions", WANT_DEATH, "adr x1, .; add x1, x1, #2; br x1"
    deed    "jumps past the gate's calls", WANT_DEATH, "b gate_page + 8 * 64"
    deed    "a call between the verdicts and the calls", WANT_DEATH, "bl gate_page + 8 * 15"
    deed    "a call past the last one", WANT_DEATH, "bl gate_page + 8 * 27"
    deed    "the last entry of the gate", WANT_DEATH, "bl gate_page + 8 * 63"
    deed    "udf", WANT_DEATH, "udf #0"
    deed    "brk", WANT_DEATH, "brk #1"
    deed    "hlt", WANT_DEATH, "hlt #0xf000"
    deed    "eret", WANT_EL0, "adr x1, 1f; .inst 0xd69f03e0; 1:"
    deed    "hvc 0xffff", WANT_DEATH, "hvc #0xffff"
    deed    "smc 0", WANT_DEATH, "mov w0, #0x84000000; smc #0"
    deed    "smc 0xffff", WANT_DEATH, "smc #0xffff"
    deed    "wfi", WANT_EITHER, "wfi"
    deed    "wfe", WANT_EITHER, "sevl; wfe"
    deed    "a wfe that nobody ends", WANT_EITHER, "sevl; wfe; wfe"
    deed    "daifset", WANT_EL0, "msr daifset, #15"
    deed    "spsel", WANT_EL0, "msr spsel, #0"
    deed    "pan", WANT_EL0, ".inst 0xd500419f"
    deed    "dc isw", WANT_EL0, "dc isw, x0"
    deed    "dc cisw", WANT_EL0, "dc cisw, x0"
    deed    "dc ivac", WANT_EL0, "dc ivac, x0"
    deed    "dc civac of nothing", WANT_EITHER, "dc civac, x0"
    deed    "dc zva of nothing", WANT_DEATH, "dc zva, x0"
    deed    "ic ivau of nothing", WANT_EITHER, "ic ivau, x0"
    deed    "ic iallu", WANT_EL0, "ic iallu"
    deed    "ic ialluis", WANT_EL0, "ic ialluis"
    deed    "tlbi vmalle1", WANT_EL0, "tlbi vmalle1"
    deed    "tlbi vmalle1is", WANT_EL0, "tlbi vmalle1is"
    deed    "tlbi alle1", WANT_DEATH, "tlbi alle1"
    deed    "tlbi alle2", WANT_DEATH, "tlbi alle2"
    deed    "tlbi vmalls12e1", WANT_DEATH, "tlbi vmalls12e1"
    deed    "at s1e1r", WANT_EL0, "at s1e1r, x0"
    deed    "at s12e1r", WANT_DEATH, "at s12e1r, x0"
    deed    "at s1e2r", WANT_DEATH, "at s1e2r, x0"
    deed    "a V register, not announced", WANT_DEATH, ".word 0x4e080400" /* dup v0.2d, v0.d[0] */
    deed    "sve", WANT_DEATH, ".word 0x04bf5000"  /* rdvl x0, #0 */
    deed    "sme", WANT_DEATH, ".word 0xd503477f"  /* smstart */
    deed    "pacia with somebody's key", WANT_EITHER, ".inst 0xdac10000"
    deed    "irg", WANT_EITHER, ".word 0x9adf1000"

    reads   WANT_LIFE, tpidr_el0, tpidrro_el0, nzcv
    writes  WANT_LIFE, tpidr_el0, nzcv
    reads   WANT_EL0, tpidr_el1, sctlr_el1, cpacr_el1, ttbr0_el1, ttbr1_el1, tcr_el1, vbar_el1
    reads   WANT_EL0, mair_el1, esr_el1, far_el1, elr_el1, spsr_el1, sp_el0, par_el1, contextidr_el1
    reads   WANT_EL0, cntkctl_el1, midr_el1, mpidr_el1, currentel, daif, id_aa64pfr0_el1
    writes  WANT_EL0, tpidr_el1, sctlr_el1, cpacr_el1, ttbr0_el1, ttbr1_el1, tcr_el1, vbar_el1
    writes  WANT_EL0, mair_el1, esr_el1, far_el1, elr_el1, spsr_el1, par_el1, contextidr_el1
    writes  WANT_EL0, cntkctl_el1, daif, mdscr_el1, csselr_el1, tpidrro_el0, oslar_el1
    reads   WANT_DEATH, sp_el1, hcr_el2, vbar_el2, ttbr0_el2, ttbr1_el2, tcr_el2, sctlr_el2, esr_el2
    reads   WANT_DEATH, tpidr_el2, vttbr_el2, vtcr_el2, hpfar_el2, cnthctl_el2, mdcr_el2, elr_el2
    reads   WANT_DEATH, scr_el3, sctlr_el12, vbar_el12, cntv_ctl_el02, ich_hcr_el2, ich_lr0_el2
    writes  WANT_DEATH, sp_el1, hcr_el2, vbar_el2, ttbr0_el2, ttbr1_el2, tcr_el2, sctlr_el2, elr_el2
    writes  WANT_DEATH, tpidr_el2, vttbr_el2, vtcr_el2, cnthctl_el2, mdcr_el2, cptr_el2, hstr_el2
    writes  WANT_DEATH, sctlr_el12, vbar_el12, cntv_ctl_el02, cntv_cval_el02, ich_hcr_el2
    writes  WANT_DEATH, ich_lr0_el2, cnthp_ctl_el2, cnthp_cval_el2, scr_el3, vpidr_el2, vmpidr_el2
    reads   WANT_EL0, cntv_ctl_el0, cntv_cval_el0, cntvct_el0, cntfrq_el0
    reads   WANT_DEATH, cntpct_el0, cntp_ctl_el0, cntp_cval_el0
    writes  WANT_EL0, cntv_ctl_el0, cntv_cval_el0, cntv_tval_el0
    writes  WANT_DEATH, cntp_ctl_el0, cntp_cval_el0, cntfrq_el0
    reads   WANT_DEATH, icc_iar1_el1, icc_hppir1_el1, icc_pmr_el1, icc_ctlr_el1
    reads   WANT_EL0, icc_sre_el1 /* a constant where there is no GICv2 side; else trapped */
    writes  WANT_DEATH, icc_sgi1r_el1, icc_sgi0r_el1, icc_eoir1_el1, icc_dir_el1, icc_pmr_el1
    writes  WANT_DEATH, icc_igrpen1_el1, icc_sre_el2
    writes  WANT_EL0, icc_sre_el1 /* without effect */
    reads   WANT_EITHER, ctr_el0, dczid_el0
    reads   WANT_DEATH, pmccntr_el0, pmcr_el0, fpcr
    writes  WANT_DEATH, pmcr_el0, pmuserenr_el0, pmcntenset_el0, fpcr
deed_table_end:

    .section .rodata.deed_constant, "a", %progbits
    .balign 8
deed_constant:
    .quad   0

    .section .data.deed_data, "aw", %progbits
    .balign 8
deed_data:
    .inst   0xd65f03c0              /* ret: if it could be executed, the deed would live */
    .inst   0xd65f03c0

/* x0..x30, TPIDR_EL0, TPIDRRO_EL0 as the kernel left them (but for x30, which start.S's BL set),
 * before any compiler touches them. */
ENTRY(server_access)
    sub     sp, sp, #272
    .irp    n, 0,2,4,6,8,10,12,14,16,18,20,22,24,26,28
    .set    next, \n + 1
    str     x\n, [sp, #(8 * \n)]
    .endr
    .irp    n, 1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,30
    str     x\n, [sp, #(8 * \n)]
    .endr
    mrs     x9, tpidr_el0
    mrs     x10, tpidrro_el0
    stp     x9, x10, [sp, #248]
    mov     x0, sp
    bl      rogue_access
    ldr     x30, [sp, #240]
    add     sp, sp, #272
    ret
END(server_access)

/* x0 = 64 words: V0 to V31, by STPs that are data to the pack tool. */
ENTRY(fp_dump)
    .irp    n, 0,2,4,6,8,10,12,14,16,18,20,22,24,26,28,30
    .word   0xad000000 | (\n << 15) | ((\n + 1) << 10) | \n /* stp q(n), q(n+1), [x0, #16n] */
    .endr
    .word   0x4f07e7e0              /* movi v0.16b, #0xff: the guest's must survive it */
    .word   0x4f07e7e1
    .word   0x4f07e7ff
    ret
END(fp_dump)
