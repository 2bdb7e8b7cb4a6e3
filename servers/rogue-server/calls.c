/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls with arguments that they must refuse, and with any at all. The result of each is the
 * number of answers that were wrong; that the kernel is still there is the guest's to see.
 */
#include "deeds.h"
#include <gate.h>
#include <server.h>

static const uint64_t edges[] = {
    0,
    1,
    2,
    3,
    4,
    7,
    8,
    15,
    16,
    31,
    32,
    63,
    64,
    255,
    256,
    0x101,
    0x11e,
    0x11f,
    0x200,
    0x210,
    991,
    992,
    1023,
    0xffff,
    0x10000,
    UINT64_C(1) << 31,
    UINT64_C(1) << 32,
    UINT64_C(1) << 63,
    UINT64_C(0xffffff8040200000),
    ~UINT64_C(0) - 1,
    ~UINT64_C(0),
};
#define EDGE_COUNT (sizeof(edges) / sizeof(edges[0]))

/* One call; whether its status is a status at all. */
#define TRY(number, a0, a1, a2, a3, a4)                                                            \
    ({                                                                                             \
        struct gate_result r_ =                                                                    \
            GATE_CALL(number, a0, a1, a2, a3, a4, ~UINT64_C(0), ~UINT64_C(0), ~UINT64_C(0));       \
        if ((unsigned)r_.status > STATUS_UNSUPPORTED) wrong++;                                     \
        r_.status;                                                                                 \
    })
#define REFUSED(...) wrong += TRY(__VA_ARGS__) == STATUS_OK

/* argument: an edge by number for each of the first two arguments, every eighth for the third, and
 * in bit 32 whether the server was granted the VM; one that was not must be refused whatever it
 * says. */
uint64_t calls_sweep(uint64_t argument) {
    uint64_t wrong = 0;
    uint64_t first = edges[argument % EDGE_COUNT],
             second = edges[argument / EDGE_COUNT % EDGE_COUNT];
    uint64_t last = argument / EDGE_COUNT / EDGE_COUNT % 8;
    bool none = (argument >> 32 & 1) == 0 || first != 0;
    for (unsigned i = (unsigned)last; i < EDGE_COUNT; i += 8) {
        uint64_t third = edges[i];
        enum status op = TRY(SYS_IRQ_OP, first, second, third, ~UINT64_C(0), 0);
        enum status attr = TRY(SYS_IRQ_ATTR, first, second, third, second, third);
        enum status get = TRY(SYS_IRQ_GET, first, second, third, 0, 0);
        wrong += none && (op == STATUS_OK || attr == STATUS_OK || get == STATUS_OK);
        if (none) REFUSED(SYS_VM, first, second, third, 0, 0);
        if (none || second != 0) /* vCPU 0 is on: this cannot turn it on again */
            (void)TRY(SYS_VCPU, first, second, third, ~UINT64_C(0), 0);
        if (none) REFUSED(SYS_VCPU, first, second, third, 0x40080000, 0);
        if (first > 1) REFUSED(SYS_CALL, first, second, third, 0, 0);
        if (first > 1) REFUSED(SYS_SIGNAL, first, second, 0, 0, 0);
        if (first > 1 && first != 7) REFUSED(SYS_LINE, first, second, 0, 0, 0);
        if (second > 1) REFUSED(SYS_LINE, first, second, 0, 0, 0);
        if (first > 1) REFUSED(SYS_LOG, first, second, third, 0, 0);
    }
    return wrong;
}

static uint64_t random_next(uint64_t *state) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    uint64_t value = *state ^ *state >> 29;
    return (value >> 60) < 8 ? edges[(value >> 8) % EDGE_COUNT] : value;
}

/* 16 calls with any arguments, but for those that end the VM as they may, or print. */
uint64_t calls_random(uint64_t argument) {
    uint64_t wrong = 0, state = argument;
    for (unsigned i = 0; i < 16; i++) {
        uint64_t a = random_next(&state), b = random_next(&state), c = random_next(&state);
        uint64_t d = random_next(&state), e = random_next(&state);
        switch (random_next(&state) % 8) {
        case 0: (void)TRY(SYS_LINE, a, b, c, d, e); break;
        case 1: (void)TRY(SYS_IRQ_OP, a, b, c, d, e); break;
        case 2: (void)TRY(SYS_IRQ_ATTR, a, b, c, d, e); break;
        case 3: (void)TRY(SYS_IRQ_GET, a, b, c, d, e); break;
        case 4: (void)TRY(SYS_VCPU, a, 0, c, d, e); break;
        case 5: (void)TRY(SYS_TIMER, a | UINT64_C(1) << 62, b, c, d, e); break;
        case 6: (void)TRY(SYS_SIGNAL, a, b, c, d, e); break;
        default: (void)TRY(SYS_TIME, a, b, c, d, e); break;
        }
    }
    return wrong;
}

/* The callee dies of deed `argument`: the answer is DEAD, and the caller goes on. */
uint64_t calls_edge(uint64_t argument) { return server_call(0, argument, 0, 0, 0).status; }

/* Edge 1's server cannot be notified: how many calls say something else. It says of its timer. */
uint64_t calls_deaf(uint64_t argument) {
    return (uint64_t)(server_call(1, argument, 0, 0, 0).x1 != STATUS_BAD_CALL) +
           (uint64_t)(server_signal(1, NOTIFY_SIGNALS) != STATUS_BAD_CALL);
}

/* Nearly all of its time passes in the callee, deed `argument`. */
uint64_t calls_slow(uint64_t argument) {
    for (;;) (void)calls_edge(argument);
}
