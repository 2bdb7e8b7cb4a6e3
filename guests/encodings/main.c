/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * encodings: what each encoding of a system register or system instruction does, at EL1, at EL0
 * with all that EL1 may allow (and without: op1=3), and at EL0 in AArch32. A line for each that is
 * not simply Undefined, for tests/qemu/encodings.py, which holds them against those of the same
 * file on the bare machine: MODE DIRECTION CODE: and what is remarkable. CODE is op0 op1 CRn CRm
 * op2 in 16 bits (in AArch32 coprocessor, opc1 CRn CRm opc2). A register is read; written with what
 * was read; then with all bits inverted but where the guest would not live through it: bits that
 * have changed are `flips`.
 *
 * Commands, a letter each: a sweep of one Mode, Special instructions, Dump (what can be read),
 * Poison (all that can be inverted stays so, and the VM is reset), Quit.
 */
#include "guest.h"
#include "mmu.h"
#include "psci.h"
#include "sysreg.h"
#include "trials.h"
#include "uart.h"

#include <inttypes.h>
#include <stdio.h>

#define BATCH       64u /* codes */
#define MRC         0xee100010u
#define NOP_A32     0xe320f000u

/* UMA, nTWI, nTWE, UCT, DZE, UCI, EnRCTX; both counters and both timers; FP, SVE and SME. */
#define SCTLR_OPEN  UINT64_C(0x0405c600)
#define CNTKCTL_ALL UINT64_C(0x303)
#define CPACR_ALL   UINT64_C(0x03330000)

static uint8_t buffer[MMU_PAGE] __attribute__((aligned(4096)));

/* The guest's own translation and vectors are not inverted. */
static bool is_delicate(uint32_t code) {
    return code == CODE(3, 0, 1, 0, 0) || code == CODE(3, 0, 2, 0, 0) ||
           code == CODE(3, 0, 2, 0, 2) || code == CODE(3, 0, 10, 2, 0) ||
           code == CODE(3, 0, 12, 0, 0);
}

/* WFI, WFIT and WFET would wait for what nobody sends. */
static bool is_wait(uint32_t code) {
    return code == CODE(0, 3, 2, 0, 3) || (code & ~7u) == CODE(0, 3, 1, 0, 0);
}

enum { SLOT_READ, SLOT_WRITE, SLOT_FLIP, SLOT_KINDS };
_Static_assert(SLOT_KINDS *BATCH == SLOTS, "all of the page");

static void put(const struct mode *mode, unsigned number, uint32_t code) {
    uint32_t word = SYSTEM | code << 5, read = word | SYSTEM_READ;
    if (is_wait(code)) word = read = NOP;
    if (mode->a32) { /* MRC and MCR of coprocessors 14 and 15, Rt=1 */
        word = MRC | (code >> 11 & 7) << 21 | (code >> 7 & 15) << 16 | 1 << 12 |
               (14 + (code >> 14)) << 8 | (code & 7) << 5 | (code >> 3 & 15);
        trials_put(mode, number + SLOT_READ, (uint32_t[]){word, NOP_A32, NOP_A32, NOP_A32});
        word ^= 1u << 20;
        trials_put(mode, number + SLOT_WRITE, (uint32_t[]){word, NOP_A32, NOP_A32, NOP_A32});
    } else if (code >> 14 < 2) { /* of op0=0 the register is no operand */
        unsigned rt = code >> 14 == 0 ? 31 : 1;
        trials_put(mode, number + SLOT_READ, (uint32_t[]){read | rt, NOP, NOP, NOP});
        trials_put(mode, number + SLOT_WRITE, (uint32_t[]){word | rt, NOP, NOP, NOP});
    } else {
        trials_put(mode, number + SLOT_READ, (uint32_t[]){read | 1, NOP, NOP, NOP});
        trials_put(mode, number + SLOT_WRITE, (uint32_t[]){word | 1, read | 2, NOP, NOP});
        trials_put(mode, number + SLOT_FLIP, (uint32_t[]){word | 1, read | 2, word | 3, NOP});
    }
}

static void write(const struct mode *mode, unsigned number, uint32_t code, const uint64_t *value) {
    uint64_t x[4] = {FILL(0), 0, FILL(2), FILL(3)};
    if (value != NULL) x[1] = *value;
    if (code >> 14 == 1) x[1] = (uint64_t)buffer;
    struct trial trial = trials_run(mode, number + SLOT_WRITE, x);
    if (trials_undefined(mode, &trial)) return;
    printf("%c w %04" PRIx32 ":", mode->name, code);
    if (value == NULL && trial.elr == 4)
        printf(" write only");
    else
        trials_print(mode, &trial);
    if (value != NULL && trials_done(mode, &trial)) {
        if (trial.x[2] != *value) printf(" now=%" PRIx64, trial.x[2]);
        x[1] = ~*value;
        x[3] = *value;
        if (!is_delicate(code)) {
            trial = trials_run(mode, number + SLOT_FLIP, x);
            if (trial.x[2] != *value) printf(" flips=%" PRIx64, trial.x[2] ^ *value);
            trials_print(mode, &trial);
        }
    }
    printf("\n");
}

static void try(const struct mode *mode, unsigned number, uint32_t code, bool reads_only) {
    uint64_t x[4] = {FILL(0), FILL(1), FILL(2), FILL(3)};
    if (mode->a32) x[1] = (uint32_t)x[1];
    struct trial trial = trials_run(mode, number + SLOT_READ, x);
    if (!trials_undefined(mode, &trial)) {
        printf("%c r %04" PRIx32 ":", mode->name, code);
        if (trial.x[1] != x[1]) printf(" x=%" PRIx64, trial.x[1]);
        trials_print(mode, &trial);
        printf("\n");
    }
    bool readable = !mode->a32 && code >> 14 >= 2 && trials_done(mode, &trial);
    if (!reads_only) write(mode, number, code, readable ? &trial.x[1] : NULL);
}

static void sweep(const struct mode *mode, uint32_t first, uint32_t end, bool reads_only) {
    for (uint32_t code = first; code < end; code += BATCH) {
        if (mode == &modes[MODE_EL0] && (code >> 11 & 7) != 3) continue;
        for (unsigned i = 0; i < BATCH; i++) put(mode, SLOT_KINDS * i, code + i);
        trials_sync(SLOTS);
        for (unsigned i = 0; i < BATCH; i++) try(mode, SLOT_KINDS * i, code + i, reads_only);
    }
}

static void sweep_open(const struct mode *mode, uint32_t end) {
    uint64_t sctlr = sysreg_read(sctlr_el1), tpidr = sysreg_read(tpidr_el0);
    sysreg_write(sctlr_el1, sctlr | SCTLR_OPEN);
    sysreg_write(cntkctl_el1, CNTKCTL_ALL);
    sweep(mode, 0, end, false);
    sysreg_write(sctlr_el1, sctlr);
    sysreg_write(cntkctl_el1, 0);
    sysreg_write(tpidr_el0, tpidr); /* AArch32 writes it, and does not put it back */
}

/* What C and its library need besides stays: CPACR_EL1. */
static _Noreturn void poison(void) {
    for (uint32_t code = 2 << 14; code < 4 << 14; code++) {
        if (is_delicate(code) || code == CODE(3, 0, 1, 0, 2)) continue;
        put(&modes[MODE_EL1], 0, code);
        trials_sync(SLOT_KINDS);
        uint64_t x[4] = {0};
        struct trial trial = trials_run(&modes[MODE_EL1], SLOT_READ, x);
        x[1] = x[3] = ~trial.x[1];
        if (trials_done(&modes[MODE_EL1], &trial)) (void)trials_run(&modes[MODE_EL1], SLOT_FLIP, x);
    }
    (void)psci_call(PSCI_SYSTEM_RESET, 0, 0, 0);
    psci_system_off();
}

int main(void) {
    trials_open();
    sysreg_write(cpacr_el1, CPACR_ALL);
    for (;;) {
        printf("ready\n");
        while ((uart_read(UARTFR) & UARTFR_RXFE) != 0)
            ;
        switch (uart_read(UARTDR) & 0xff) {
        case '1': sweep(&modes[MODE_EL1], 0, 4 << 14, false); break;
        case '0': sweep(&modes[MODE_EL0], 0, 4 << 14, false); break;
        case 'o': sweep_open(&modes[MODE_OPEN], 4 << 14); break;
        case 'a': sweep_open(&modes[MODE_A32], 2 << 14); break;
        case 's': special(); break;
        case 'd': sweep(&modes[MODE_EL1], 2 << 14, 4 << 14, true); break;
        case 'p': poison();
        default: return 0;
        }
    }
}
