/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rtc-server: a PL031 for each VM (the VM's number in the badge chooses it, and is the handle of
 * its interrupt line). Its clock starts from a physical PL031 if the description maps one, else
 * from a number in the image, and goes on with the system counter. The clock and the models live in
 * .state.
 */
#include "pl031.h"

#include <line.h>
#include <regs.h>
#include <state.h>

#define LAYOUT 2

/* Set in the image: the seconds since 1970 at boot, or the address of a physical PL031 (the frame's
 * symbol), which is believed instead. */
uint64_t rtc_epoch __attribute__((section(".data")));
uint64_t rtc_port_base __attribute__((section(".data")));

static STATE struct {
    struct state_header header;
    uint64_t epoch; /* seconds since 1970 at tick 0 of the system counter */
    struct pl031 rtc[VM_MAX];
} state;

static uint64_t now(void) {
    struct gate_result time = time_get();
    return state.epoch + time.x1 / time.x2;
}

static void start_clock(void) {
    uint64_t boot = rtc_epoch, ticking;
    if (rtc_port_base != 0) boot = *(volatile uint32_t *)(rtc_port_base + PL031_DR);
    state.epoch = 0;
    ticking = now();
    state.epoch = boot > ticking ? boot - ticking : 0;
}

/* One timer for all: the earliest alarm that somebody wants to hear of. */
static void set_timer(void) {
    uint64_t alarm = ~UINT64_C(0);
    for (unsigned vm = 0; vm < VM_MAX; vm++)
        if (state.rtc[vm].unmasked && state.rtc[vm].alarm < alarm) alarm = state.rtc[vm].alarm;
    if (alarm != ~UINT64_C(0)) alarm = (alarm - state.epoch) * time_get().x2;
    (void)timer_set(alarm);
}

struct reply server_init(uint64_t reason) {
    (void)reason;
    bool kept = state_valid(&state.header, LAYOUT, sizeof(state));
    if (!kept) start_clock();
    for (uint8_t vm = 0; vm < VM_MAX; vm++) {
        if (!kept) pl031_reset(&state.rtc[vm], now());
        line_init(vm, pl031_level(&state.rtc[vm]), &state.rtc[vm].line);
    }
    set_timer();
    return reply_verdict(VERDICT_MORE);
}

struct reply server_access(uint64_t badge, uint64_t where, uint64_t info, uint64_t value,
                           uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4) {
    (void)a1, (void)a2, (void)a3, (void)a4;
    uint8_t vm = badge_vm(badge) % VM_MAX;
    struct pl031 *rtc = &state.rtc[vm];
    uint64_t second = now();

    if (info_kind(info) != ACCESS_MMIO || !regs_aligned(where, info_size(info)))
        return reply_verdict(VERDICT_ABORT);
    pl031_advance(rtc, second);
    if (info_write(info)) {
        pl031_write(rtc, second, where, info_size(info), value);
        set_timer();
        value = 0;
    } else {
        value = pl031_read(rtc, second, where, info_size(info));
    }
    return line_reply(value, vm, pl031_level(rtc), &rtc->line);
}

void server_notified(uint64_t bits) {
    for (uint8_t vm = 0; vm < VM_MAX; vm++) {
        struct pl031 *rtc = &state.rtc[vm];
        if (bits & NOTIFY_VM_RESET(vm)) pl031_reset(rtc, now());
        pl031_advance(rtc, now());
        line_init(vm, pl031_level(rtc), &rtc->line);
    }
    set_timer();
}
