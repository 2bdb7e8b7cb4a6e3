/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * uart-server: a PL011 for each VM, all on one physical port. The VM's number, out of the badge,
 * chooses the model and is the handle of its interrupt line. The models live in .state, so a guest
 * does not notice a restart. server_access is the hottest function of the system: a boot of Linux
 * reads FR and writes DR 13,000 times each, by the two short cuts at its start.
 */
#include "pl011.h"

#include <line.h>
#include <port.h>
#include <regs.h>
#include <state.h>

#define LAYOUT 2

struct server_config server_config; /* its first VM gets what is typed */

static STATE struct {
    struct pl011 uart[VM_MAX]; /* first: server_access finds one with few instructions */
    struct state_header header;
} state;

/* The next character to send, of each VM in turn. */
int port_take(void) {
    static unsigned turn;
    for (unsigned n = 0; n < VM_MAX; n++) {
        turn = (turn + 1) % VM_MAX;
        int character = pl011_take(&state.uart[turn]);
        if (character != PORT_NONE) return character;
    }
    return PORT_NONE;
}

bool port_has_room(void) { return pl011_accepts(&state.uart[config_first()]); }

void port_deliver(uint16_t character) { pl011_receive(&state.uart[config_first()], character); }

static void run(void) {
    port_run();
    for (uint8_t vm = 0; vm < VM_MAX; vm++)
        line_update(vm, pl011_level(&state.uart[vm]), &state.uart[vm].line);
}

struct reply server_init(uint64_t reason) {
    (void)reason;
    bool kept = state_valid(&state.header, LAYOUT, sizeof(state));
    for (uint8_t vm = 0; vm < VM_MAX; vm++) {
        if (!kept) pl011_reset(&state.uart[vm]);
        line_init(vm, pl011_level(&state.uart[vm]), &state.uart[vm].line);
    }
    port_open();
    run();
    return state_answer(&state.header);
}

static inline struct pl011 *model(uint64_t badge) {
    return &state.uart[(uint64_t)badge_vm(badge) % VM_MAX];
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
    state_commit(&state.header, value);
    if (uart->tx.count > 0 || port.stalled) run();
    return line_reply(value, badge_vm(badge), pl011_level(uart), &uart->line);
}

struct reply server_access(uint64_t badge, uint64_t where, uint64_t info, uint64_t value,
                           uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4) {
    (void)a1, (void)a2, (void)a3, (void)a4;
    /* For an access of 8 bytes, too: the word behind FR is reserved and zero. Not in the journal:
     * after an SError at this very place the guest may get an earlier access's value. */
    if (where == PL011_FR && !info_write(info)) return reply_done(model(badge)->fr);
    state_begin(&state.header);
    if (where == PL011_DR && info_write(info) && info_size(info) < 8) {
        struct pl011 *uart = model(badge);
        if (!(uart->cr & PL011_CR_LBE) && port_try((uint32_t)value)) {
            uart->ris |= PL011_INT_TX; /* through the FIFO and out: nothing can go wrong any more */
            return line_reply(0, badge_vm(badge), pl011_level(uart), &uart->line);
        }
    }
    return serve(badge, where, info, value);
}

void server_notified(uint64_t bits) {
    for (uint8_t vm = 0; vm < VM_MAX; vm++) {
        if ((bits & NOTIFY_VM_RESET(vm)) == 0) continue;
        pl011_reset(&state.uart[vm]);
        line_init(vm, false, &state.uart[vm].line);
    }
    port_notified(bits);
    run();
}
