/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rare half of kernel/access.c: the step over an instruction in odd states of PSTATE, and the
 * level of a stage-1 walk that left memory, over tables that the test lays out by division.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "access.h"

static void fill_frame(struct frame *frame) {
    for (unsigned n = 0; n < sizeof(*frame) / 8; n++)
        ((uint64_t *)frame)[n] = UINT64_C(0xd1ce000000000000) + n * UINT64_C(0x0101010101);
}

/* SPSR before and after, step; a T32 block of three instructions, ITTE EQ and so on. */
static void skip_an_instruction(void **state) {
    (void)state;
    static const struct {
        uint64_t esr, before, after, step;
    } cases[] = {
        {0x92000000, 0x3c5,                        0x3c5,                        4},
        {0x92000000, UINT64_C(0xf0000000) | 0x3c4, UINT64_C(0xf0000000) | 0x3c4, 4},
        {0x92000000, 0x2003c5,                     0x3c5,                        4}, /* SS */
        {0x92000000, 0x0007c5,                     0x3c5,                        4}, /* BTYPE 01 */
        {0x92000000, 0x600fc5,                     0x4003c5,                     4}, /* BTYPE 11, SS; PAN stays */
        {0x92000000, 0x10,                         0x10,                         4}, /* A32 */
        {0x90000000, 0x30,                         0x30,                         2}, /* T32, 16 bits */
        {0x92000000, 0x30,                         0x30,                         4}, /* T32, 32 bits */
    };

    for (unsigned n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
        struct frame frame;
        fill_frame(&frame);
        struct frame wanted = frame;
        wanted.elr = frame.elr + cases[n].step;
        frame.spsr = cases[n].before;
        wanted.spsr = cases[n].after;
        access_skip(&frame, cases[n].esr);
        assert_memory_equal(&frame, &wanted, sizeof(frame));
    }
}

/* IT[7:0] as the manual names it, into its two places in SPSR. */
static uint64_t spsr_of_it(unsigned it) {
    return 0x30 + (uint64_t)(it / 4) * 1024 + (uint64_t)(it % 4) * (1u << 25);
}

static void skip_inside_an_it_block(void **state) {
    (void)state;

    for (unsigned it = 0; it < 256; it++) {
        /* The condition's top three bits stay, the mask moves left; 1000 was the last one. */
        unsigned next = it % 8 == 0 ? 0 : it / 32 * 32 + it % 16 * 2 % 32;
        struct frame frame = {.elr = 0x1000, .spsr = spsr_of_it(it)};
        access_skip(&frame, 0x90000000);
        assert_true(frame.spsr == spsr_of_it(next));
        assert_true(frame.elr == 0x1002);
    }
}

/* --- walks --- */

struct memory {
    uint64_t at[4], descriptor[4];
    unsigned count, reads;
};

static bool memory_read(void *context, uint64_t ipa, uint64_t *value) {
    struct memory *memory = context;

    memory->reads++;
    for (unsigned n = 0; n < memory->count; n++) {
        if (memory->at[n] == ipa) {
            *value = memory->descriptor[n];
            return true;
        }
    }
    return false;
}

struct walk_case {
    uint64_t page, va, top; /* page size; top: a bit to set for the upper half and tags */
    unsigned half, tg, size;
};

/* Bytes that one descriptor of `level` covers. */
static uint64_t level_span(uint64_t page, unsigned level) {
    uint64_t span = page;

    for (unsigned n = 3; n > level; n--) span *= page / 8;
    return span;
}

/* Tables at well-known places, one page apart; descriptors lead from each to the next. */
static unsigned lay_out(const struct walk_case *c, struct memory *memory) {
    uint64_t reach = UINT64_C(1) << (64 - c->size);
    unsigned first = 0;

    while (level_span(c->page, first) >= reach) first++;
    *memory = (struct memory){0};
    for (unsigned level = first; level <= 3; level++) {
        uint64_t span = level_span(c->page, level);
        uint64_t entries = level == first ? reach / span : c->page / 8;
        unsigned n = memory->count++;
        memory->at[n] = UINT64_C(0x40000000) * (n + 1) + (c->va % reach / span) % entries * 8;
        memory->descriptor[n] = (UINT64_C(0x40000000) * (n + 2)) + 3 + (UINT64_C(0x5f) << 55);
    }
    return first;
}

static void check_walk(const struct walk_case *c, bool big_endian) {
    struct memory memory;
    unsigned first = lay_out(c, &memory);
    struct access_stage1 stage1 = {.big_endian = big_endian};
    unsigned at = c->half * 16;

    stage1.ttbr[c->half] = UINT64_C(0x4000003f) + (UINT64_C(0x1234) << 48); /* CnP, RES0, ASID */
    stage1.ttbr[1 - c->half] = UINT64_C(0x77770000);
    stage1.tcr = (uint64_t)(c->size + c->tg * 0x4000u) << at | (uint64_t)0x0a13 << (16 - at);
    for (unsigned n = 0; big_endian && n < memory.count; n++)
        memory.descriptor[n] = __builtin_bswap64(memory.descriptor[n]);
    for (unsigned n = 0; n < memory.count; n++) {
        memory.reads = 0;
        int level = access_walk_level(&stage1, c->va | c->top, memory.at[n] / 4096 * 16,
                                      memory_read, &memory);
        assert_int_equal(level, first + n);
        assert_int_equal(memory.reads, n);
    }
    assert_int_equal(access_walk_level(&stage1, c->va | c->top, 0x9990, memory_read, &memory),
                     ACCESS_WALK_GONE);
    memory.descriptor[0] = 0; /* the guest took the table away meanwhile */
    assert_int_equal(
        access_walk_level(&stage1, c->va | c->top, memory.at[1] / 4096 * 16, memory_read, &memory),
        ACCESS_WALK_GONE);
}

static void levels_of_a_walk(void **state) {
    (void)state;
    static const struct {
        uint64_t page;
        unsigned tg[2];
    } granules[] = {
        {4096,  {0, 2}},
        {16384, {2, 1}},
        {65536, {1, 3}}
    };

    for (unsigned g = 0; g < 3; g++)
        for (unsigned half = 0; half < 2; half++)
            for (unsigned size = granules[g].page == 65536 ? 12 : 16; size <= 39; size++)
                for (unsigned n = 0; n < 16; n++) {
                    uint64_t va = UINT64_C(0x123456789abcdef) * (2 * n + 1);
                    struct walk_case c = {
                        .page = granules[g].page,
                        .va = va % (UINT64_C(1) << (64 - size)),
                        .top = half ? UINT64_MAX << (64 - size) : (uint64_t)n << 60,
                        .half = half,
                        .tg = granules[g].tg[half],
                        .size = size,
                    };
                    if (level_span(c.page, 2) * 2 <= UINT64_C(1) << (64 - size))
                        check_walk(&c, n % 2);
                }
}

/* Whatever the registers hold, the walk ends, and its shifts stay within a word. */
static bool any_table(void *context, uint64_t ipa, uint64_t *value) {
    *value = *(uint64_t *)context ^ ipa << 7;
    *(uint64_t *)context += UINT64_C(0x9e3779b97f4a7c15);
    return true;
}

static void walk_of_any_registers(void **state) {
    (void)state;
    uint64_t seed = 1;

    for (unsigned n = 0; n < 65536; n++) {
        struct access_stage1 stage1 = {
            .tcr = n * UINT64_C(0x10001), .ttbr = {seed, ~seed}
        };
        int level = access_walk_level(&stage1, seed * 3, seed % 64 * 16, any_table, &seed);
        assert_in_range(level + 1, 0, 4);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(skip_an_instruction),
        cmocka_unit_test(skip_inside_an_it_block),
        cmocka_unit_test(levels_of_a_walk),
        cmocka_unit_test(walk_of_any_registers),
    };
    return cmocka_run_group_tests_name("access_rare", tests, NULL, NULL);
}
