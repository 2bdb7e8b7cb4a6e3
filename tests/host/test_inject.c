/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kernel/inject.c against the Arm ARM's AArch64.TakeException() and the syndromes of D17.2.37. The
 * oracle speaks in bit positions and names each bit of PSTATE: it shares no mask with the code.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "access.h"

/* C5.2.19 SPSR_EL1 and SCTLR_EL1, bit by bit. */
enum { SSBS = 12, ALLINT = 13, PAN = 22, TCO = 25 };
enum { SPAN = 23, DSSBS = 44, SPINTMASK = 62 };

/* What becomes of bit n of PSTATE: 0, 1, = (stays), or a rule of its own. */
static char bit_rule(unsigned n) {
    static const char rule[33] = "10100" /* M: EL1h */
                                 "0"     /* T */
                                 "1111"  /* F I A D */
                                 "00"    /* BTYPE */
                                 "sn"    /* SSBS, ALLINT */
                                 "000000"
                                 "00" /* IL, SS */
                                 "p"  /* PAN */
                                 "0"  /* UAO */
                                 "="  /* DIT */
                                 "t"  /* TCO */
                                 "00"
                                 "====";
    return n < 32 ? rule[n] : '0';
}

static bool bit_of(uint64_t value, unsigned n) { return value >> n & 1; }

/* The guest at the instruction that gets the exception. `present`: bits of PSTATE. */
struct inject_from {
    uint64_t pc, pstate, vbar, sctlr, present;
};

static bool expected_bit(const struct inject_from *from, unsigned n) {
    bool was = bit_of(from->pstate, n), present = bit_of(from->present, n);

    switch (bit_rule(n)) {
    case '1': return true;
    case '=': return was;
    case 's': return present && bit_of(from->sctlr, DSSBS);
    case 'n': return present && !bit_of(from->sctlr, SPINTMASK);
    case 'p': return was || (present && !bit_of(from->sctlr, SPAN));
    case 't': return present;
    default: return false;
    }
}

/* D1.3.1, table of vector offsets: M[4:0] -> offset. */
static const struct {
    unsigned mode, offset;
    bool lower;
} modes[] = {
    {0x00, 0x400, true }, /* EL0t */
    {0x04, 0x000, false}, /* EL1t */
    {0x05, 0x200, false}, /* EL1h */
    {0x10, 0x600, true }, /* AArch32 User */
};

static void check_entry(const struct inject_from *from, unsigned offset) {
    struct frame frame = {.elr = from->pc, .spsr = from->pstate}, before = frame;
    uint64_t pfr1 = bit_of(from->present, SSBS) * 0x20u | bit_of(from->present, TCO) * 0x300u |
                    bit_of(from->present, ALLINT) * (UINT64_C(1) << 36);

    inject_take(&frame, from->vbar, from->sctlr, bit_of(from->present, PAN) * 0x10212122u, pfr1);
    assert_true(frame.elr == from->vbar / 2048 * 2048 + offset);
    for (unsigned n = 0; n < 64; n++) {
        if (bit_of(frame.spsr, n) != expected_bit(from, n))
            fail_msg("PSTATE bit %u from %#lx", n, (unsigned long)from->pstate);
    }
    before.elr = frame.elr;
    before.spsr = frame.spsr;
    assert_memory_equal(&frame, &before, sizeof(frame)); /* nothing else */
}

static uint64_t spread(unsigned n, unsigned bit, unsigned position) {
    return (uint64_t)(n >> bit & 1) << position;
}

/* Each mode, each single bit of PSTATE and all together, each mix of SCTLR and features. */
static void every_entry(void **state) {
    (void)state;

    for (unsigned m = 0; m < 4; m++)
        for (unsigned n = 0; n < 128; n++)
            for (unsigned flag = 5; flag <= 32; flag++) {
                uint64_t flags = flag == 32 ? UINT64_C(0xffffffe0) : UINT64_C(1) << flag;
                struct inject_from from = {
                    .pc = UINT64_C(0xffff800010203040) + n,
                    .pstate = modes[m].mode | flags,
                    .vbar = UINT64_C(0xffff800008010800) + n,
                    .sctlr = spread(n, 0, SPAN) | spread(n, 1, DSSBS) | spread(n, 2, SPINTMASK),
                    .present = spread(n, 3, PAN) | spread(n, 4, SSBS) | spread(n, 5, TCO) |
                               spread(n, 6, ALLINT),
                };
                check_entry(&from, modes[m].offset);
                from.sctlr = ~from.sctlr; /* the same, with each other bit of SCTLR set */
                check_entry(&from, modes[m].offset);
            }
}

/* Which of the bits an exception sets if all of SCTLR's conditions for that hold. */
static uint64_t set_with(uint64_t mmfr1, uint64_t pfr1) {
    struct frame frame = {0};

    inject_take(&frame, 0, UINT64_C(1) << DSSBS, mmfr1, pfr1);
    return frame.spsr & (1u << SSBS | 1u << ALLINT | 1u << PAN | 1u << TCO);
}

static void features_of_the_cpu(void **state) {
    (void)state;

    assert_true(set_with(0, 0) == 0);
    assert_true(set_with(UINT64_C(0x0000000010212122), 0) == 1u << PAN); /* Cortex-A76 */
    assert_true(set_with(0, 0x10) == 1u << SSBS);
    assert_true(set_with(0, 0x20) == 1u << SSBS);
    assert_true(set_with(0, 0x300) == 1u << TCO);
    assert_true(set_with(0, UINT64_C(1) << 36) == 1u << ALLINT);
    assert_true(set_with(UINT64_C(0xffffffffff0fffff), UINT64_C(0xffffff0ffffff00f)) == 0);
    assert_true(set_with(UINT64_C(0xf00000), UINT64_C(0xf000000ff0)) == 0);
}

/* The fields of ESR_EL1, as numbers of their own: EC, then ISS in the manual's order. */
static uint64_t esr_of(unsigned ec, unsigned set, bool fnv, bool ea, bool cm, bool wnr,
                       unsigned fsc) {
    return (uint64_t)ec * 0x4000000 + 0x2000000 + set * 0x800 + fnv * 0x400u + ea * 0x200u +
           cm * 0x100u + wnr * 0x40u + fsc;
}

static const unsigned injected[] = {0x10, 0x14, 0x15, 0x16, 0x17, 0x21, 0x35};

/* Aborts that the hypervisor makes of a stage-2 fault: whatever else EL2's syndrome holds is gone.
 */
static void aborts_of_stage2_faults(void **state) {
    (void)state;

    for (unsigned m = 0; m < 4; m++)
        for (unsigned n = 0; n < 1024; n++)
            for (unsigned i = 0; i < 7; i++) {
                bool cm = n & 1, wnr = n & 2;
                unsigned same = modes[m].lower ? 0 : 1, fsc = 4 + n % 12;
                uint64_t junk = (uint64_t)(n >> 2) << 11; /* ISV to SET; S1PTW below */
                uint64_t iss = junk + (n & 4 ? 0x80u : 0) + cm * 0x100u + wnr * 0x40u + fsc;
                uint64_t data = UINT64_C(0x24) << 26 | iss, fetch = UINT64_C(0x20) << 26 | iss;

                assert_true(inject_abort(modes[m].mode, data, injected[i]) ==
                            esr_of(0x24 + same, 0, false, false, cm, wnr, injected[i]));
                assert_true(inject_abort(modes[m].mode, fetch, injected[i]) ==
                            esr_of(0x20 + same, 0, false, false, false, false, injected[i]));
            }
}

/* An external abort of the machine keeps SET, FnV and EA; one on a walk keeps EA alone. */
static void aborts_of_the_machine(void **state) {
    (void)state;

    for (unsigned n = 0; n < 64; n++) {
        unsigned set = n & 3;
        bool fnv = n & 4, ea = n & 8, cm = n & 16, wnr = n & 32;
        assert_true(inject_abort(5, esr_of(0x24, set, fnv, ea, cm, wnr, 0x10), 0x10) ==
                    esr_of(0x25, set, fnv, ea, cm, wnr, 0x10));
        assert_true(inject_abort(0, esr_of(0x20, set, fnv, ea, cm, wnr, 0x10), 0x10) ==
                    esr_of(0x20, set, fnv, ea, false, false, 0x10));
        assert_true(inject_abort(5, esr_of(0x24, set, fnv, ea, cm, wnr, 0x16), 0x16) ==
                    esr_of(0x25, 0, false, ea, cm, wnr, 0x16));
        assert_true(inject_abort(5, esr_of(0x24, set, fnv, ea, cm, wnr, 0x16), 0x10) ==
                    esr_of(0x25, 0, false, false, cm, wnr, 0x10));
    }
}

/* An HVC or a trapped register that a server answers with an abort: a read, with nothing else. */
static void aborts_of_other_syndromes(void **state) {
    (void)state;
    uint64_t ones = (UINT64_C(1) << 26) - 1;

    for (unsigned ec = 0; ec < 64; ec++) {
        if (ec != 0x20 && ec != 0x24)
            assert_true(inject_abort(4, (uint64_t)ec << 26 | (ones - 0x2f), 0x10) ==
                        esr_of(0x25, 0, false, false, false, false, 0x10));
    }
}

static void undefined(void **state) {
    (void)state;
    assert_true(INJECT_UNDEFINED == 0x2000000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_entry),
        cmocka_unit_test(features_of_the_cpu),
        cmocka_unit_test(aborts_of_stage2_faults),
        cmocka_unit_test(aborts_of_the_machine),
        cmocka_unit_test(aborts_of_other_syndromes),
        cmocka_unit_test(undefined),
    };
    return cmocka_run_group_tests_name("inject", tests, NULL, NULL);
}
