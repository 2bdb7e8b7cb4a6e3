/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * uart-trace: takes uart-server's place by name in the system description. A PL011 for each VM, all
 * on one physical port, with another model (table.c), and a record of every access (trace.h), whose
 * count it logs at powers of two. No short cuts: this is the server to read first.
 */
#include "table.h"
#include "trace.h"

#include <line.h>
#include <port.h>
#include <regs.h>
#include <state.h>

#define LAYOUT 0x102
struct server_config server_config; /* its first VM gets what is typed */

static STATE struct {
    struct state_header header;
    struct table table[VM_MAX];
    bool line[VM_MAX]; /* the levels that the kernel was told */
    struct trace trace;
} state;

/* VM 0 first. */
int port_take(void) {
    int character = PORT_NONE;
    for (unsigned vm = 0; vm < VM_MAX && character == PORT_NONE; vm++)
        character = table_take(&state.table[vm]);
    return character;
}

bool port_has_room(void) { return table_accepts(&state.table[config_first()]); }

void port_deliver(uint16_t character) { table_receive(&state.table[config_first()], character); }

static void run(void) {
    port_run();
    for (uint8_t vm = 0; vm < VM_MAX; vm++)
        line_update(vm, table_level(&state.table[vm]), &state.line[vm]);
}

static void announce(uint64_t count) {
    unsigned power = 63 - (unsigned)__builtin_clzll(count);
    char line[] = "2^00 accesses\n";
    line[2] = (char)('0' + power / 10);
    line[3] = (char)('0' + power % 10);
    log_text(line);
}

struct reply server_init(uint64_t reason) {
    (void)reason;
    bool kept = state_valid(&state.header, LAYOUT, sizeof(state));
    for (uint8_t vm = 0; vm < VM_MAX; vm++) {
        if (!kept) table_reset(&state.table[vm]);
        line_init(vm, table_level(&state.table[vm]), &state.line[vm]);
    }
    port_open();
    run();
    return state_answer(&state.header);
}

struct reply server_access(uint64_t badge, uint64_t where, uint64_t info, uint64_t value,
                           uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4) {
    (void)a1, (void)a2, (void)a3, (void)a4;
    unsigned vm = badge_vm(badge) % VM_MAX, size = info_size(info);
    state_begin(&state.header);
    if (info_kind(info) != ACCESS_MMIO || !regs_aligned(where, size))
        return reply_verdict(VERDICT_ABORT);
    if (info_write(info))
        table_write(&state.table[vm], where, size, value);
    else
        value = table_read(&state.table[vm], where, size);
    state_commit(&state.header, value);
    run();
    if (trace_add(&state.trace,
                  (struct trace_record){value, (uint32_t)where, (uint8_t)size, info_write(info),
                                        (uint8_t)vm, badge_vcpu(badge)}))
        announce(state.trace.count);
    return reply_done(value);
}

void server_notified(uint64_t bits) {
    for (uint8_t vm = 0; vm < VM_MAX; vm++)
        if (bits & NOTIFY_VM_RESET(vm)) table_reset(&state.table[vm]);
    port_notified(bits);
    run();
}
