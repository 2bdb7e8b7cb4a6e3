/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls, through the gate page at the start of the server's range
 * (include/skerry/syscall.h). The instructions here are the same behind every boundary; those in
 * the gate page differ, and they are the kernel's.
 */
#pragma once

#include <skerry/syscall.h>

struct gate_result {
    enum status status;
    uint64_t x1, x2, x3, x4, x5, x6, x7;
};

/* One call; `number` is a constant of enum syscall_number. */
#define GATE_CALL(number, a0, a1, a2, a3, a4, a5, a6, a7)                                          \
    ({                                                                                             \
        register uint64_t r0 __asm__("x0") = (a0);                                                 \
        register uint64_t r1 __asm__("x1") = (a1);                                                 \
        register uint64_t r2 __asm__("x2") = (a2);                                                 \
        register uint64_t r3 __asm__("x3") = (a3);                                                 \
        register uint64_t r4 __asm__("x4") = (a4);                                                 \
        register uint64_t r5 __asm__("x5") = (a5);                                                 \
        register uint64_t r6 __asm__("x6") = (a6);                                                 \
        register uint64_t r7 __asm__("x7") = (a7);                                                 \
        __asm__ volatile("bl gate_page + %8"                                                       \
                         : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3), "+r"(r4), "+r"(r5), "+r"(r6),   \
                           "+r"(r7)                                                                \
                         : "i"((number)*GATE_ENTRY_SIZE)                                           \
                         : "x30", "memory");                                                       \
        (struct gate_result){(enum status)r0, r1, r2, r3, r4, r5, r6, r7};                         \
    })

/* The same for calls of four arguments and a status, which are made often. */
#define GATE_CALL4(number, a0, a1, a2, a3)                                                         \
    ({                                                                                             \
        register uint64_t r0 __asm__("x0") = (a0);                                                 \
        register uint64_t r1 __asm__("x1") = (a1);                                                 \
        register uint64_t r2 __asm__("x2") = (a2);                                                 \
        register uint64_t r3 __asm__("x3") = (a3);                                                 \
        __asm__ volatile("bl gate_page + %4"                                                       \
                         : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3)                                  \
                         : "i"((number)*GATE_ENTRY_SIZE)                                           \
                         : "x4", "x5", "x6", "x7", "x30", "memory");                               \
        (enum status) r0;                                                                          \
    })

static inline enum status line_set(uint16_t handle, bool level) {
    return GATE_CALL(SYS_LINE, handle, level, 0, 0, 0, 0, 0, 0).status;
}

static inline enum status irq_op(uint8_t vm, uint64_t where, enum irq_op op, uint32_t mask) {
    return GATE_CALL4(SYS_IRQ_OP, vm, where, op, mask);
}

static inline enum status irq_attr(uint8_t vm, uint64_t where, uint32_t intid, enum irq_attr attr,
                                   uint32_t value) {
    return GATE_CALL(SYS_IRQ_ATTR, vm, where, intid, attr, value, 0, 0, 0).status;
}

/* x1 = pending, x2 = active, x3 = line of the block. */
static inline struct gate_result irq_get(uint8_t vm, uint64_t where) {
    return GATE_CALL(SYS_IRQ_GET, vm, where, 0, 0, 0, 0, 0, 0);
}

/* x1 = the callee's x0, x2 = its x1 and so on. */
static inline struct gate_result server_call(uint8_t edge, uint64_t operation, uint64_t a0,
                                             uint64_t a1, uint64_t a2) {
    return GATE_CALL(SYS_CALL, edge, operation, a0, a1, a2, 0, 0, 0);
}

static inline enum status server_signal(uint8_t edge, uint64_t bits) {
    return GATE_CALL(SYS_SIGNAL, edge, bits, 0, 0, 0, 0, 0, 0).status;
}

/* x1 = enum vcpu_state before (VCPU_ON) or now (VCPU_STATE). */
static inline struct gate_result vcpu_op(uint8_t vm, uint8_t vcpu, enum vcpu_op op, uint64_t entry,
                                         uint64_t argument) {
    return GATE_CALL(SYS_VCPU, vm, vcpu, op, entry, argument, 0, 0, 0);
}

static inline enum status vm_op(uint8_t vm, enum vm_op op) {
    return GATE_CALL(SYS_VM, vm, op, 0, 0, 0, 0, 0, 0).status;
}

static inline enum status timer_set(uint64_t deadline) {
    return GATE_CALL(SYS_TIMER, deadline, 0, 0, 0, 0, 0, 0, 0).status;
}

/* x1 = CNTPCT ticks, x2 = ticks a second. */
static inline struct gate_result time_get(void) {
    return GATE_CALL(SYS_TIME, 0, 0, 0, 0, 0, 0, 0, 0);
}

#define LOG_CALL_BYTES 48 /* one call carries as many, in x2..x7 */

/* Copies up to 48 bytes of the kernel's log, from behind the `done` first of those that it copied
 * last; 0 when it is empty or the caller may not read it. */
static inline unsigned log_read(uint8_t text[LOG_CALL_BYTES], unsigned done) {
    struct gate_result log = GATE_CALL(SYS_LOG, LOG_READ, done, 0, 0, 0, 0, 0, 0);
    const uint64_t word[LOG_CALL_BYTES / 8] = {log.x2, log.x3, log.x4, log.x5, log.x6, log.x7};

    if (log.status != STATUS_OK || log.x1 > LOG_CALL_BYTES) return 0;
    for (unsigned i = 0; i < log.x1; i++) text[i] = (uint8_t)(word[i / 8] >> i % 8 * 8);
    return (unsigned)log.x1;
}
