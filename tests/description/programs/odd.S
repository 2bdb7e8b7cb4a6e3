/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs that no server may be: one for each name that the test defines when it builds this.
 */
    .text
    .globl  entry_access
entry_access:
    b       entry_access

#ifdef NO_ENTRY
    .globl  server_called
server_called:
    ret
#endif

#ifdef LARGE
    adrp    x0, large               /* or the linker would drop it */
    .bss
large:
    .skip   0x60000000
#endif

#ifdef V_REGISTER
    .globl  average
    .type   average, %function
average:
    fadd    d0, d0, d1
    ret
#endif

#ifdef CONSTANT
    .word   0x1e612800              /* the bits of that fadd, as data: accepted */
#endif
