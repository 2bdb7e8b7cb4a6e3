/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hostile-server: what a guest notices of a server that does its worst. Each deed is a command to
 * servers/rogue-server; after it the guest's own state is as before, the console works, and the
 * server has either answered or been restarted, as the table on its side says.
 */
#include "exception.h"
#include "gic.h"
#include "guest.h"
#include "mmio.h"
#include "rogue.h"
#include "sysreg.h"
#include "tap.h"
#include "timer.h"

#define SWEEP_VISITS  (31u * 31u * 8u) /* calls.c: 31 edges, a third argument in eight parts */
#define RANDOM_VISITS 1000u
#define LOOK_EVERY    31u /* visits of a sweep */
#define GRANTED       (UINT64_C(1) << 32)
#define DEED_SPINS    (DEED_FIRST + 1)
#define DEED_UDF_NEAR (DEED_FIRST + 14)
#define DEED_DAIFSET  (DEED_FIRST + 26)

/* Where a server of this system has no business: no word of it depends on the boundary. */
static const uint64_t foreign[] = {
    0x0,
    0xff8,
    0x1000, /* nothing, or the boot memory of the machine */
    0x08000000,
    0x080a0000,
    0x09000000, /* the physical GIC and UART */
    0x40080000,
    0x40200000,
    0x41000000, /* RAM: the kernel, guest memory by IPA */
    0x50000000,
    0x5ffffff8,
    0x60000000, /* RAM: up to its end */
    0x0a000000,
    0x0a000100, /* its own window, as the guest sees it */
    UINT64_C(0x100001000),
    UINT64_C(0x140000000),
    UINT64_C(0x180000000), /* server 0: text, stack, frame */
    UINT64_C(0x200001000),
    UINT64_C(0x400001000),
    UINT64_C(0x900000000), /* servers 1, 3, none */
    UINT64_C(0x7ffffffff8),
    UINT64_C(0x8000000000),
    UINT64_C(0xfffffffffff8),
    UINT64_C(0x0001000000000000),
    UINT64_C(0x5500000000000000), /* no canonical address */
    UINT64_C(0xffffff8000000000),
    UINT64_C(0xffffff8040200000),
    UINT64_C(0xffffff8040201000),
    UINT64_C(0xffffff8009000000),
    UINT64_C(0xffffff8008000000),
    UINT64_C(0xffffffffffffffff),
    UINT64_C(0xffffff8050000000),
    UINT64_C(0xfffffffffffff000),
};
#define FOREIGN_COUNT (sizeof(foreign) / sizeof(foreign[0]))

static void addresses(uint64_t deed) {
    for (unsigned i = 0; i < FOREIGN_COUNT; i++)
        rogue_expect(ROGUE_WINDOW, deed, foreign[i], ROGUE_DIED);
}

static void loads(void) { addresses(DEED_LOAD); }

static void stores(void) { addresses(DEED_STORE); }

static void jumps(void) { addresses(DEED_JUMP); }

/* All that EL1 can allow EL0, and EL0's data big-endian. None of it is a server's: without VHE the
 * kernel has to switch these registers. */
#define SCTLR_GENEROUS                                                                             \
    (UINT64_C(1) << 9 | UINT64_C(1) << 14 | UINT64_C(1) << 15 | UINT64_C(1) << 24 |                \
     UINT64_C(1) << 26)                  /* UMA DZE UCT E0E UCI */
#define CNTKCTL_GENEROUS UINT64_C(0x303) /* EL0PCTEN EL0VCTEN EL0VTEN EL0PTEN */

/* Deeds of the table that need no argument. What EL1 may do and EL0 must not tells nothing at
 * first: which of them the server is, the outcome of such a deed that harms nobody says. */
static void deeds(void) {
    uint64_t count = rogue_get(ROGUE_WINDOW, ROGUE_COUNT);
    uint64_t sctlr = sysreg_read(sctlr_el1);
    uint64_t cntkctl = sysreg_read(cntkctl_el1);
    uint64_t at_el0 = rogue_do(ROGUE_WINDOW, DEED_DAIFSET, 0) == ROGUE_DIED;
    TAP_TRUE(count > DEED_FIRST);
    sysreg_write(sctlr_el1, sctlr | SCTLR_GENEROUS);
    sysreg_write(cntkctl_el1, CNTKCTL_GENEROUS);
    for (uint64_t deed = DEED_FIRST; deed < count; deed++) {
        rogue_set(ROGUE_WINDOW, ROGUE_ARGUMENT, deed);
        uint64_t want = rogue_get(ROGUE_WINDOW, ROGUE_WANT);
        if (want == WANT_DEATH || want == WANT_LIFE || (want == WANT_EL0 && at_el0))
            rogue_expect(ROGUE_WINDOW, deed, 0, want == WANT_LIFE ? ROGUE_LIVED : ROGUE_DIED);
        else
            TAP_TRUE(rogue_do(ROGUE_WINDOW, deed, 0) != 0);
    }
    sysreg_write(sctlr_el1, sctlr);
    sysreg_write(cntkctl_el1, cntkctl);
}

/* A visit must be short; the look round is not, so only some visits have one. */
static void sweep(uint64_t window, uint64_t flags) {
    for (unsigned visit = 0; visit < SWEEP_VISITS; visit++) {
        if (visit % LOOK_EVERY == 0) {
            rogue_expect(window, DEED_CALLS_SWEEP, visit | flags, ROGUE_LIVED);
        } else {
            rogue_set(window, ROGUE_ARGUMENT, visit | flags);
            rogue_set(window, ROGUE_DO, DEED_CALLS_SWEEP);
            TAP_EQUAL(rogue_get(window, ROGUE_OUTCOME), ROGUE_LIVED);
        }
        TAP_EQUAL(rogue_get(window, ROGUE_VALUE), 0);
    }
}

static void calls(void) { sweep(ROGUE_WINDOW, 0); }

static void granted_calls(void) { sweep(ROGUE_FP_WINDOW, GRANTED); }

static void random_calls(void) {
    for (unsigned seed = 0; seed < RANDOM_VISITS; seed++) {
        uint64_t window = seed % 2 == 0 ? ROGUE_WINDOW : ROGUE_FP_WINDOW;
        rogue_expect(window, DEED_CALLS_RANDOM, seed * UINT64_C(0x9e3779b97f4a7c15), ROGUE_LIVED);
        TAP_EQUAL(rogue_get(window, ROGUE_VALUE), 0);
    }
}

/* Junk of 64 bits as the answer to each width: Rt gets what the width allows. */
static void wide_replies(void) {
    TAP_EQUAL(mmio_read8(ROGUE_WINDOW + ROGUE_JUNK), (uint8_t)ROGUE_JUNK_VALUE);
    uint64_t word, byte, half, sign;
    __asm__ volatile("ldrb %w0, [%4]\n\tldrh %w1, [%4]\n\tldr %w2, [%4]\n\tldrsb %3, [%4]"
                     : "=&r"(byte), "=&r"(half), "=&r"(word), "=&r"(sign)
                     : "r"(ROGUE_WINDOW + ROGUE_JUNK)
                     : "memory");
    TAP_EQUAL(byte, ROGUE_JUNK_VALUE & 0xff);
    TAP_EQUAL(half, ROGUE_JUNK_VALUE & 0xffff);
    TAP_EQUAL(word, ROGUE_JUNK_VALUE & 0xffffffff);
    TAP_EQUAL(sign, ROGUE_JUNK_VALUE & 0x7f);
    TAP_EQUAL(mmio_read64(ROGUE_WINDOW + ROGUE_JUNK), ROGUE_JUNK_VALUE);
}

static volatile unsigned interrupts;

static void count(unsigned intid) { interrupts += intid == ROGUE_SPI || intid == INTID_VTIMER; }

/* An access that is put off again and again, in registers or fetched and taken apart: the guest
 * takes its interrupts, one a time that the server says MORE. */
static void put_off(void) {
    uint64_t address = ROGUE_WINDOW + ROGUE_DO, deed = DEED_MORE;
    gic_open();
    gic_hook = count;
    gic_set_edge(ROGUE_SPI, true);
    gic_enable(ROGUE_SPI);
    interrupts_unmask();
    __asm__ volatile("str %0, [%1]" ::"r"(deed), "r"(address) : "memory");
    TAP_EQUAL(interrupts, ROGUE_MORE);
    __asm__ volatile("str %1, [%0], #8" : "+r"(address) : "r"(deed) : "memory");
    TAP_EQUAL(interrupts, 2 * ROGUE_MORE);
    interrupts_mask();
}

/* Behind el1 the virtual timer is the server's during a visit, its interrupt is the guest's. */
static void own_timer(void) {
    gic_open();
    gic_hook = count;
    gic_enable(INTID_VTIMER);
    unsigned before = interrupts;
    interrupts_unmask();
    rogue_expect(ROGUE_WINDOW, DEED_VTIMER, 0, ROGUE_DIED);
    interrupts_mask();
    TAP_EQUAL(interrupts, before);
}

/* Registers that guests are not told of, where the CPU has them: behind el1 the server finds 0, and
 * the guest its own value. */
#define UNTOLD(name, deed, value)                                                                  \
    do {                                                                                           \
        exception_expect(EXCEPTION_SKIP);                                                          \
        sysreg_write(name, value);                                                                 \
        if (exception_taken().count != 0) break;                                                   \
        if (rogue_do(ROGUE_WINDOW, deed, (value) ^ 1) == ROGUE_LIVED)                              \
            TAP_EQUAL(rogue_get(ROGUE_WINDOW, ROGUE_VALUE), 0);                                    \
        TAP_EQUAL(sysreg_read(name), value);                                                       \
    } while (0)

static void untold(void) {
    UNTOLD(S3_0_C12_C1_1, DEED_DISR, UINT64_C(0x80000005)); /* A, DFSC */
    UNTOLD(S3_3_C13_C0_5, DEED_TPIDR2, UINT64_C(0x123456789abcdef0));
}

static void verdicts(void) {
    (void)rogue_do(ROGUE_WINDOW, DEED_ABORT, 0);
    TAP_EQUAL(rogue_faults(), 1);
    (void)rogue_do(ROGUE_WINDOW, DEED_UNDEF, 0);
    TAP_EQUAL(rogue_faults(), 1);
    for (unsigned bit = 0; bit < 64; bit++) { /* its own line is 7: nobody listens to it */
        rogue_expect(ROGUE_WINDOW, DEED_JUNK_LINE, UINT64_C(1) << bit, ROGUE_LIVED);
        rogue_expect(ROGUE_WINDOW, DEED_JUNK_LINE, ~UINT64_C(0) << bit, ROGUE_LIVED);
        TAP_EQUAL(rogue_faults(), 0);
    }
    rogue_expect(ROGUE_WINDOW, DEED_MORE, 0, ROGUE_LIVED);
}

/* A visit of a server with V registers starts with zeros in them, and the guest's outlive it. */
static void fp(void) {
    rogue_expect(ROGUE_FP_WINDOW, DEED_SCAN_FP, 0, ROGUE_LIVED);
    TAP_EQUAL(rogue_get(ROGUE_FP_WINDOW, ROGUE_VALUE), 0);
    rogue_expect(ROGUE_FP_WINDOW, DEED_SCAN_FP, 0, ROGUE_LIVED);
    TAP_EQUAL(rogue_get(ROGUE_FP_WINDOW, ROGUE_VALUE), 0);
    rogue_expect(ROGUE_WINDOW, DEED_SCAN_FP, 0, ROGUE_DIED);
    rogue_expect(ROGUE_FP_WINDOW, DEED_SPINS, 0, ROGUE_DIED);
    rogue_expect(ROGUE_FP_WINDOW, DEED_UDF_NEAR, 0, ROGUE_DIED);
}

static void elsewhere(void) {
    rogue_expect(ROGUE_WINDOW, DEED_DIE_IN_INIT, 3, ROGUE_DIED);
    uint64_t restarts = rogue_get(ROGUE_WINDOW, ROGUE_RESTARTS);
    rogue_set(ROGUE_WINDOW, ROGUE_ARGUMENT, 3);
    rogue_set(ROGUE_WINDOW, ROGUE_DO, DEED_DIE_NOTIFIED);
    TAP_TRUE(TIMER_WAIT(rogue_get(ROGUE_WINDOW, ROGUE_RESTARTS) - restarts == 3, 1000000));
}

/* A server that is always late for its timer must leave the CPU to the guest now and then. */
static void timer_storm(void) {
    rogue_expect(ROGUE_WINDOW, DEED_TIMER_STORM, ~UINT64_C(0), ROGUE_LIVED);
    for (unsigned i = 0; i < 100; i++)
        TAP_TRUE(rogue_get(ROGUE_WINDOW, ROGUE_OUTCOME) == ROGUE_LIVED);
    rogue_expect(ROGUE_WINDOW, DEED_TIMER_STORM, 0, ROGUE_LIVED);
}

/* The callee dies of it, the caller lives and hears of it; the callee serves on. */
static void nested(void) {
    static const unsigned killers[] = {DEED_SPINS, DEED_UDF_NEAR};
    for (unsigned i = 0; i < sizeof(killers) / sizeof(killers[0]); i++) {
        uint64_t restarts = rogue_get(ROGUE_WINDOW, ROGUE_RESTARTS);
        rogue_expect(ROGUE_FP_WINDOW, DEED_CALL_EDGE, killers[i], ROGUE_LIVED);
        TAP_EQUAL(rogue_get(ROGUE_FP_WINDOW, ROGUE_VALUE), 6); /* STATUS_DEAD */
        TAP_EQUAL(rogue_get(ROGUE_WINDOW, ROGUE_RESTARTS) - restarts, 1);
    }
    rogue_expect(ROGUE_FP_WINDOW, DEED_CALLS_DEAF, 0, ROGUE_LIVED);
    TAP_EQUAL(rogue_get(ROGUE_FP_WINDOW, ROGUE_VALUE), 0);
}

/* Who calls for ever is cut off, be the time another's; that one lives, unless it spins. */
static void slow(void) {
    static const unsigned deeds[] = {DEED_SLOW, DEED_SPINS};
    for (unsigned i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++) {
        uint64_t restarts = rogue_get(ROGUE_WINDOW, ROGUE_RESTARTS), begin = timer_now();
        rogue_expect(ROGUE_FP_WINDOW, DEED_CALL_SLOW, deeds[i], ROGUE_DIED);
        TAP_TRUE(timer_now() - begin < timer_ticks(2000000));
        TAP_EQUAL(rogue_get(ROGUE_WINDOW, ROGUE_RESTARTS) - restarts, i * 2);
    }
}

/* The server dies of each, after its commit: the guest gets the answer, and the effect is one. */
static void effects(void) {
    uint64_t restarts = rogue_get(ROGUE_WINDOW, ROGUE_RESTARTS), low, high;
    for (uint64_t n = 1; n <= 6; n += 3) {
        TAP_EQUAL(rogue_get(ROGUE_WINDOW, ROGUE_EFFECT), ROGUE_JUNK_VALUE + n);
        TAP_EQUAL(rogue_get(ROGUE_WINDOW, ROGUE_EFFECTS), n);
        rogue_set(ROGUE_WINDOW, ROGUE_EFFECT, 0);
        TAP_EQUAL(rogue_get(ROGUE_WINDOW, ROGUE_EFFECTS), n + 1);
        __asm__ volatile("ldp %0, %1, [%2]" /* in parts: the first one dies */
                         : "=&r"(low), "=&r"(high)
                         : "r"(ROGUE_WINDOW + ROGUE_EFFECT)
                         : "memory");
        TAP_EQUAL(low, ROGUE_JUNK_VALUE + n + 2);
        TAP_EQUAL(high, n + 2);
    }
    TAP_EQUAL(rogue_get(ROGUE_WINDOW, ROGUE_RESTARTS) - restarts, 6);
}

/* The server dies of something else between two visits of an access' second part, once by itself,
 * once called by a server that must get its answer: init's reply is none to the access. */
static void away(void) {
    static const uint64_t windows[] = {ROGUE_WINDOW, ROGUE_FP_WINDOW};
    for (unsigned i = 0; i < 2; i++) {
        uint64_t restarts = rogue_get(ROGUE_WINDOW, ROGUE_RESTARTS), got, effects;
        uint64_t operation = i * DEED_UDF_NEAR;
        rogue_set(windows[i], ROGUE_TIMER, timer_ticks(20000) | operation << 32);
        __asm__ volatile("ldp %0, %1, [%2]"
                         : "=&r"(effects), "=r"(got)
                         : "r"(ROGUE_WINDOW + ROGUE_EFFECTS)
                         : "memory");
        TAP_EQUAL(got, ROGUE_JUNK_VALUE);
        TAP_EQUAL(rogue_get(ROGUE_WINDOW, ROGUE_RESTARTS) - restarts, 1);
        rogue_expect(windows[i], DEED_TIMER_STORM, 0, ROGUE_LIVED);
    }
}

static void call_message(void) {
    for (unsigned i = 0; i < 10; i++) rogue_call(ROGUE_CALL_WINDOW);
}

static void log_junk(void) {
    rogue_expect(ROGUE_WINDOW, DEED_LOG_JUNK, 3, ROGUE_LIVED);
    TAP_EQUAL(rogue_get(ROGUE_WINDOW, ROGUE_VALUE), 0);
}

static const struct tap_test tests[] = {
    {"answers wider than the access are cut",                  wide_replies },
    {"verdicts and junk beside them",                          verdicts     },
    {"every instruction of the table",                         deeds        },
    {"loads from foreign addresses",                           loads        },
    {"stores to foreign addresses",                            stores       },
    {"jumps to foreign addresses",                             jumps        },
    {"an access that is put off leaves interrupts",            put_off      },
    {"an interrupt of the timer that the server made",         own_timer    },
    {"registers that guests are not told of",                  untold       },
    {"calls with every bad argument, nothing granted",         calls        },
    {"calls with every bad argument, this VM granted",         granted_calls},
    {"calls with random arguments",                            random_calls },
    {"V registers: hidden from a server, hidden from a guest", fp           },
    {"death in init and in notified",                          elsewhere    },
    {"a timer that is always late",                            timer_storm  },
    {"death of a callee",                                      nested       },
    {"calls of a slow server, for ever",                       slow         },
    {"death after an effect: once, and answered",              effects      },
    {"death between two visits of an access",                  away         },
    {"registers that a call leaves to its server",             call_message },
    {"junk for the log",                                       log_junk     },
};

int main(void) {
    TAP_RUN(tests);
    return 0;
}
