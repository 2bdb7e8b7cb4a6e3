/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PL031 model against its registers as a table, written from DDI 0224 chapter 3, and its alarm
 * over the wrap of the counter.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <rtc-server/pl031.h>

#define NOW UINT64_C(1700000000)

static const struct specified {
    uint32_t offset, reset, writable;
} specification[] = {
    {0x000, (uint32_t)NOW, 0  },
    {0x004, 0,             ~0u},
    {0x008, 0,             ~0u},
    {0x00c, 1,             0  },
    {0x010, 0,             1  },
    {0x014, 0,             0  },
    {0x018, 0,             0  },
    {0x01c, 0,             0  },
    {0xfe0, 0x31,          0  },
    {0xfe4, 0x10,          0  },
    {0xfe8, 0x04,          0  },
    {0xfec, 0x00,          0  },
    {0xff0, 0x0d,          0  },
    {0xff4, 0xf0,          0  },
    {0xff8, 0x05,          0  },
    {0xffc, 0xb1,          0  },
};
#define SPECIFIED (sizeof(specification) / sizeof(specification[0]))

static uint32_t reset_value(uint32_t offset) {
    for (size_t i = 0; i < SPECIFIED; i++)
        if (specification[i].offset == offset) return specification[i].reset;
    return 0;
}

static struct pl031 fresh(void) {
    struct pl031 rtc;
    pl031_reset(&rtc, NOW);
    return rtc;
}

static uint32_t get(const struct pl031 *rtc, uint64_t now, uint32_t offset) {
    return (uint32_t)pl031_read(rtc, now, offset, 4);
}

static void test_reset_values(void **unused) {
    (void)unused;
    struct pl031 rtc = fresh();

    for (unsigned size = 1; size <= 8; size *= 2)
        for (uint32_t offset = 0; offset < 0x1000; offset += size) {
            uint64_t wide = reset_value(offset & ~3u);
            if (size == 8) wide |= (uint64_t)reset_value(offset + 4) << 32;
            uint64_t lanes = size == 8 ? ~UINT64_C(0) : (UINT64_C(1) << size * 8) - 1;
            assert_int_equal(pl031_read(&rtc, NOW, offset, size), wide >> offset % 4 * 8 & lanes);
        }
    assert_false(pl031_level(&rtc));
}

/* A write of ones in each lane of each offset; LR also moves DR. */
static void test_write_masks(void **unused) {
    (void)unused;
    for (unsigned size = 1; size <= 8; size *= 2)
        for (uint32_t offset = 0; offset < 0x1000; offset += size) {
            struct pl031 rtc = fresh();
            pl031_write(&rtc, NOW, offset, size, ~UINT64_C(0));
            for (size_t i = 1; i < SPECIFIED; i++) {
                const struct specified *reg = &specification[i];
                uint32_t lanes = 0;
                for (unsigned byte = 0; byte < size; byte++)
                    if ((offset + byte) / 4 * 4 == reg->offset)
                        lanes |= 0xffu << (offset + byte) % 4 * 8;
                assert_int_equal(get(&rtc, NOW, reg->offset), reg->reset | (lanes & reg->writable));
            }
        }
}

static void test_time_runs(void **unused) {
    (void)unused;
    struct pl031 rtc = fresh();
    assert_int_equal(get(&rtc, NOW + 5, PL031_DR), NOW + 5);
    pl031_write(&rtc, NOW + 5, PL031_LR, 4, 100);
    assert_int_equal(get(&rtc, NOW + 5, PL031_DR), 100);
    assert_int_equal(get(&rtc, NOW + 65, PL031_DR), 160);
    assert_int_equal(get(&rtc, NOW + 65, PL031_LR), 100);
}

static void test_alarm(void **unused) {
    (void)unused;
    struct pl031 rtc = fresh();
    pl031_write(&rtc, NOW, PL031_MR, 4, NOW + 10);
    pl031_write(&rtc, NOW, PL031_IMSC, 4, 1);
    assert_int_equal(rtc.alarm, NOW + 10);
    pl031_advance(&rtc, NOW + 9);
    assert_false(pl031_level(&rtc));
    pl031_advance(&rtc, NOW + 11);
    assert_true(pl031_level(&rtc));
    assert_int_equal(get(&rtc, NOW + 11, PL031_RIS), 1);
    assert_int_equal(get(&rtc, NOW + 11, PL031_MIS), 1);
    pl031_write(&rtc, NOW + 11, PL031_ICR, 4, 0);
    assert_true(pl031_level(&rtc));
    pl031_write(&rtc, NOW + 11, PL031_ICR, 4, 1);
    assert_false(pl031_level(&rtc));
    pl031_advance(&rtc, NOW + 1000);
    assert_false(pl031_level(&rtc)); /* once a turn of the counter */
    assert_int_equal(rtc.alarm, NOW + 10 + (UINT64_C(1) << 32));
}

static void test_alarm_masked(void **unused) {
    (void)unused;
    struct pl031 rtc = fresh();
    pl031_write(&rtc, NOW, PL031_MR, 4, NOW + 1);
    pl031_advance(&rtc, NOW + 1);
    assert_false(pl031_level(&rtc));
    assert_int_equal(get(&rtc, NOW + 1, PL031_RIS), 1);
    assert_int_equal(get(&rtc, NOW + 1, PL031_MIS), 0);
    pl031_write(&rtc, NOW + 1, PL031_IMSC, 4, 0xfffffffe);
    assert_false(pl031_level(&rtc));
    pl031_write(&rtc, NOW + 1, PL031_IMSC, 1, 1);
    assert_true(pl031_level(&rtc));
}

/* The present second is due at once; one in the past is due after the wrap; LR moves the alarm. */
static void test_alarm_edges(void **unused) {
    (void)unused;
    struct pl031 rtc = fresh();
    pl031_write(&rtc, NOW, PL031_IMSC, 4, 1);
    pl031_write(&rtc, NOW, PL031_MR, 4, NOW);
    assert_true(pl031_level(&rtc));
    pl031_write(&rtc, NOW, PL031_ICR, 4, 1);
    pl031_write(&rtc, NOW, PL031_MR, 4, NOW - 1);
    assert_int_equal(rtc.alarm, NOW - 1 + (UINT64_C(1) << 32));
    pl031_write(&rtc, NOW, PL031_LR, 4, 0xfffffff0);
    pl031_write(&rtc, NOW, PL031_MR, 4, 0x10);
    assert_int_equal(rtc.alarm, NOW + 0x20);
    pl031_write(&rtc, NOW, PL031_LR, 4, 0xfffffff8);
    assert_int_equal(rtc.alarm, NOW + 0x18);
    pl031_write(&rtc, NOW, PL031_LR, 4, 0xfffffff0);
    pl031_advance(&rtc, NOW + 0x20);
    assert_true(pl031_level(&rtc));
    assert_int_equal(get(&rtc, NOW + 0x20, PL031_DR), 0x10);
    pl031_advance(&rtc, ~UINT64_C(0) >> 1); /* however late: the next alarm lies ahead */
    assert_true(rtc.alarm > ~UINT64_C(0) >> 1);
    assert_true(rtc.alarm - (~UINT64_C(0) >> 1) <= UINT64_C(1) << 32);
}

static void test_reset_alarm(void **unused) {
    (void)unused;
    struct pl031 rtc;
    pl031_reset(&rtc, 100); /* MR is 0: at the counter's turn, and not before */
    assert_int_equal(rtc.alarm, UINT64_C(1) << 32);
    pl031_advance(&rtc, UINT32_MAX);
    assert_int_equal(get(&rtc, UINT32_MAX, PL031_RIS), 0);
    pl031_advance(&rtc, UINT64_C(1) << 32);
    assert_int_equal(get(&rtc, UINT64_C(1) << 32, PL031_RIS), 1);
}

static void test_reset_at_zero(void **unused) {
    (void)unused;
    struct pl031 rtc;
    pl031_reset(&rtc, 0);
    pl031_advance(&rtc, 0);
    assert_int_equal(get(&rtc, 0, PL031_RIS), 0);
    assert_int_equal(rtc.alarm, UINT64_C(1) << 32);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reset_values),  cmocka_unit_test(test_write_masks),
        cmocka_unit_test(test_time_runs),     cmocka_unit_test(test_alarm),
        cmocka_unit_test(test_alarm_masked),  cmocka_unit_test(test_alarm_edges),
        cmocka_unit_test(test_reset_at_zero), cmocka_unit_test(test_reset_alarm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
