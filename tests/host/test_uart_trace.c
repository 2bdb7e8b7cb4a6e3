/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two models of one device: whatever a guest does and the wire brings, uart-server's and
 * uart-trace's PL011 answer alike. Then the record of accesses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <uart-server/pl011.h>
#include <uart-trace/table.h>
#include <uart-trace/trace.h>

#define STEPS 400000

static uint64_t seed;

static uint64_t next_random(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* Mostly registers that exist, DR often; sometimes any offset of the page. */
static uint64_t random_offset(unsigned size) {
    static const uint16_t registers[] = {
        0x00, 0x00, 0x00, 0x00, 0x04, 0x18, 0x18, 0x20, 0x24, 0x28,  0x2c,
        0x30, 0x34, 0x38, 0x38, 0x3c, 0x40, 0x44, 0x44, 0x48, 0xfe0, 0xffc,
    };
    uint64_t random = next_random();
    uint64_t offset = random >> 32 & 0xfff;

    if (random % 8 != 0)
        offset = registers[(random >> 8) % (sizeof(registers) / 2)] + (random % 16 == 1 ? 2u : 0u);
    return offset & ~(uint64_t)(size - 1);
}

struct pair {
    struct pl011 uart;
    struct table table;
};

static void access_both(struct pair *pair) {
    unsigned size = 1u << next_random() % 4;
    uint64_t offset = random_offset(size);
    uint64_t value = next_random();

    if (next_random() % 2 != 0) {
        assert_int_equal(pl011_read(&pair->uart, offset, size),
                         table_read(&pair->table, offset, size));
        return;
    }
    /* Full speed ahead in both: small levels and plain data pass as often as noise does. */
    value = value % 4 == 0 ? value >> 8 : value >> 8 & 0xff;
    pl011_write(&pair->uart, offset, size, value);
    table_write(&pair->table, offset, size, value);
}

/* In every other phase the wire is slow and the guest sends much, so that FIFOs fill up. */
static void step_both(struct pair *pair, bool slow) {
    uint16_t character = (uint16_t)next_random();
    uint64_t choice = next_random() % 16;

    if (slow && choice >= 4 && choice < 12) {
        pl011_write(&pair->uart, PL011_DR, 1, character);
        table_write(&pair->table, PL011_DR, 1, character);
        return;
    }
    switch (choice) {
    case 0:
    case 1:
    case 2:
    case 3:
        pl011_receive(&pair->uart, character);
        table_receive(&pair->table, character);
        break;
    case 4:
    case 5: assert_int_equal(pl011_take(&pair->uart), table_take(&pair->table)); break;
    default: access_both(pair);
    }
}

static void assert_alike(struct pair *pair) {
    assert_int_equal(pl011_level(&pair->uart), table_level(&pair->table));
    assert_int_equal(pl011_accepts(&pair->uart), table_accepts(&pair->table));
    for (uint64_t offset = 0x18; offset <= 0x48; offset += 4)
        assert_int_equal(pl011_read(&pair->uart, offset, 4), table_read(&pair->table, offset, 4));
}

static void test_models_agree(void **unused) {
    (void)unused;
    uint32_t deepest_in = 0, deepest_out = 0;
    struct pair pair;

    seed = UINT64_C(0x9e3779b97f4a7c15);
    for (unsigned step = 0; step < STEPS; step++) {
        if (step % 4096 == 0) {
            pl011_reset(&pair.uart);
            table_reset(&pair.table);
        }
        step_both(&pair, step / 128 % 2 != 0);
        assert_alike(&pair);
        deepest_in = pair.uart.rx.count > deepest_in ? pair.uart.rx.count : deepest_in;
        deepest_out = pair.uart.tx.count > deepest_out ? pair.uart.tx.count : deepest_out;
    }
    /* The walk has seen the full FIFOs, or it proves little. */
    assert_int_equal(deepest_in, PL011_FIFO);
    assert_int_equal(deepest_out, PL011_FIFO);
}

/* Each register alone, each value of 16 bits: the masks are the same. */
static void test_masks_agree(void **unused) {
    (void)unused;
    for (uint64_t offset = 4; offset <= 0x4c; offset += 4) {
        struct pair pair;
        pl011_reset(&pair.uart);
        table_reset(&pair.table);
        for (uint32_t value = 0; value < 0x10000; value++) {
            pl011_write(&pair.uart, offset, 4, value);
            table_write(&pair.table, offset, 4, value);
            assert_int_equal(pl011_read(&pair.uart, offset, 4), table_read(&pair.table, offset, 4));
        }
    }
}

static void test_trace(void **unused) {
    (void)unused;
    static struct trace trace;
    unsigned announced = 0;

    for (uint32_t n = 1; n <= 5000; n++) {
        bool told = trace_add(&trace, (struct trace_record){.value = n, .offset = 0x18, .size = 4});
        assert_int_equal(told, n == 1024 || n == 2048 || n == 4096);
        announced += told;
    }
    assert_int_equal(announced, 3);
    assert_int_equal(trace.count, 5000);
    for (uint64_t n = trace.count - TRACE_LENGTH; n < trace.count; n++)
        assert_int_equal(trace.record[n % TRACE_LENGTH].value, n + 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_models_agree),
        cmocka_unit_test(test_masks_agree),
        cmocka_unit_test(test_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
