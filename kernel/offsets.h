/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the assembler finds fields of C structs; asserts beside each struct hold them true. */
#pragma once

#define FRAME_X30     240
#define FRAME_XZR     248
#define FRAME_ELR     256 /* and SPSR */
#define FRAME_SP_EL0  272 /* and TPIDR_EL0 */
#define FRAME_TPIDRRO 288
#define FRAME_SIZE    304

#define CPU_STACK     0
#define CPU_EMERGENCY 8
#define CPU_VISIT     16
#define CPU_OWNER     24 /* what this CPU writes into an entry word */
#define CPU_WORK_HCR  32 /* notify and requests in one doubleword, 0: nothing to do; HCR_EL2 */
#define CPU_FAST      48 /* mask and value of a syndrome that fast.S serves */

/* In a server's frame the first three are zeros and a pointer: fast.S takes it for "not there". */
#define VCPU_CALL     (FRAME_SIZE + 0) /* window of all SMCCC calls, if there is one */
#define VCPU_SGI      (FRAME_SIZE + 8) /* window of ICC_SGI1R_EL1, and the syndrome of a write */
#define VCPU_WINDOWS  (FRAME_SIZE + 24)
#define VCPU_BADGE    (FRAME_SIZE + 32)
#define VCPU_ESR      (FRAME_SIZE + 40) /* and FAR */
#define VCPU_HPFAR    (FRAME_SIZE + 56) /* and window */

#define VISIT_ZEROS   (FRAME_SIZE + 0)
#define VISIT_VCPU    (FRAME_SIZE + 16)
#define VISIT_LOCK    (FRAME_SIZE + 24)
#define VISIT_ENTRY   (FRAME_SIZE + 32) /* and stack */
#define VISIT_TTBR    (FRAME_SIZE + 48) /* and HCR_EL2 */
#define VISIT_PARENT  (FRAME_SIZE + 64) /* and kind, ticks */
#define VISIT_BIT     (FRAME_SIZE + 80) /* of its server in cpu.notify */

#define WINDOW_BADGE  0 /* and offset_base */
#define WINDOW_VISIT  16
