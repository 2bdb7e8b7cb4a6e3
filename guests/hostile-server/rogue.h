/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rogue server's window as a guest sees it, and one command with all that must hold afterwards
 * (rogue.c). Numbers are those of servers/rogue-server.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The same program thrice: plain; with V registers and rights to this VM; it takes all calls. */
#define ROGUE_WINDOW      0x0a000000ul
#define ROGUE_FP_WINDOW   0x0a010000ul
#define ROGUE_CALL_WINDOW 0x0a020000ul

enum rogue_register {
    ROGUE_DO = 0x000,
    ROGUE_OUTCOME = 0x008,
    ROGUE_ARGUMENT = 0x010,
    ROGUE_VALUE = 0x018,
    ROGUE_RESTARTS = 0x020,
    ROGUE_COUNT = 0x028,
    ROGUE_WANT = 0x030,
    ROGUE_JUNK = 0x040,
    ROGUE_EFFECT = 0x048,
    ROGUE_EFFECTS = 0x050,
    ROGUE_AWAY = 0x058,
    ROGUE_TIMER = 0x060,
    ROGUE_SEEN = 0x100,
    ROGUE_NAME = 0x300,
};
#define ROGUE_SEEN_COUNT 33
#define ROGUE_SPI        40
#define ROGUE_MORE       99 /* answers of DEED_MORE */
#define ROGUE_LIVED      1
#define ROGUE_DIED       2
#define ROGUE_JUNK_VALUE UINT64_C(0xfedcba9876543210)

enum rogue_want { WANT_DEATH, WANT_LIFE, WANT_EL0, WANT_EITHER, WANT_REPLY };

enum rogue_deed {
    DEED_LOAD,
    DEED_STORE,
    DEED_JUMP,
    DEED_CALLS_SWEEP,
    DEED_CALLS_RANDOM,
    DEED_SCAN_FP,
    DEED_ABORT,
    DEED_UNDEF,
    DEED_JUNK_LINE,
    DEED_MORE,
    DEED_DIE_IN_INIT,
    DEED_DIE_NOTIFIED,
    DEED_TIMER_STORM,
    DEED_LOG_JUNK,
    DEED_CALL_EDGE,
    DEED_SLOW,
    DEED_CALL_SLOW,
    DEED_CALLS_DEAF,
    DEED_VTIMER,
    DEED_DISR,
    DEED_TPIDR2,
    DEED_FIRST, /* of those that need no argument */
};

/* Does a deed with every register of this CPU preset, and checks that none but the server noticed:
 * GPRs, SP, flags, V and EL1 registers, RAM and the console are as before; nothing of them was to
 * be seen by the server. Returns ROGUE_LIVED or ROGUE_DIED. */
uint64_t rogue_do(uint64_t window, uint64_t deed, uint64_t argument);

/* The same, and the outcome must be this one. */
void rogue_expect(uint64_t window, uint64_t deed, uint64_t argument, uint64_t outcome);

/* An HVC with every register preset, likewise. The window is that of the server that answers. */
void rogue_call(uint64_t window);

/* How many exceptions the command's own store has raised. */
unsigned rogue_faults(void);

uint64_t rogue_get(uint64_t window, enum rogue_register reg);
void rogue_set(uint64_t window, enum rogue_register reg, uint64_t value);
