/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A server that does, on a guest's command, what no server should (deeds.S). It lives to tell: what
 * it was doing stands in .state, so the visit that repeats the access after a restart answers it
 * instead of dying again. Registers, 8 bytes each:
 *
 *   0x000 W  do deed n               0x020 R  restarts so far
 *   0x008 R  outcome of the last     0x028 R  number of deeds
 *   0x010 RW its argument            0x030 R  what must come of deed `argument`
 *   0x018 R  its result              0x040 R  junk, 64 bits whatever the size of the access
 *   0x048 RW counts an effect, commits it with JUNK plus the count, and dies
 *   0x050 R  effects so far
 *   0x058 R  JUNK, once it has died since the first visit; MORE until then. Its init says DONE
 *   0x060 W  in so many ticks it dies in notified; with an operation in bits 63:32 it calls edge 0
 *   0x100 R  x0..x30, TPIDR_EL0, TPIDRRO_EL0 as they were when the visit of the last deed, or of
 *            the last HVC, began
 *   0x300 R  name of deed `argument`
 */
#include "deeds.h"
#include <gate.h>
#include <server.h>
#include <state.h>

#include <stddef.h>

#define OUTCOME_LIVED 1
#define OUTCOME_DIED  2
#define JUNK          UINT64_C(0xfedcba9876543210)
#define SEEN_COUNT    33
#define NAME_BASE     0x300u
#define MORE_ROUNDS   100
#define AWAY_ROUNDS   1000000
#define OWN_LINE      7
#define PSCI_OFF      0x84000008u

/* Set by a description: init never replies; it dies when a VM starts anew. */
uint64_t rogue_init_spins __attribute__((section(".data")));
uint64_t rogue_dies_of_reset __attribute__((section(".data")));

static STATE struct {
    struct state_header header;
    uint64_t outcome, argument, value, restarts;
    uint64_t doing; /* deed + 1 of the visit that did not come back yet */
    uint64_t init_dies, notified_dies, storm, more, effects;
    uint64_t away, notified_calls; /* rounds of MORE; an operation */
    uint64_t seen[SEEN_COUNT];
} state;

struct reply rogue_access(const uint64_t *seen);

static size_t deed_count(void) { return (size_t)(deed_table_end - deed_table); }

static void die(void) { __asm__ volatile("udf #0xdead"); }

struct reply server_init(uint64_t reason) {
    (void)state_valid(&state.header, 1, sizeof(state));
    state.restarts += reason == INIT_RESTART;
    while (rogue_init_spins != 0) __asm__ volatile("");
    if (state.init_dies > 0) {
        state.init_dies--;
        die();
    }
    if (state.away != 0) {
        state.away = AWAY_ROUNDS;
        return reply_done(0); /* an answer to nobody: the access is not what died */
    }
    return state_answer(&state.header);
}

uint64_t deed_die_in_init(uint64_t argument) {
    state.init_dies = argument;
    die();
    return 0;
}

uint64_t deed_die_notified(uint64_t argument) {
    state.notified_dies = argument;
    return timer_set(time_get().x1);
}

uint64_t deed_timer_storm(uint64_t argument) {
    state.storm = argument;
    return timer_set(0);
}

void server_notified(uint64_t bits) {
    if (rogue_dies_of_reset && (bits & NOTIFY_VM_RESET(0))) die();
    if (state.notified_dies > 0) {
        state.notified_dies--;
        die();
    }
    if (state.notified_calls != 0) {
        (void)server_call(0, state.notified_calls, 0, 0, 0);
        state.notified_calls = 0;
    }
    if (state.storm > 0) {
        state.storm--;
        (void)timer_set(0);
    }
}

/* Escapes, carriage returns and NULs, and more bytes than a call carries. */
uint64_t deed_log_junk(uint64_t argument) {
    uint64_t wrong = 0;
    for (uint64_t i = 0; i < argument; i++)
        wrong +=
            GATE_CALL(SYS_LOG, LOG_WRITE, 48, UINT64_C(0x0d4b325b1b0d0000), JUNK + i, ~UINT64_C(0),
                      UINT64_C(0x3a797272656b7372), 0, UINT64_C(0x0a00000000000000))
                .status != STATUS_OK;
    wrong += GATE_CALL(SYS_LOG, LOG_WRITE, 49, 0, 0, 0, 0, 0, 0).status != STATUS_RANGE;
    wrong += GATE_CALL(SYS_LOG, LOG_WRITE, ~UINT64_C(0), 0, 0, 0, 0, 0, 0).status != STATUS_RANGE;
    wrong += GATE_CALL(SYS_LOG, LOG_READ, 0, 0, 0, 0, 0, 0, 0).status != STATUS_DENIED;
    return wrong;
}

/* MORE as often as the state says, each a visit of its own with an edge on its line; then DONE. */
uint64_t deed_more(uint64_t argument) {
    (void)argument;
    if (++state.more % MORE_ROUNDS == 0) return 0;
    (void)line_set(OWN_LINE, true);
    (void)line_set(OWN_LINE, false);
    __asm__ volatile("mov x7, xzr\n\tb gate_page + %0" ::"i"(VERDICT_MORE * GATE_ENTRY_SIZE));
    return 0;
}

uint64_t deed_slow(uint64_t argument) {
    struct gate_result now = time_get();
    uint64_t end = now.x1 + now.x2 / 50;
    while (time_get().x1 < end) {}
    return argument;
}

uint64_t deed_scan_fp(uint64_t argument) {
    uint64_t words[64], bits = 0;
    (void)argument;
    fp_dump(words);
    for (unsigned i = 0; i < 64; i++) bits |= words[i];
    return bits;
}

static void keep(const uint64_t *seen) {
    for (unsigned i = 0; i < SEEN_COUNT; i++) state.seen[i] = seen[i];
}

/* Of PSCI there is an end. */
static struct reply rogue_call(const uint64_t *seen) {
    keep(seen);
    if (seen[1] == PSCI_OFF) (void)vm_op(badge_vm(seen[0]), VM_STOP);
    return reply_done(JUNK);
}

static struct reply rogue_do(uint64_t number, const uint64_t *seen) {
    const struct deed *deed = &deed_table[number];
    if (number >= deed_count()) return reply_verdict(VERDICT_ABORT);
    if (state.doing != 0) { /* the same access again: the deed has killed us */
        state.doing = 0;
        state.outcome = OUTCOME_DIED;
        return reply_done(0);
    }
    keep(seen);
    state.outcome = OUTCOME_LIVED;
    state.doing = deed->want == WANT_REPLY ? 0 : number + 1;
    state.value = deed->run(state.argument);
    state.doing = 0;
    return reply_done(0);
}

struct reply server_called(uint64_t badge, uint64_t operation, uint64_t info, uint64_t a0,
                           uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4) {
    (void)badge, (void)info, (void)a1, (void)a2, (void)a3, (void)a4;
    return operation < deed_count() ? reply_done(deed_table[operation].run(a0)) : reply_done(JUNK);
}

static uint64_t rogue_name(uint64_t offset) {
    const char *name = deed_table[state.argument % deed_count()].name;
    uint64_t word = 0;
    for (uint64_t i = 0; i < offset && *name != '\0'; i++) name++;
    for (unsigned i = 0; i < 8 && name[i] != '\0'; i++) word |= (uint64_t)(uint8_t)name[i] << 8 * i;
    return word;
}

static struct reply rogue_effect(void) {
    state.effects++;
    state_commit(&state.header, JUNK + state.effects);
    die();
    return reply_done(0);
}

static struct reply rogue_away(void) {
    if (++state.away < AWAY_ROUNDS) return reply_verdict(VERDICT_MORE);
    uint64_t value = state.away == AWAY_ROUNDS ? 0 : JUNK; /* 0: nothing has killed it */
    state.away = 0;
    return reply_done(value);
}

static struct reply rogue_timer(uint64_t value) {
    state.notified_calls = value >> 32;
    state.notified_dies = value >> 32 == 0;
    (void)timer_set(time_get().x1 + (uint32_t)value);
    return reply_done(0);
}

static uint64_t rogue_read(uint64_t where) {
    switch (where) {
    case 0x008: return state.outcome;
    case 0x010: return state.argument;
    case 0x018: return state.value;
    case 0x020: return state.restarts;
    case 0x028: return deed_count();
    case 0x030: return deed_table[state.argument % deed_count()].want;
    case 0x040: return JUNK;
    case 0x050: return state.effects;
    }
    if (where >= 0x100 && where < 0x100 + 8 * SEEN_COUNT) return state.seen[(where - 0x100) / 8];
    return where >= NAME_BASE ? rogue_name(where - NAME_BASE) : 0;
}

struct reply rogue_access(const uint64_t *seen) {
    uint64_t where = seen[1], info = seen[2], value = seen[3];
    state_begin(&state.header);
    if (info_kind(info) == ACCESS_SMCCC) return rogue_call(seen);
    if (where == 0x048) return rogue_effect();
    if (where == 0x058) return rogue_away();
    if (where == 0x060) return rogue_timer(value);
    if (!info_write(info)) return reply_done(rogue_read(where));
    if (where == 0) return rogue_do(value, seen);
    if (where == 0x010) state.argument = value;
    return reply_done(0);
}
