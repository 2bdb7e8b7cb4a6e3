/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an emulated load or store does to registers and memory: kernel/insn.c in the order in which
 * the kernel calls them, against the pseudocode of insn_reference.c, over random words of every
 * form. That the decode itself is right is insn_oracle.py's business; a few words by hand are here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "access.h"
#include "insn.h"
#include "insn_reference.h"

#define WNR UINT64_C(0x40)

static uint64_t random64(void) {
    static uint64_t seed = 88172645463325252u; /* xorshift: every run is the same */

    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* Addresses all over the place, but often near the ends of the address space. */
static void machine_fill(struct machine *m) {
    uint64_t *word = (uint64_t *)(void *)m;

    for (unsigned n = 0; n < sizeof(*m) / 8; n++) word[n] = random64();
    m->wrote = false;
    if (random64() % 4 == 0) m->x[random64() % 31] = random64() % 64 - 32;
}

/* The guest as the kernel holds it. */
struct guest {
    struct frame frame;
    uint64_t sp;
    uint64_t v[32][2];
    uint8_t memory[MACHINE_MEMORY];
};

static void guest_from(struct guest *guest, const struct machine *m) {
    memset(guest, 0x5a, sizeof(*guest));
    memcpy(guest->frame.x, m->x, sizeof(m->x));
    guest->frame.xzr = 0;
    guest->frame.elr = m->pc;
    guest->sp = m->sp;
    for (unsigned n = 0; n < 32; n++)
        for (unsigned b = 16; b-- > 0;) guest->v[n][b / 8] = guest->v[n][b / 8] << 8 | m->v[n][b];
    memcpy(guest->memory, m->memory, sizeof(m->memory));
}

static struct insn guest_decode(struct guest *guest, uint32_t word) {
    struct insn insn;

    insn_decode(word, &insn);
    insn.regs = (struct insn_regs){&guest->frame, guest->v, guest->sp};
    return insn;
}

/* As the kernel and a server would: all parts, lowest address first, then the registers. */
static void guest_execute(struct guest *guest, struct insn *insn) {
    uint64_t value[INSN_PARTS];
    uint64_t address = insn_address(insn);
    unsigned size = 1u << insn->access.size_log2;

    for (unsigned n = 0; n < INSN_PARTS; n++)
        value[n] = random64(); /* junk above the part's size, and where there is no part */
    for (unsigned part = 0; part < insn->part_count; part++) {
        uint64_t stored = insn->access.write ? insn_store_value(insn, part) : 0;
        for (unsigned n = 0; n < size; n++) {
            uint8_t *place = &guest->memory[(address + part * size + n) % MACHINE_MEMORY];
            if (insn->access.write)
                *place = (uint8_t)(stored >> 8 * n);
            else
                value[part] = (value[part] & ~(UINT64_C(255) << 8 * n)) | (uint64_t)*place << 8 * n;
        }
        if (size < 8 && stored >> 8 * size != 0)
            fail_msg("a part of %u bytes stores %#lx", size, (unsigned long)stored);
    }
    insn_finish(insn, value);
    guest->sp = insn->regs.sp;
}

static void check_agreement(const struct insn *insn, const struct machine *after, uint32_t word) {
    uint64_t esr = UINT64_C(0x92000006) | (after->wrote ? WNR : 0);
    uint64_t tag = random64() << 56;

    for (unsigned n = 0; n < after->bytes; n++) {
        uint64_t far = after->address + n;
        if (!insn_agrees(insn, esr, far ^ tag) || insn_agrees(insn, esr ^ WNR, far))
            fail_msg("%08x does not agree with its byte %u", word, n);
    }
    if (insn_agrees(insn, esr, after->address - 1) ||
        insn_agrees(insn, esr, after->address + after->bytes) ||
        insn_agrees(insn, esr, after->address ^ UINT64_C(1) << 55))
        fail_msg("%08x agrees with an address that is not its own", word);
}

static void check_word(uint32_t word) {
    struct machine m;
    static struct guest guest, wanted;

    machine_fill(&m);
    guest_from(&guest, &m);
    struct insn insn = guest_decode(&guest, word);
    reference_execute(&m, word);
    uint64_t address = insn_address(&insn);
    if (address + m.bytes >= address) /* around the end of all addresses, none is the lowest */
        check_agreement(&insn, &m, word);
    guest_execute(&guest, &insn);
    guest_from(&wanted, &m);
    if (memcmp(&guest, &wanted, sizeof(guest)) != 0)
        fail_msg("%08x: another result than the manual's", word);
}

/* Every form comes up: bits 31:21 and 15:10 run through all of theirs, the rest is random. */
static void random_words(void **state) {
    (void)state;
    unsigned accesses = 0;

    for (uint32_t n = 0; n < 1u << 19; n++) {
        uint32_t form = (n >> 6 & 0x3ff) << 22 | (n & 0x3f) << 10 | (n >> 16 & 1) << 21;
        uint32_t word = (form & ~(1u << 25)) | 1u << 27 | (uint32_t)(random64() & 0x1f03ff);
        struct insn insn;
        if (random64() % 4 == 0) word |= 0x1f0000; /* Rm, Rs = 31 */
        insn_decode(word, &insn);
        if (insn.class != INSN_ACCESS) continue;
        accesses++;
        check_word(word);
    }
    assert_in_range(accesses, 1u << 16, 1u << 19);
}

/* Every word is decoded to something that the rest can execute without leaving its arrays. */
static void bounds_of_any_word(void **state) {
    (void)state;

    for (unsigned n = 0; n < 8u << 20; n++) {
        struct insn insn;
        insn_decode((uint32_t)random64(), &insn);
        if (insn.class != INSN_ACCESS) {
            assert_in_range(insn.class, 1, INSN_CLASS_COUNT - 1);
            continue;
        }
        unsigned bytes = (unsigned)insn.part_count << insn.access.size_log2;
        bool fits = insn.part_count >= 1 && insn.part_count <= INSN_PARTS &&
                    insn.access.size_log2 <= 3 && insn.count >= 1 && insn.count <= 4 &&
                    insn.element_log2 <= 4 && insn.access.rt < 32 && insn.rt2 < 32 &&
                    insn.base <= INSN_PC && insn.index < 32 &&
                    insn.first + bytes / insn.count <= 16 && bytes % insn.count == 0;
        if (!fits || (!insn.vector && insn.part_count != insn.count))
            fail_msg("a decoded word that cannot be");
    }
}

/* Words written down with the assembler's help. */
static void words_by_hand(void **state) {
    (void)state;
    static const struct {
        uint32_t word;
        enum insn_class class;
        unsigned parts, size;
    } cases[] = {
        {0xa9400440, INSN_ACCESS,    2, 8}, /* ldp x0, x1, [x2] */
        {0x69400440, INSN_ACCESS,    2, 4}, /* ldpsw x0, x1, [x2] */
        {0x38401420, INSN_ACCESS,    1, 1}, /* ldrb w0, [x1], #1 */
        {0xad000440, INSN_ACCESS,    4, 8}, /* stp q0, q1, [x2] */
        {0x3dc00020, INSN_ACCESS,    2, 8}, /* ldr q0, [x1] */
        {0x4c402020, INSN_ACCESS,    8, 8}, /* ld1 {v0.16b-v3.16b}, [x1] */
        {0x4c407820, INSN_ACCESS,    4, 4}, /* ld1 {v0.4s}, [x1] */
        {0x0d60e820, INSN_ACCESS,    4, 4}, /* ld4r {v0.2s-v3.2s}, [x1] */
        {0xf9800020, INSN_OTHER,     0, 1}, /* prfm pldl1keep, [x1] */
        {0xc85f7c20, INSN_EXCLUSIVE, 1, 8}, /* ldxr x0, [x1] */
        {0x48207c40, INSN_EXCLUSIVE, 2, 8}, /* casp x0, x1, x0, x1, [x2] */
        {0xb8200041, INSN_EXCLUSIVE, 1, 4}, /* ldadd w0, w1, [x2] */
        {0xf83fd020, INSN_EXCLUSIVE, 8, 8}, /* ld64b x0, [x1] */
        {0xd50b7423, INSN_ZERO_LINE, 0, 1}, /* dc zva, x3 */
        {0xf8200420, INSN_OTHER,     0, 1}, /* ldraa x0, [x1] */
        {0xd50b7c23, INSN_CACHE,     0, 1}, /* dc cvap, x3 */
        {0xd50b7523, INSN_CACHE,     0, 1}, /* ic ivau, x3 */
        {0xd5087623, INSN_CACHE,     0, 1}, /* dc ivac, x3 */
        {0xd5087643, INSN_OTHER,     0, 1}, /* dc isw, x3 */
        {0xd5087803, INSN_OTHER,     0, 1}, /* at s1e1r, x3 */
        {0xd5033fdf, INSN_OTHER,     0, 1}, /* isb */
        {0x00000000, INSN_OTHER,     0, 1},
    };

    for (unsigned n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
        struct insn insn;
        insn_decode(cases[n].word, &insn);
        assert_int_equal(insn.class, cases[n].class);
        assert_int_equal(insn.part_count, cases[n].parts);
        assert_int_equal(1u << insn.access.size_log2, cases[n].size);
    }
}

/* The classes that only lead to an abort: their word must name the address as well. */
static void agreement_of_the_others(void **state) {
    (void)state;
    static struct machine m;
    static struct guest guest;
    struct insn insn;
    uint64_t at = UINT64_C(0x0000700012345f80);

    m.x[1] = m.x[3] = at;
    guest_from(&guest, &m);
    insn = guest_decode(&guest, 0xc85f7c20); /* ldxr x0, [x1] */
    assert_true(insn_agrees(&insn, 0, at));
    assert_true(insn_agrees(&insn, WNR, at + 7));
    assert_false(insn_agrees(&insn, 0, at + 8));
    insn = guest_decode(&guest, 0xd50b7423); /* dc zva, x3 */
    assert_true(insn_agrees(&insn, WNR, at & ~UINT64_C(63)));
    assert_true(insn_agrees(&insn, WNR, at + 63));
    assert_false(insn_agrees(&insn, 0, at));
    assert_false(insn_agrees(&insn, WNR, at + 128));
    insn = guest_decode(&guest, 0xd50b743f); /* dc zva, xzr */
    assert_true(insn_agrees(&insn, WNR, 0x40));
    insn = guest_decode(&guest, 0xd50b7c23); /* dc cvap, x3 */
    assert_true(insn_agrees(&insn, WNR, at + 63));
    assert_true(insn_agrees(&insn, 0, at & ~UINT64_C(63)));
    assert_false(insn_agrees(&insn, 0, at + 0x1000));
    insn = guest_decode(&guest, 0xd5033fdf); /* isb */
    assert_false(insn_agrees(&insn, 0, 0));
    insn = guest_decode(&guest, 0xf8200420); /* ldraa x0, [x1] */
    assert_false(insn_agrees(&insn, 0, at));
    insn = guest_decode(&guest, 0xf9800020); /* prfm pldl1keep, [x1] */
    assert_false(insn_agrees(&insn, 0, at));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_by_hand),
        cmocka_unit_test(random_words),
        cmocka_unit_test(bounds_of_any_word),
        cmocka_unit_test(agreement_of_the_others),
    };
    return cmocka_run_group_tests_name("insn", tests, NULL, NULL);
}
