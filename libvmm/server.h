/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a device server consists of: up to four entry points. Each is a plain function that runs to
 * its end on the CPU that entered it, and what it returns is the reply. start.S calls it with the
 * message's registers and hands the reply to the gate.
 */
#pragma once

#include <skerry/access.h>
#include <skerry/image.h>
#include <skerry/status.h>
#include <skerry/syscall.h>

/* A reply in two registers. `how`: bits 31:24 the verdict, the rest a LINE_OP or zero. */
struct reply {
    uint64_t value;
    uint64_t how;
};

#define REPLY_VERDICT_SHIFT 24

/* The entry points. A server defines those that it needs, and the tool finds them. The reply of
 * init answers the access in flight: VERDICT_MORE has it made again at once, which may repeat its
 * effects; state.h prevents that. */
struct reply server_init(uint64_t reason);
struct reply server_access(uint64_t badge, uint64_t where, uint64_t info, uint64_t value,
                           uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4);
struct reply server_called(uint64_t badge, uint64_t operation, uint64_t info, uint64_t a0,
                           uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4);
void server_notified(uint64_t bits);

static inline struct reply reply_done(uint64_t value) { return (struct reply){value, 0}; }

static inline struct reply reply_verdict(enum verdict verdict) {
    return (struct reply){0, (uint64_t)verdict << REPLY_VERDICT_SHIFT};
}

/* DONE, and sets one of the server's own lines to a level, without a second system call. */
static inline struct reply reply_line(uint64_t value, uint16_t handle, bool level) {
    return (struct reply){value,
                          LINE_OP(handle, level) | (uint64_t)VERDICT_LINE << REPLY_VERDICT_SHIFT};
}

/* VERDICT_FOUR: four values, as SMCCC and calls between servers want. Does not return, but ends the
 * visit, as the next one starts on a fresh stack. */
_Noreturn void reply_four(uint64_t x0, uint64_t x1, uint64_t x2, uint64_t x3);

/* A server may define this: the tool fills it in. The section is for the compiler, which would take
 * a variable that nobody writes for zeroes. */
extern struct server_config server_config __attribute__((section(".data")));

/* The first VM that it says anything of. */
static inline uint8_t config_first(void) {
    uint8_t vm = 0;
    while (vm < VM_MAX - 1 && server_config.vm[vm].vcpu_count == 0) vm++;
    return vm;
}

/* Text for the kernel's log, cut into calls of 48 bytes. */
void log_text(const char *text);
