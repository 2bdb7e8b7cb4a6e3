/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The message, version 1: what a server is told about a visit and how it answers. It travels in
 * registers only; kernel, servers and tests share these definitions.
 *
 * In, at the entry points `access` and `called` (every register not named here is zero):
 *   x0  badge: who asks, by which window or right      x1  offset, function id or register
 *   x2  info: kind, direction, size, part of parts     x3  value written, or first argument
 *   x4..x9  further arguments (SMCCC: guest x2..x7; a call between servers: as agreed)
 * Out: the immediate of the gate call is the verdict; x0 (VERDICT_FOUR: x0..x3) the value;
 *   VERDICT_LINE: x7 one operation on an interrupt line of the server's own, see LINE_OP.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Badge: right 15:0, vCPU 23:16, VM 31:24. A call between servers has the caller's grant as right
 * and its number in the image + 1 in bits 39:32 (callees first); vCPU and VM are zero then. */
#define BADGE(right, vcpu, vm) ((uint64_t)(right) | (uint64_t)(vcpu) << 16 | (uint64_t)(vm) << 24)

static inline uint16_t badge_right(uint64_t badge) { return (uint16_t)badge; }

static inline uint8_t badge_vcpu(uint64_t badge) { return (uint8_t)(badge >> 16); }

static inline uint8_t badge_vm(uint64_t badge) { return (uint8_t)(badge >> 24); }

/* Info, x2. For MMIO x1 is the offset in bytes into the window. For a system register x1 is its
 * encoding in the layout of ESR_EL2.ISS with Rt and direction zero (Arm ARM D17.2.38, "MSR, MRS").
 * For SMCCC x1 is the guest's w0. */
enum access_kind {
    ACCESS_MMIO = 0,
    ACCESS_SYSREG = 1,
    ACCESS_SMCCC = 2,
    ACCESS_CALL = 3,
};
#define INFO_KIND_MASK  UINT64_C(0xf)
#define INFO_WRITE      (UINT64_C(1) << 4)
#define INFO_SIZE_SHIFT 5  /* 2 bits: log2 of the bytes, 0 to 3 */
#define INFO_PART_SHIFT 8  /* 4 bits: which part of an access that the kernel took apart */
#define INFO_LAST_SHIFT 12 /* 4 bits: number of its last part, 0 for a single access */
#define INFO_SMC        (UINT64_C(1) << 16) /* SMCCC by SMC, not by HVC */

#define INFO(kind, write, size_log2)                                                               \
    ((uint64_t)(kind) | ((write) ? INFO_WRITE : 0) | (uint64_t)(size_log2) << INFO_SIZE_SHIFT)

static inline enum access_kind info_kind(uint64_t info) {
    return (enum access_kind)(info & INFO_KIND_MASK);
}

static inline bool info_write(uint64_t info) { return (info & INFO_WRITE) != 0; }

/* Bytes: 1, 2, 4 or 8. */
static inline unsigned info_size(uint64_t info) { return 1u << (info >> INFO_SIZE_SHIFT & 3); }

/* Verdicts: the immediate of the gate call that ends a visit. */
enum verdict {
    VERDICT_DONE = 0,  /* handled; x0 is the value */
    VERDICT_ABORT = 1, /* the guest gets a synchronous external abort */
    VERDICT_UNDEF = 2, /* the guest gets an Undefined Instruction exception */
    VERDICT_BLOCK = 3, /* as DONE, then the vCPU sleeps until an interrupt for it is due */
    VERDICT_OFF = 4,   /* the vCPU is off until somebody turns it on */
    VERDICT_MORE = 5,  /* visit me again with the same access, after a return to the guest; a later
                        * part of one taken apart: at once */
    VERDICT_FOUR = 6,  /* as DONE, with x0..x3 (SMCCC and calls between servers) */
    VERDICT_LINE = 7,  /* as DONE, with a LINE_OP in x7: spares a system call */
    VERDICT_COUNT
};

/* x7 of a VERDICT_LINE: set one line of the server's own to a level. */
#define LINE_OP_VALID          (UINT64_C(1) << 63)
#define LINE_OP_LEVEL          (UINT64_C(1) << 16)
#define LINE_OP(handle, level) (LINE_OP_VALID | ((level) ? LINE_OP_LEVEL : 0) | (uint16_t)(handle))

/* Encoding of a system register in the layout of ESR_EL2.ISS, as x1 of an ACCESS_SYSREG. */
#define SYSREG_ENCODING(op0, op1, crn, crm, op2)                                                   \
    ((uint32_t)(op0) << 20 | (uint32_t)(op2) << 17 | (uint32_t)(op1) << 14 |                       \
     (uint32_t)(crn) << 10 | (uint32_t)(crm) << 1)
#define SYSREG_ICC_SGI1R_EL1  SYSREG_ENCODING(3, 0, 12, 11, 5)
#define SYSREG_ICC_ASGI1R_EL1 SYSREG_ENCODING(3, 0, 12, 11, 6)
#define SYSREG_ICC_SGI0R_EL1  SYSREG_ENCODING(3, 0, 12, 11, 7)
