/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A test device that takes long to be made anew: it has much memory. A write to it kills it the
 * first time, and is done when it is made again; a read tells how often it began.
 */
#include <server.h>
#include <state.h>

#define BURDEN_BYTES 0x1000000

static volatile uint8_t burden[BURDEN_BYTES];
static STATE struct {
    struct state_header header;
    uint64_t begun;
} state;

struct reply server_init(uint64_t reason) {
    (void)reason;
    (void)state_valid(&state.header, 1, sizeof(state));
    state.begun++;
    return reply_verdict(VERDICT_MORE);
}

struct reply server_access(uint64_t badge, uint64_t where, uint64_t info, uint64_t value,
                           uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4) {
    (void)badge, (void)where, (void)value, (void)a1, (void)a2, (void)a3, (void)a4;
    if (info_write(info) && state.begun == 1) {
        burden[BURDEN_BYTES - 1] = 1;
        __builtin_trap();
    }
    return reply_done(state.begun << 8 | burden[BURDEN_BYTES - 1]);
}
