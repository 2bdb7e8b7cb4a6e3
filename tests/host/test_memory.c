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
    assert_int_equal(memory_owner(PA(RAM + RAM_MAX - 1)), 7);
    assert_int_equal(memory_init(PA(RAM), RAM_MAX), STATUS_OK);
    assert_int_equal(memory_owner(PA(RAM + RAM_MAX - 1)), MEMORY_NONE);
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
            assert_int_equal(memory_owner(PA(RAM + k * BLOCK)), owners[k]);
            assert_int_equal(memory_owner(PA(RAM + (k + 1) * BLOCK - 1)), owners[k]);
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
    assert_int_equal(memory_owner(PA(RAM - 1)), MEMORY_NONE);
    assert_int_equal(memory_owner(PA(RAM + BLOCKS * BLOCK)), MEMORY_NONE);
}

static void make_pool(struct pool *pool, unsigned first, unsigned count) {
    memset(pages, 0x5a, sizeof(pages));
    pool_init(pool, PA(RAM + first * 4096), count * UINT64_C(4096),
              (uint64_t)(uintptr_t)pages - RAM);
}

static bool is_zero(const uint64_t *page, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (page[i] != 0) return false;
    return true;
}

static void hands_out_pages_once(void **state) {
    uint64_t *taken[PAGES];
    struct pool pool;

    (void)state;
    make_pool(&pool, 0, PAGES);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < PAGES; i++) {
            assert_int_equal(pool_free_count(&pool), PAGES - i);
            taken[i] = pool_take(&pool);
            assert_non_null(taken[i]);
            assert_true(is_zero(taken[i], 512));
            assert_ptr_equal(pool_page(&pool, pool_pa(&pool, taken[i])), taken[i]);
            for (unsigned k = 0; k < i; k++) assert_ptr_not_equal(taken[i], taken[k]);
            memset(taken[i], 0xff, 4096);
        }
        assert_null(pool_take(&pool));
        assert_int_equal(pages[PAGES][0], 0x5a5a5a5a5a5a5a5a);
        for (unsigned i = 0; i < PAGES; i++) pool_give(&pool, taken[(i * 2 + round) % PAGES]);
    }
}

static void hands_out_aligned_pairs(void **state) {
    struct pool pool;
    uint64_t *pair;

    (void)state;
    make_pool(&pool, 1, 4); /* pages 1 to 4: the pair is 2 and 3 */
    pair = pool_take_pair(&pool);
    assert_ptr_equal(pair, pages[2]);
    assert_true(is_zero(pair, 1024));
    assert_int_equal(pool_free_count(&pool), 2);
    assert_null(pool_take_pair(&pool));
    assert_int_equal(pool_free_count(&pool), 2);
    assert_ptr_equal(pool_take(&pool), pages[1]);
    assert_ptr_equal(pool_take(&pool), pages[4]);
    assert_null(pool_take(&pool));
    assert_null(pool_take_pair(&pool));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_bad_ram),         cmocka_unit_test(claims_as_an_array),
        cmocka_unit_test(answers_as_an_array),     cmocka_unit_test(hands_out_pages_once),
        cmocka_unit_test(hands_out_aligned_pairs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
