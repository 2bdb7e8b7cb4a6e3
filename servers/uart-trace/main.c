/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * uart-trace: takes uart-server's place by name in the system description. A PL011 for each VM, all
 * on one physical port, with another model (table.c), and a record of every access that it serves
 * (trace.h says how to read it). Each time the count of accesses reaches a power of two, from 1,024
 * on, a line in the log says so. No short cuts: this is the server to read first.
 */
#include "table.h"
#include "trace.h"

#include "../uart-server/port.h"

#include <gate.h>
#include <regs.h>
#include <server.h>
#include <state.h>

#define LAYOUT  0x101
#define FOCUS   0  /* the VM that gets what is typed */
#define RECEIVE 32 /* characters fetched in a visit */

static STATE struct {
    struct state_header header;
    struct table table[VM_MAX];
    struct trace trace;
} state;

static void update_line(unsigned vm) {
    struct table *table = &state.table[vm];
    bool level = table_level(table);

    if (level != table->line) (void)line_set((uint16_t)vm, level);
    table->line = level;
}

/* For port_pump: VM 0 first. */
static int take(void) {
    int character = PORT_NONE;

    for (unsigned vm = 0; vm < VM_MAX && character == PORT_NONE; vm++) {
        character = table_take(&state.table[vm]);
        update_line(vm);
    }
    return character;
}

/* Fetches what has arrived while the model has room; what it has no room for waits in the port. */
static void receive(void) {
    struct table *table = &state.table[FOCUS];
    unsigned count = 0;

    for (; count < RECEIVE && table_accepts(table); count++) {
        int character = port_receive();
        if (character == PORT_NONE) break;
        table_receive(table, (uint16_t)character);
    }
    if (count > 0) table_idle(table);
    port_listen(table_accepts(table));
    update_line(FOCUS);
}

static void announce(uint64_t count) {
    unsigned power = 63 - (unsigned)__builtin_clzll(count);
    char line[] = "2^00 accesses\n";

    line[2] = (char)('0' + power / 10);
    line[3] = (char)('0' + power % 10);
    log_text(line);
}

void server_init(uint64_t reason, uint64_t access_id, uint64_t info) {
    (void)reason, (void)access_id, (void)info;
    bool kept = state_valid(&state.header, LAYOUT, sizeof(state));

    port_open();
    for (unsigned vm = 0; vm < VM_MAX; vm++) {
        if (!kept) table_reset(&state.table[vm]);
        (void)line_set((uint16_t)vm, state.table[vm].line);
    }
    port_pump(take);
    receive();
}

struct reply server_access(uint64_t badge, uint64_t where, uint64_t info, uint64_t value,
                           uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4) {
    (void)a1, (void)a2, (void)a3, (void)a4;
    unsigned vm = badge_vm(badge) % VM_MAX, size = info_size(info);
    struct table *table = &state.table[vm];

    if (info_kind(info) != ACCESS_MMIO || !regs_aligned(where, size))
        return reply_verdict(VERDICT_ABORT);
    if (info_write(info))
        table_write(table, where, size, value);
    else
        value = table_read(table, where, size);
    port_pump(take);
    receive();
    if (trace_add(&state.trace,
                  (struct trace_record){value, (uint32_t)where, (uint8_t)size, info_write(info),
                                        (uint8_t)vm, badge_vcpu(badge)}))
        announce(state.trace.count);
    return reply_done(value);
}

void server_notified(uint64_t bits) {
    for (unsigned vm = 0; vm < VM_MAX; vm++) {
        if (bits & NOTIFY_VM_RESET(vm)) {
            bool line = state.table[vm].line;
            table_reset(&state.table[vm]);
            state.table[vm].line = line;
            update_line(vm);
        }
    }
    port_notified(bits);
    port_pump(take);
    receive();
}
