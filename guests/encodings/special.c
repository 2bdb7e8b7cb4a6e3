/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is no system register: HVC and SMC, other instructions that generate exceptions, ERET to
 * every state, pointer authentication, AT. A line each: what was tried: how it ended.
 */
#include "mmu.h"
#include "platform.h"
#include "psci.h"
#include "sysreg.h"
#include "trials.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HVC         0xd4000002u
#define SMC         0xd4000003u
#define SVC_BOTH    0xef00df00u /* AArch32: T32 SVC #0; A32 SVC with a number */
#define BATCH       64u
#define MRS_ID      (SYSTEM | SYSTEM_READ | CODE(3, 0, 0, 4, 0) << 5)
/* NZCV and DIT, which exceptions leave alone (J1.1.2) and QEMU clears. */
#define INSIDE_LOST UINT64_C(0xf1000000)
#define UNKNOWN     0xdeadbeef   /* a function id that nobody has */
#define UNMAPPED    0x0b000000ul /* no device here, on any machine */
#define SCTLR_SPAN  (UINT64_C(1) << 23)
#define SCTLR_PAUTH UINT64_C(0xc8002000) /* EnIA, EnIB, EnDA, EnDB */
#define SCTLR_DSSBS (UINT64_C(1) << 44)

static struct trial one(const struct mode *mode, const uint32_t words[4], const uint64_t x[4]) {
    trials_put(mode, 0, words);
    trials_sync(1);
    return trials_run(mode, 0, x);
}

static void print(const struct mode *mode, const struct trial *trial) {
    printf(":");
    for (unsigned n = 0; n < 4; n++) printf(" x%u=%" PRIx64, n, trial->x[n]);
    trials_print(mode, trial);
    printf("\n");
}

/* All immediates below `end`; a line where the outcome is another than that of the one before. */
static void calls(const struct mode *mode, char name, uint32_t word, uint64_t function,
                  uint32_t end) {
    uint64_t x[4] = {function, FILL(1), FILL(2), FILL(3)};
    struct trial before = {0};
    for (uint32_t immediate = 0; immediate < end; immediate++) {
        unsigned slot = immediate % BATCH;
        for (unsigned i = 0; slot == 0 && i < BATCH; i++)
            trials_put(mode, i, (uint32_t[]){word | (immediate + i) << 5, NOP, NOP, NOP});
        if (slot == 0) trials_sync(BATCH);
        struct trial trial = trials_run(mode, slot, x);
        trial.pc = 0;
        if (memcmp(&trial, &before, sizeof(trial)) == 0) continue;
        printf("call %c%c %" PRIx64 " %04" PRIx32, mode->name, name, function, immediate);
        print(mode, &trial);
        before = trial;
    }
}

/* SVC, BRK, HLT, DCPS and what is unallocated beside them; UDF; the ERETs at EL0, DRPS. */
static void generate(const struct mode *mode) {
    static const uint32_t immediates[] = {1, 0, 0xf000, 0xffff};
    static const uint32_t others[] = {0, 0xffff, 0xd69f03e0, 0xd69f0bff, 0xd69f0fff, 0xd6bf03e0};
    uint64_t x[4] = {FILL(0), FILL(1), FILL(2), FILL(3)};
    for (unsigned kind = 0; kind < 1024; kind++) {
        uint32_t word = 0xd4000000 | (kind >> 7) << 21 | (kind >> 2 & 0x1f);
        word |= immediates[kind & 3] << 5;
        if (kind >> 7 == 0 && (kind & 3) == 1) continue; /* calls */
        struct trial trial = one(mode, (uint32_t[]){word, NOP, NOP, NOP}, x);
        if (trials_undefined(mode, &trial)) continue;
        printf("generate %c %08" PRIx32, mode->name, word);
        print(mode, &trial);
    }
    for (unsigned i = 0; i < sizeof(others) / sizeof(*others); i++) {
        if (mode->vector == 0x200 && i >= 2 && i <= 4) continue; /* it would come back for ever */
        struct trial trial = one(mode, (uint32_t[]){others[i], NOP, NOP, NOP}, x);
        printf("generate %c %08" PRIx32, mode->name, others[i]);
        print(mode, &trial);
    }
}

/* ERET with each PSTATE.M and each bit beside it, to a register that traps, and to a call that is
 * Undefined on both machines: what of PSTATE goes in, comes out, and stays for the handler. A line
 * is a hash over all bits. */
static void returns(char name) {
    static const struct mode any;
    uint64_t x[4] = {0};
    trials_put(&any, 0, (uint32_t[]){MRS_ID, MRS_ID, MRS_ID, MRS_ID}); /* up to the SVC */
    trials_put(&any, 1, (uint32_t[]){SMC | 1 << 5, NOP, NOP, NOP});
    trials_put(&any, 2, (uint32_t[]){SVC_BOTH, SVC_BOTH, SVC_BOTH, SVC_BOTH});
    trials_sync(3);
    for (unsigned n = 0; n < 32 * 3; n++) {
        unsigned m = n / 3, slot = n % 3;
        bool a32 = m == 0x10, el0 = a32 || (m & 0x1c) == 0;
        uint64_t hash = 0;
        if (a32 != (slot == 2)) continue;
        for (unsigned bit = 4; bit < 64; bit++) {
            struct mode mode = {name, a32, m | 0x3c0, el0 ? 0x400 : 0x200, true};
            if (bit > 4) mode.pstate ^= UINT64_C(1) << bit;
            struct trial trial = trials_run(&mode, slot, x);
            uint64_t seen[] = {trial.esr, trial.elr, trial.spsr, trial.vector,
                               trial.inside & ~INSIDE_LOST};
            for (unsigned i = 0; i < 5; i++) hash = (hash ^ seen[i]) * UINT64_C(0x100000001b3) + 1;
        }
        printf("return %c %02x %u: %" PRIx64 "\n", name, m, slot, hash);
    }
}

static void authenticate(const struct mode *mode) {
    /* PACIA PACIB PACDA PACDB AUTIA AUTIB AUTDA AUTDB x1, x2; PACGA x1, x2, x3; XPACI x1 */
    static const uint32_t words[] = {0xdac10041, 0xdac10441, 0xdac10841, 0xdac10c41, 0xdac11041,
                                     0xdac11441, 0xdac11841, 0xdac11c41, 0x9ac33041, 0xdac143e1};
    uint64_t x[4] = {0, 0x40081234, 0x123456789abcdef0, 0x0f1e2d3c4b5a6978};
    for (unsigned i = 0; i < sizeof(words) / sizeof(*words); i++) {
        struct trial trial = one(mode, (uint32_t[]){words[i], NOP, NOP, NOP}, x);
        printf("authenticate %c %08" PRIx32, mode->name, words[i]);
        print(mode, &trial);
    }
    for (unsigned i = 0; i < 4; i++) {
        struct trial trial = one(mode, (uint32_t[]){words[i], words[i + 4], NOP, NOP}, x);
        printf("authenticate both %c %08" PRIx32, mode->name, words[i]);
        print(mode, &trial);
    }
}

/* The ten keys, by encoding, each its own value. */
static void keys(void) {
    for (unsigned i = 0; i < 10; i++) {
        uint32_t code = CODE(3, 0, 2, 1 + i / 4, i % 4);
        uint64_t x[4] = {0, FILL(100 + i)};
        (void)one(&modes[MODE_EL1], (uint32_t[]){SYSTEM | code << 5 | 1, NOP, NOP, NOP}, x);
    }
}

/* AT of EL1: PAR_EL1 for RAM, a device, a page of EL0's, no page, a table that is not there. */
static void translate(void) {
    static uint64_t addresses[] = {RAM_BASE + 0x123456, UART_BASE,           2 * MMU_GIB,
                                   3 * MMU_GIB,         MMU_SPARE * MMU_GIB, UNMAPPED};
    mmu_set_top(MMU_SPARE, UNMAPPED | MMU_TABLE);
    for (unsigned i = 0; i < 6; i++) {
        for (unsigned at = 0; at < 8; at++) {
            uint32_t word = SYSTEM | CODE(1, 0, 7, 8 + at / 4, at % 4) << 5 | 1;
            uint32_t par = SYSTEM | SYSTEM_READ | CODE(3, 0, 7, 4, 0) << 5 | 2;
            uint64_t x[4] = {0, addresses[i], 0, 0};
            struct trial trial = one(&modes[MODE_EL1], (uint32_t[]){word, par, NOP, NOP}, x);
            printf("translate %u %" PRIx64, at, addresses[i]);
            print(&modes[MODE_EL1], &trial);
        }
    }
    mmu_set_top(MMU_SPARE, 0);
}

void special(void) {
    uint64_t sctlr = sysreg_read(sctlr_el1);
    calls(&modes[MODE_EL1], 'h', HVC, UNKNOWN, 0x10000);
    calls(&modes[MODE_EL1], 's', SMC, UNKNOWN, 0x10000);
    calls(&modes[MODE_EL1], 'h', HVC, PSCI_VERSION, 2);
    calls(&modes[MODE_EL0], 'h', HVC, PSCI_VERSION, 2);
    calls(&modes[MODE_EL0], 's', SMC, PSCI_VERSION, 2);
    generate(&modes[MODE_EL1]);
    generate(&modes[MODE_EL0]);
    returns('-');
    sysreg_write(sctlr_el1, (sctlr & ~SCTLR_SPAN) | SCTLR_DSSBS);
    returns('+');
    keys();
    sysreg_write(sctlr_el1, sctlr | SCTLR_PAUTH);
    authenticate(&modes[MODE_EL1]);
    authenticate(&modes[MODE_EL0]);
    sysreg_write(sctlr_el1, sctlr);
    translate();
}
