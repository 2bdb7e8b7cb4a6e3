/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * uart-server: a PL011 for each VM (the VM's number in the badge chooses it, and is the handle of
 * its interrupt line), all on one physical port. The models live in .state, so a guest does not
 * notice a restart. server_access is the hottest function of the system: a boot of Linux is 13,000
 * pairs of a read of FR and a write of DR, which take the two short cuts at its start.
 */
#include "pl011.h"
#include "port.h"

#include <gate.h>
#include <regs.h>
#include <server.h>
#include <state.h>

#include <stddef.h>

#define LAYOUT  1
#define FOCUS   0  /* the VM that gets what is typed */
#define RECEIVE 32 /* characters fetched in a visit */

static STATE struct {
    struct state_header header;
    struct pl011 uart[VM_MAX];
} state;

static bool stalled; /* the focused VM's FIFO is full: characters wait in the port's */

static void update_line(unsigned vm) {
    struct pl011 *uart = &state.uart[vm];

    if (uart->line == pl011_level(uart)) return;
    uart->line = !uart->line;
    (void)line_set((uint16_t)vm, uart->line);
}

/* For port_pump: a character of each VM in turn. */
static int take(void) {
    static unsigned turn;

    for (unsigned n = 0; n < VM_MAX; n++) {
        turn = (turn + 1) % VM_MAX;
        int character = pl011_take(&state.uart[turn]);
        if (character != PORT_NONE) {
            update_line(turn);
            return character;
        }
    }
    return PORT_NONE;
}

static void receive(void) {
    struct pl011 *uart = &state.uart[FOCUS];
    unsigned count = 0;

    for (; count < RECEIVE && pl011_accepts(uart); count++) {
        int character = port_receive();
        if (character == PORT_NONE) break;
        pl011_receive(uart, (uint16_t)character);
    }
    if (count > 0) pl011_idle(uart);
    stalled = !pl011_accepts(uart);
    port_listen(!stalled);
    update_line(FOCUS);
}

void server_init(uint64_t reason, uint64_t access_id, uint64_t info) {
    (void)reason, (void)access_id, (void)info;
    bool kept = state_valid(&state.header, LAYOUT, sizeof(state));

    port_open();
    for (unsigned vm = 0; vm < VM_MAX; vm++) {
        if (!kept) pl011_reset(&state.uart[vm]);
        (void)line_set((uint16_t)vm, state.uart[vm].line);
    }
    port_pump(take);
    receive();
}

static inline struct pl011 *model(uint64_t badge) {
    return &state.uart[(size_t)badge_vm(badge) % VM_MAX];
}

static inline struct reply reply_level(struct pl011 *uart, uint64_t badge, uint64_t value) {
    bool level = pl011_level(uart);

    if (uart->line == level) return reply_done(value);
    uart->line = level;
    return reply_line(value, badge_vm(badge), level);
}

/* Any access, without short cuts. */
static __attribute__((noinline)) struct reply serve(uint64_t badge, uint64_t where, uint64_t info,
                                                    uint64_t written) {
    struct pl011 *uart = model(badge);
    unsigned size = info_size(info);
    uint64_t value = 0;

    if (info_kind(info) != ACCESS_MMIO || !regs_aligned(where, size))
        return reply_verdict(VERDICT_ABORT);
    if (info_write(info))
        pl011_write(uart, where, size, written);
    else
        value = pl011_read(uart, where, size);
    if (uart->tx_count > 0) port_pump(take);
    if (stalled) receive();
    return reply_level(uart, badge, value);
}

struct reply server_access(uint64_t badge, uint64_t where, uint64_t info, uint64_t value,
                           uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4) {
    (void)a1, (void)a2, (void)a3, (void)a4;
    /* What lies beside FR in an access of 8 bytes is reserved and zero. */
    if (where == PL011_FR && !info_write(info)) return reply_done(model(badge)->fr);

    if (where == PL011_DR && info_write(info) && info_size(info) < 8) {
        struct pl011 *uart = model(badge);
        if (!(uart->cr & PL011_CR_LBE) && port_try((uint32_t)value)) {
            uart->ris |= PL011_INT_TX; /* through the FIFO and out at once */
            return reply_level(uart, badge, 0);
        }
    }
    return serve(badge, where, info, value);
}

void server_notified(uint64_t bits) {
    for (unsigned vm = 0; vm < VM_MAX; vm++) {
        if (bits & NOTIFY_VM_RESET(vm)) {
            bool line = state.uart[vm].line;
            pl011_reset(&state.uart[vm]);
            state.uart[vm].line = line;
            update_line(vm);
        }
    }
    port_notified(bits);
    port_pump(take);
    receive();
}
