/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kernel/access.c and access.h against what the Arm ARM says, written the other way round: the
 * oracle builds syndromes from the meaning of their fields, and never takes one apart. All 2^25
 * ISS values, all load completions by byte arithmetic. The rarer half is test_access_rare.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "access.h"

/* D17.2.37, DFSC: one letter for each code. Address size, Translation, Access flag, Permission
 * (stage 2's own faults are T, A, P), eXternal, external on a Walk, aLignment, Exclusive. */
static const char fault_kind[65] = "SSSSTTTTAAAAPPPP"
                                   "X??WWWWWX??YYYYY"
                                   "?L???????S?T????"
                                   "TX??DE???????FF?";

/* First line that fits decides; '*' fits all. Kinds listed in `kinds`. */
static const struct rule {
    unsigned ec; /* 0: any */
    char isv, cm, s1ptw;
    const char *kinds;
    enum access_class class;
} rules[] = {
    {0x25, '*', '*', '*', "",    ACCESS_NONE     },
    {0,    '*', '*', '1', "",    ACCESS_WALK     },
    {0x20, '*', '*', '*', "",    ACCESS_ABORT    },
    {0x24, '*', '1', '*', "tAP", ACCESS_CACHE    },
    {0x24, '1', '0', '*', "t",   ACCESS_DECODED  },
    {0x24, '0', '0', '*', "t",   ACCESS_UNDECODED},
    {0,    '*', '*', '*', "",    ACCESS_ABORT    },
};

/* Only levels 0 to 3 are stage 2's here, so the letter t is T of codes 4 to 7. */
static enum access_class expected_class(unsigned ec, char isv, char cm, char s1ptw, unsigned code) {
    char kind = code >= 4 && code <= 7 ? 't' : fault_kind[code];

    for (const struct rule *rule = rules;; rule++) {
        if ((rule->ec == 0 || rule->ec == ec) && (rule->isv == '*' || rule->isv == isv) &&
            (rule->cm == '*' || rule->cm == cm) && (rule->s1ptw == '*' || rule->s1ptw == s1ptw) &&
            (rule->kinds[0] == '\0' || strchr(rule->kinds, kind) != NULL))
            return rule->class;
    }
}

static const unsigned classes[3] = {0x20, 0x24, 0x25};

/* Weight of each field of the ISS, in the order of the manual's picture. */
enum { ISV = 1 << 24, SAS = 1 << 22, SSE = 1 << 21, SRT = 1 << 16, SF = 1 << 15, REST = 1 << 9 };
enum { CM = 256, S1PTW = 128, WNR = 64 };

struct fields {
    unsigned sas, sse, srt, sf;
};

static void check_decode(uint64_t esr, struct fields f, unsigned wnr) {
    struct access access = access_decode(esr);

    if (access.rt != f.srt || access.size_log2 != f.sas || access.write != wnr ||
        access.sign != f.sse || access.wide != f.sf)
        fail_msg("decode of ESR %#lx", (unsigned long)esr);
}

/* A pseudorandom page for each syndrome, and all sixteen lowest offsets in it. */
static void check_addresses(uint64_t esr) {
    uint64_t page = (esr * UINT64_C(0x9e3779b97f4a7c15)) >> 24; /* 40 bits */
    uint64_t hpfar = page * 16 + esr % 16 + (esr & 1 ? UINT64_C(1) << 63 : 0);
    uint64_t far = (esr << 40) + esr % 251 * 16;
    uint64_t first = page * 4096 + esr % 251 * 16;

    for (unsigned offset = 0; offset < 16; offset++) {
        if (access_ipa(hpfar, far + offset) != first + offset)
            fail_msg("IPA of HPFAR %#lx, offset %u", (unsigned long)hpfar, offset);
    }
}

/* The low 9 bits: CM, S1PTW, WnR, DFSC. */
static void check_faults(unsigned ec, unsigned isv, uint64_t upper, struct fields f,
                         const enum access_class expected[2][2][2][64]) {
    for (unsigned low = 0; low < 512; low++) {
        unsigned cm = low / CM, s1ptw = low / S1PTW % 2, wnr = low / WNR % 2, code = low % 64;
        uint64_t esr = ((uint64_t)ec << 26) + upper + low;

        if (access_classify(esr) != expected[isv][cm][s1ptw][code])
            fail_msg("class of ESR %#lx: %d", (unsigned long)esr, access_classify(esr));
        check_decode(esr, f, wnr);
        check_addresses(esr);
    }
}

static void fill_expected(unsigned ec, enum access_class expected[2][2][2][64]) {
    for (unsigned isv = 0; isv < 2; isv++)
        for (unsigned cm = 0; cm < 2; cm++)
            for (unsigned s1ptw = 0; s1ptw < 2; s1ptw++)
                for (unsigned code = 0; code < 64; code++)
                    expected[isv][cm][s1ptw][code] = expected_class(
                        ec, (char)('0' + isv), (char)('0' + cm), (char)('0' + s1ptw), code);
}

/* AR, VNCR, SET, FnV, EA (bits 14 to 9) change nothing; IL is 1, and once more 0. */
static void every_syndrome(void **state) {
    (void)state;
    enum access_class expected[2][2][2][64];

    for (unsigned c = 0; c < 3; c++) {
        fill_expected(classes[c], expected);
        for (unsigned n = 0; n < 1u << 10; n++) {
            unsigned isv = n / 512;
            struct fields f = {n / 128 % 4, n / 64 % 2, n / 2 % 32, n % 2};
            uint64_t upper =
                (uint64_t)isv * ISV + f.sas * SAS + f.sse * SSE + f.srt * SRT + f.sf * SF;
            for (unsigned rest = 0; rest < 64; rest++)
                check_faults(classes[c], isv, upper + rest * REST + (n % 3 ? 1u << 25 : 0), f,
                             (const enum access_class(*)[2][2][64])expected);
        }
    }
}

static void other_exception_classes(void **state) {
    (void)state;

    for (uint64_t ec = 0; ec < 64; ec++) {
        if (ec != 0x20 && ec != 0x24)
            assert_int_equal(access_classify(ec << 26 | 1 << 25 | ISV | 7), ACCESS_NONE);
    }
}

static void status_of_an_abort(void **state) {
    (void)state;

    for (unsigned code = 0; code < 64; code++) {
        unsigned wanted = strchr("WLE", fault_kind[code]) && code != 19 ? code : 16;
        assert_int_equal(access_abort_status(UINT64_C(0x93c08000) + code), wanted);
    }
}

/* What the manual's LDR does, on bytes: take `size`, extend to 4 or 8, clear the rest. */
static uint64_t load_by_bytes(unsigned size, bool sign, bool wide, uint64_t value) {
    uint8_t byte[8];
    uint64_t result = 0;

    for (unsigned n = 0; n < 8; n++) byte[n] = (uint8_t)(value >> 8 * n);
    for (unsigned n = size; n < 8; n++) byte[n] = sign && byte[size - 1] >= 128 ? 255 : 0;
    for (unsigned n = wide ? 8 : 4; n-- > 0;) result = result * 256 + byte[n];
    return result;
}

static uint64_t store_by_bytes(unsigned size, uint64_t value) {
    uint64_t result = 0, weight = 1;

    for (unsigned n = 0; n < size; n++, weight *= 256) result += (value / weight % 256) * weight;
    return result;
}

static void fill_frame(struct frame *frame) {
    for (unsigned n = 0; n < sizeof(*frame) / 8; n++)
        ((uint64_t *)frame)[n] = UINT64_C(0xd1ce000000000000) + n * UINT64_C(0x0101010101);
}

/* One load and one store; nothing but Rt may change. */
static void check_register(struct access access, uint64_t value) {
    unsigned size = (const unsigned[]){1, 2, 4, 8}[access.size_log2];
    struct frame frame, wanted;

    fill_frame(&frame);
    wanted = frame;
    if (access.rt < 31) wanted.x[access.rt] = load_by_bytes(size, access.sign, access.wide, value);
    access_finish(&frame, access, value);
    assert_memory_equal(&frame, &wanted, sizeof(frame));

    if (access.rt < 31) frame.x[access.rt] = value;
    wanted = frame;
    uint64_t stored = store_by_bytes(size, access.rt < 31 ? value : 0);
    assert_true(access_store_value(&frame, access) == stored);
    assert_memory_equal(&frame, &wanted, sizeof(frame));
}

static const uint64_t edges[] = {
    0,
    1,
    0x7f,
    0x80,
    0x81,
    0xff,
    0x100,
    0x7fff,
    0x8000,
    0x8001,
    0xffff,
    0x10000,
    0x7fffffff,
    0x80000000,
    0x80000001,
    0xffffffff,
    UINT64_C(0x100000000),
    UINT64_C(0x7fffffffffffffff),
    UINT64_C(0x8000000000000000),
    UINT64_C(0xffffffffffffffff),
    UINT64_C(0xffffffffffffff00),
    UINT64_C(0xffffffffffffff7f),
    UINT64_C(0xffffffff80000000),
    UINT64_C(0x0123456789abcdef),
    UINT64_C(0xdeadbeefffff0080),
    UINT64_C(0x5555555555555555),
    UINT64_C(0xaaaaaaaaaaaaaaaa),
};

static struct access nth_access(unsigned n) {
    return (struct access){.rt = (uint8_t)(n % 32),
                           .size_log2 = (uint8_t)(n / 32 % 4),
                           .sign = n / 128 % 2,
                           .wide = n / 256 % 2};
}

static void loads_and_stores_of_every_register(void **state) {
    (void)state;

    for (unsigned n = 0; n < 512; n++) {
        struct access access = nth_access(n);
        for (unsigned e = 0; e < sizeof(edges) / sizeof(edges[0]); e++)
            check_register(access, edges[e]);
        for (unsigned place = 0; place < 8; place++)
            for (uint64_t byte = 0; byte < 256; byte++)
                check_register(access, byte << 8 * place | (UINT64_C(0xa5) << (place + 1) % 8 * 8));
    }
}

/* Every value of the low halfword, under zeros, ones and junk. */
static void load_values(void **state) {
    (void)state;
    static const uint64_t over[3] = {0, UINT64_C(0xffffffffffff0000), UINT64_C(0x7a5b8c3d80010000)};

    for (unsigned n = 5; n < 512; n += 32)
        for (unsigned o = 0; o < 3; o++)
            for (uint64_t low = 0; low < 65536; low++) {
                struct access access = nth_access(n);
                uint64_t wanted = load_by_bytes((const unsigned[]){1, 2, 4, 8}[access.size_log2],
                                                access.sign, access.wide, over[o] | low);
                if (access_load_value(access, over[o] | low) != wanted)
                    fail_msg("load %u of %#lx", n, (unsigned long)(over[o] | low));
            }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_syndrome),     cmocka_unit_test(other_exception_classes),
        cmocka_unit_test(status_of_an_abort), cmocka_unit_test(loads_and_stores_of_every_register),
        cmocka_unit_test(load_values),
    };
    return cmocka_run_group_tests_name("access", tests, NULL, NULL);
}
