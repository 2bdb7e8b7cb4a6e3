/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The owner map, against a plain array of bytes, at every edge of a small RAM; and page pools:
 * zeroed pages, none lost, none twice.
 */
#include "memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define RAM    UINT64_C(0x40000000)
#define BLOCKS 6
#define BLOCK  UINT64_C(0x200000)
#define PAGES  5

static _Alignas(8192) uint64_t pages[PAGES + 1][512];

static void refuses_bad_ram(void **state) {
    (void)state;
    assert_int_equal(memory_init(PA(RAM + 4096), BLOCK), STATUS_RANGE);
    assert_int_equal(memory_init(PA(RAM), BLOCK + 4096), STATUS_RANGE);
    assert_int_equal(memory_init(PA(RAM), RAM_MAX + BLOCK), STATUS_RANGE);
    assert_int_equal(memory_init(PA(-BLOCK), 2 * BLOCK), STATUS_RANGE);
    assert_int_equal(memory_init(PA(RAM), RAM_MAX), STATUS_OK);
    assert_int_equal(memory_claim(PA(RAM + RAM_MAX - 1), 1, 7), STATUS_OK);
    assert_true(memory_owned(PA(RAM + RAM_MAX - 1), 1, 7));
    assert_int_equal(memory_init(PA(RAM), RAM_MAX), STATUS_OK);
    assert_false(memory_owned(PA(RAM + RAM_MAX - 1), 1, 7));
    assert_int_equal(memory_claim(PA(RAM + RAM_MAX - 1), 1, 8), STATUS_OK);
}

/* All ranges between edges of blocks, one byte more or less, and the ends of the address space. */
static unsigned edges(uint64_t list[64]) {
    unsigned count = 0;

    for (unsigned i = 0; i <= BLOCKS; i++)
        for (int by = -1; by <= 1; by++) list[count++] = RAM + i * BLOCK + (uint64_t)(int64_t)by;
    list[count++] = 0;
    list[count++] = UINT64_MAX;
    return count;
}

/* The same question, byte ranges against an array of blocks. */
static bool all_are(const uint8_t owners[BLOCKS], uint64_t start, uint64_t end, uint8_t a,
                    uint8_t b) {
    if (start >= end || start < RAM || end > RAM + BLOCKS * BLOCK) return false;
    for (unsigned i = 0; i < BLOCKS; i++)
        if (RAM + i * BLOCK < end && RAM + (i + 1) * BLOCK > start && owners[i] != a &&
            owners[i] != b)
            return false;
    return true;
}

static void claims_as_an_array(void **state) {
    uint8_t owners[BLOCKS];
    uint64_t list[64];
    unsigned count = edges(list);

    (void)state;
    for (unsigned i = 0; i < count * count; i++) {
        uint64_t start = list[i / count], end = list[i % count], size = end - start;
        bool inside = start < end && start >= RAM && end <= RAM + BLOCKS * BLOCK;
        enum status expected;

        assert_int_equal(memory_init(PA(RAM), BLOCKS * BLOCK), STATUS_OK);
        assert_int_equal(memory_claim(PA(RAM + 2 * BLOCK), BLOCK, 65), STATUS_OK);
        assert_int_equal(memory_claim(PA(RAM + 3 * BLOCK), BLOCK, 66), STATUS_OK);
        memcpy(owners, (uint8_t[]){0, 0, 65, 66, 0, 0}, BLOCKS);
        expected = !inside                                        ? STATUS_RANGE
                   : all_are(owners, start, end, MEMORY_NONE, 65) ? STATUS_OK
                                                                  : STATUS_OVERLAP;
        assert_int_equal(memory_claim(PA(start), size, 65), expected);
        for (unsigned k = 0; k < BLOCKS; k++) {
            if (expected == STATUS_OK && RAM + k * BLOCK < end && RAM + (k + 1) * BLOCK > start)
                owners[k] = 65;
            for (uint8_t owner = 65; owner <= 66; owner++) {
                assert_int_equal(memory_owned(PA(RAM + k * BLOCK), 1, owner), owners[k] == owner);
                assert_int_equal(memory_owned(PA(RAM + (k + 1) * BLOCK - 1), 1, owner),
                                 owners[k] == owner);
            }
        }
    }
}

static void answers_as_an_array(void **state) {
    static const uint8_t owners[BLOCKS] = {65, 65, 66, MEMORY_NONE, 65, 65};
    uint64_t list[64];
    unsigned count = edges(list);

    (void)state;
    assert_int_equal(memory_init(PA(RAM), BLOCKS * BLOCK), STATUS_OK);
    for (unsigned i = 0; i < BLOCKS; i++)
        if (owners[i] != MEMORY_NONE)
            assert_int_equal(memory_claim(PA(RAM + i * BLOCK), BLOCK, owners[i]), STATUS_OK);
    for (unsigned i = 0; i < count * count; i++) {
        uint64_t start = list[i / count], end = list[i % count], size = end - start;
        bool outside = start < end && (end <= RAM || start >= RAM + BLOCKS * BLOCK);

        if (start > end) continue;
        assert_int_equal(memory_owned(PA(start), size, 65), all_are(owners, start, end, 65, 65));
        assert_int_equal(memory_owned(PA(start), size, 66), all_are(owners, start, end, 66, 66));
        assert_false(memory_owned(PA(start), size, MEMORY_NONE));
        assert_int_equal(memory_outside(PA(start), size), outside);
    }
    assert_false(memory_owned(PA(RAM), UINT64_MAX, 65));
    assert_false(memory_owned(PA(RAM - BLOCK), -BLOCK, 65));
}

static struct pool make_pool(unsigned first, unsigned count) {
    memset(pages, 0x5a, sizeof(pages));
    kernel_offset = (uint64_t)(uintptr_t)pages - RAM;
    return (struct pool){RAM + first * 4096, RAM + (first + count) * 4096};
}

static bool is_zero(const uint64_t *page, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (page[i] != 0) return false;
    return true;
}

static void hands_out_pages_once(void **state) {
    struct pool pool = make_pool(0, PAGES);

    (void)state;
    for (unsigned i = 0; i < PAGES; i++) {
        uint64_t *taken = pool_take(&pool, 1);

        assert_ptr_equal(taken, pages[i]);
        assert_true(is_zero(taken, 512));
        memset(taken, 0xff, 4096);
    }
    for (unsigned i = 0; i < 3; i++) {
        assert_null(pool_take(&pool, 1));
        assert_null(pool_take(&pool, 2));
    }
    assert_int_equal(pages[PAGES][0], 0x5a5a5a5a5a5a5a5a);
}

/* Behind an odd page one page is lost. */
static void hands_out_aligned_pairs(void **state) {
    struct pool pool = make_pool(1, 4); /* pages 1 to 4: the pair is 2 and 3 */
    uint64_t *pair = pool_take(&pool, 2);

    (void)state;
    assert_ptr_equal(pair, pages[2]);
    assert_true(is_zero(pair, 1024));
    assert_null(pool_take(&pool, 2));
    assert_ptr_equal(pool_take(&pool, 1), pages[4]);
    assert_null(pool_take(&pool, 1));

    pool = make_pool(1, 2); /* no pair in it, and none behind it */
    assert_null(pool_take(&pool, 2));
    assert_int_equal(pages[3][0], 0x5a5a5a5a5a5a5a5a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_bad_ram),         cmocka_unit_test(claims_as_an_array),
        cmocka_unit_test(answers_as_an_array),     cmocka_unit_test(hands_out_pages_once),
        cmocka_unit_test(hands_out_aligned_pairs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
