/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A command, and the look round after it. The store that gives the command runs in probe's
 * state_execute: all registers hold canaries before, and all are captured after.
 */
#include "rogue.h"

#include "../probe/state.h"
#include "exception.h"
#include "mmio.h"
#include "platform.h"
#include "sysreg.h"
#include "tap.h"
#include "timer.h"
#include "uart.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define STORE_X1_AT_X0 0xf9000001u /* str x1, [x0] */
#define HVC_0          0xd4000002u /* hvc #0 */
#define DEATH_PACE_US  5000        /* the description allows 255 restarts a second */
#define RAM_WORDS      4096

static uint64_t ram[RAM_WORDS], canary_seed;
static unsigned faults;

uint64_t rogue_get(uint64_t window, enum rogue_register reg) { return mmio_read64(window + reg); }

void rogue_set(uint64_t window, enum rogue_register reg, uint64_t value) {
    mmio_write64(window + reg, value);
}

unsigned rogue_faults(void) { return faults; }

static uint64_t canary(unsigned index) {
    uint64_t value = (canary_seed + index + 1) * UINT64_C(0x9e3779b97f4a7c15);
    return (value ^ value >> 31) | UINT64_C(0x4000000000000000);
}

/* What belongs to this CPU's EL1 and what is in RAM. None of it may move, and a change says where.
 */
#define EL1_REGISTERS(apply)                                                                       \
    apply(sctlr_el1) apply(cpacr_el1) apply(ttbr0_el1) apply(ttbr1_el1) apply(tcr_el1)             \
        apply(vbar_el1) apply(mair_el1) apply(contextidr_el1) apply(tpidr_el1) apply(tpidr_el0)    \
            apply(tpidrro_el0) apply(par_el1) apply(cntkctl_el1) apply(cntv_ctl_el0)               \
                apply(cntv_cval_el0) apply(cntp_ctl_el0) apply(cntp_cval_el0) apply(mdscr_el1)     \
                    apply(csselr_el1) apply(daif) apply(spsel) apply(mpidr_el1) apply(midr_el1)

struct surroundings {
#define FIELD(name) uint64_t name;
    EL1_REGISTERS(FIELD)
};

static struct surroundings surroundings_read(void) {
    return (struct surroundings){
#define READ(name) .name = sysreg_read(name),
        EL1_REGISTERS(READ)};
}

static void surroundings_compare(const struct surroundings *got, const struct surroundings *want) {
#define COMPARE(name) tap_check(got->name == want->name, #name, got->name, want->name);
    EL1_REGISTERS(COMPARE)
}

static void surroundings_preset(void) {
    sysreg_write(tpidrro_el0, canary(64));
    sysreg_write(contextidr_el1, (uint32_t)canary(65));
    sysreg_write(cntv_cval_el0, canary(66));
    sysreg_write(cntp_cval_el0, canary(68));
    sysreg_write(par_el1, canary(67) & UINT64_C(0xffffffff000));
    for (unsigned i = 0; i < RAM_WORDS; i++) ram[i] = canary(i);
    isb();
}

static void ram_compare(void) {
    for (unsigned i = 0; i < RAM_WORDS; i++)
        if (ram[i] != canary(i)) tap_check(false, "RAM", ram[i], canary(i));
}

static void state_preset(struct state *state, uint64_t address, uint64_t value) {
    uint64_t *word = (uint64_t *)state;
    for (unsigned i = 0; i < sizeof(*state) / sizeof(*word); i++) word[i] = canary(i);
    state->nzcv = UINT64_C(0xa0000000);
    state->fpcr = 0x03c00000;
    state->fpsr = 0x0800009f;
    state->pad = 0;
    state->x[0] = address;
    state->x[1] = value;
}

static void state_compare(const struct state *got, const struct state *want) {
    const uint64_t *got_word = (const uint64_t *)got, *want_word = (const uint64_t *)want;
    for (unsigned i = 0; i < sizeof(*got) / sizeof(*got_word); i++)
        if (got_word[i] != want_word[i])
            tap_check(false, "a register after the access", got_word[i], want_word[i]);
}

/* The message names four registers; x30 is start.S's. All others are zero. */
static void seen_check(uint64_t window, uint64_t deed) {
    for (unsigned i = 0; i < ROGUE_SEEN_COUNT; i++) {
        uint64_t seen = mmio_read64(window + ROGUE_SEEN + 8 * i);
        if (i == 2)
            TAP_EQUAL(seen, 3u << 5 | 1u << 4); /* MMIO, 8 bytes, write */
        else if (i == 3)
            TAP_EQUAL(seen, deed);
        else if (i != 0 && i != 30)
            tap_check(seen == 0, "a register that the server saw", seen, 0);
    }
}

static void execute(uint32_t word, struct state *state) {
    *(volatile uint32_t *)state_slot = word;
    __asm__ volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb" ::"r"(state_slot)
                     : "memory");
    exception_expect(EXCEPTION_SKIP);
    state_execute(state);
    faults = exception_taken().count;
}

/* The message of a call is x0 to x7; what the guest has in x8 and up is no server's. */
void rogue_call(uint64_t window) {
    static struct state before, after;
    canary_seed += 100;
    surroundings_preset();
    struct surroundings want = surroundings_read();
    state_preset(&before, canary(0), canary(1));
    memcpy(&after, &before, sizeof(after));
    execute(HVC_0, &after);
    struct surroundings got = surroundings_read();
    surroundings_compare(&got, &want);
    for (unsigned i = 1; i < ROGUE_SEEN_COUNT; i++) {
        uint64_t seen = mmio_read64(window + ROGUE_SEEN + 8 * i), sent = 0;
        if (i == 1) sent = (uint32_t)before.x[0];
        if (i == 2) sent = 2; /* SMCCC, by HVC */
        if (i >= 3 && i <= 9) sent = before.x[i - 2];
        if (i != 30) tap_check(seen == sent, "a register that the server saw", seen, sent);
    }
    before.x[0] = ROGUE_JUNK_VALUE;
    state_compare(&after, &before);
    TAP_EQUAL(faults, 0);
}

uint64_t rogue_do(uint64_t window, uint64_t deed, uint64_t argument) {
    static struct state before, after;
    uint64_t restarts = rogue_get(window, ROGUE_RESTARTS);
    canary_seed += 100;
    rogue_set(window, ROGUE_ARGUMENT, argument);
    surroundings_preset();
    struct surroundings want = surroundings_read();
    state_preset(&before, window + ROGUE_DO, deed);
    memcpy(&after, &before, sizeof(after));
    execute(STORE_X1_AT_X0, &after);
    struct surroundings got = surroundings_read();
    surroundings_compare(&got, &want);
    state_compare(&after, &before);
    ram_compare();
    tap_check((uart_read(UARTFR) & ~0xffu) == 0, "UARTFR", uart_read(UARTFR), 0);
    seen_check(window, deed);
    uint64_t outcome = rogue_get(window, ROGUE_OUTCOME);
    uint64_t deaths = rogue_get(window, ROGUE_RESTARTS) - restarts;
    tap_check((outcome == ROGUE_DIED) == (deaths != 0), "restarts against outcome", deaths,
              outcome);
    if (deaths != 0) timer_spin(DEATH_PACE_US * deaths);
    return outcome;
}

void rogue_expect(uint64_t window, uint64_t deed, uint64_t argument, uint64_t outcome) {
    static char what[64];
    uint64_t got = rogue_do(window, deed, argument);
    if (got == outcome || tap_failed()) return;
    rogue_set(window, ROGUE_ARGUMENT, deed);
    unsigned length = (unsigned)snprintf(what, sizeof(what), "%x: ", (unsigned)argument);
    for (unsigned i = 0; length < sizeof(what) - 1; i++, length++)
        what[length] = (char)mmio_read8(window + ROGUE_NAME + i);
    tap_check(false, what, got, outcome);
}
