/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PL011 model against its registers as a table, written from DDI 0183 (chapter 3 and 2.8), and
 * against what drivers do: sequences of Linux and U-Boot.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <uart-server/pl011.h>

static const struct specified {
    uint32_t offset, reset, readable, writable; /* bits that read back, bits that a write changes */
} specification[] = {
    {0x000, 0,     0,      0     }, /* DR: empty */
    {0x004, 0,     0,      0     }, /* RSR */
    {0x018, 0x90,  0x90,   0     }, /* FR: both FIFOs empty */
    {0x020, 0,     0xff,   0xff  },
    {0x024, 0,     0xffff, 0xffff},
    {0x028, 0,     0x3f,   0x3f  },
    {0x02c, 0,     0xff,   0xff  },
    {0x030, 0x300, 0xff87, 0xff87},
    {0x034, 0x12,  0x3f,   0x3f  },
    {0x038, 0,     0x7ff,  0x7ff },
    {0x03c, 0,     0,      0     },
    {0x040, 0,     0,      0     },
    {0x044, 0,     0,      0     },
    {0x048, 0,     0x7,    0x7   },
    {0xfe0, 0x11,  0xff,   0     },
    {0xfe4, 0x10,  0xff,   0     },
    {0xfe8, 0x14,  0xff,   0     },
    {0xfec, 0x00,  0xff,   0     },
    {0xff0, 0x0d,  0xff,   0     },
    {0xff4, 0xf0,  0xff,   0     },
    {0xff8, 0x05,  0xff,   0     },
    {0xffc, 0xb1,  0xff,   0     },
};
#define SPECIFIED (sizeof(specification) / sizeof(specification[0]))

static const struct specified *find(uint32_t offset) {
    static const struct specified reserved = {0, 0, 0, 0};

    for (size_t i = 0; i < SPECIFIED; i++)
        if (specification[i].offset == offset) return &specification[i];
    return &reserved;
}

static struct pl011 fresh(void) {
    struct pl011 uart;
    pl011_reset(&uart);
    return uart;
}

static uint32_t get(struct pl011 *uart, uint32_t offset) {
    return (uint32_t)pl011_read(uart, offset, 4);
}

static void put(struct pl011 *uart, uint32_t offset, uint32_t value) {
    pl011_write(uart, offset, 4, value);
}

/* Every offset and size after reset: the lanes of the specified reset values, and nothing else. */
static void test_reset_values(void **unused) {
    (void)unused;
    for (unsigned size = 1; size <= 8; size *= 2)
        for (uint32_t offset = 0; offset < 0x1000; offset += size) {
            struct pl011 uart = fresh();
            uint64_t wide = find(offset & ~3u)->reset;
            if (size == 8) wide |= (uint64_t)find(offset + 4)->reset << 32;
            uint64_t lanes = size == 8 ? ~UINT64_C(0) : (UINT64_C(1) << size * 8) - 1;
            assert_int_equal(pl011_read(&uart, offset, size), wide >> offset % 4 * 8 & lanes);
        }
    struct pl011 uart = fresh();
    assert_false(pl011_level(&uart));
}

/* Every offset and size: a write of ones changes the writable bits in its lanes and no other
 * register's. DR, LCR_H and CR.LBE have effects of their own, which have their own tests. */
static void test_write_masks(void **unused) {
    (void)unused;
    for (unsigned size = 1; size <= 8; size *= 2)
        for (uint32_t offset = size == 8 ? 8 : 4; offset < 0x1000; offset += size) {
            struct pl011 uart = fresh();
            uint64_t ones = ~(uint64_t)(offset == PL011_CR ? PL011_CR_LBE : 0);
            pl011_write(&uart, offset, size, ones);
            for (size_t i = 1; i < SPECIFIED; i++) {
                const struct specified *reg = &specification[i];
                uint32_t lanes = 0;
                for (unsigned byte = 0; byte < size; byte++)
                    if ((offset + byte) / 4 * 4 == reg->offset)
                        lanes |= 0xffu << (offset + byte) % 4 * 8;
                uint32_t expected = reg->reset | (lanes & (uint32_t)ones & reg->writable);
                assert_int_equal(get(&uart, reg->offset), expected & reg->readable);
            }
        }
}

static void test_write_clears(void **unused) {
    (void)unused;
    struct pl011 uart = fresh();
    put(&uart, PL011_CR, 0xffff);
    put(&uart, PL011_CR, 0x301);
    assert_int_equal(get(&uart, PL011_CR), 0x301);
    pl011_write(&uart, PL011_CR + 1, 1, 0xff);
    assert_int_equal(get(&uart, PL011_CR), 0xff01);
    pl011_write(&uart, PL011_CR, 1, 0);
    assert_int_equal(get(&uart, PL011_CR), 0xff00);
}

static void test_transmit_fifo(void **unused) {
    (void)unused;
    struct pl011 uart = fresh();
    put(&uart, PL011_LCR_H, 0x70);
    for (unsigned i = 0; i < 16; i++) {
        assert_int_equal(get(&uart, PL011_FR), i == 0 ? 0x90 : 0x18);
        put(&uart, PL011_DR, 'a' + i);
    }
    assert_int_equal(get(&uart, PL011_FR), 0x38); /* TXFF, BUSY, RXFE */
    put(&uart, PL011_DR, 'x');                    /* lost */
    for (unsigned i = 0; i < 16; i++) {
        assert_int_equal(pl011_take(&uart), 'a' + i);
        assert_int_equal(get(&uart, PL011_FR), i == 15 ? 0x90 : 0x18);
        /* IFLS after reset: half full. Set once 8 or fewer are left. */
        assert_int_equal(get(&uart, PL011_RIS), i >= 7 ? PL011_INT_TX : 0);
    }
    assert_int_equal(pl011_take(&uart), -1);
}

static void test_transmit_without_fifo(void **unused) {
    (void)unused;
    struct pl011 uart = fresh();
    put(&uart, PL011_DR, 'a');
    assert_int_equal(get(&uart, PL011_FR), 0x38);
    assert_int_equal(get(&uart, PL011_RIS), 0);
    put(&uart, PL011_DR, 'b');
    assert_int_equal(pl011_take(&uart), 'a');
    assert_int_equal(get(&uart, PL011_RIS), PL011_INT_TX);
    assert_int_equal(pl011_take(&uart), -1);
    put(&uart, PL011_DR, 'c'); /* ends the interrupt: the holding register is full */
    assert_int_equal(get(&uart, PL011_RIS), 0);
}

static const struct {
    unsigned select, characters;
} levels[] = {
    {0, 2 },
    {1, 4 },
    {2, 8 },
    {3, 12},
    {4, 14}
};

static void test_transmit_levels(void **unused) {
    (void)unused;
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        struct pl011 uart = fresh();
        put(&uart, PL011_LCR_H, 0x10);
        put(&uart, PL011_IFLS, levels[i].select);
        put(&uart, PL011_IMSC, PL011_INT_TX);
        for (unsigned n = 0; n < 16; n++) put(&uart, PL011_DR, n);
        for (unsigned left = 16; left-- > 0;) {
            pl011_take(&uart);
            assert_int_equal(pl011_level(&uart), left <= levels[i].characters);
        }
        for (unsigned n = 0; n <= levels[i].characters; n++) {
            assert_true(pl011_level(&uart));
            put(&uart, PL011_DR, n);
        }
        assert_false(pl011_level(&uart)); /* above the level again */
        while (pl011_take(&uart) >= 0)
            ;
        put(&uart, PL011_ICR, PL011_INT_TX);
        assert_false(pl011_level(&uart));
        put(&uart, PL011_DR, 0);
        assert_false(pl011_level(&uart));
        pl011_take(&uart);
        assert_true(pl011_level(&uart));
    }
}

static void test_receive_levels(void **unused) {
    (void)unused;
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        struct pl011 uart = fresh();
        put(&uart, PL011_LCR_H, 0x10);
        put(&uart, PL011_IFLS, levels[i].select << 3);
        for (unsigned n = 1; n <= 16; n++) {
            assert_true(pl011_accepts(&uart));
            pl011_receive(&uart, (uint16_t)('a' + n));
            uint32_t expected = n >= levels[i].characters ? PL011_INT_RX : 0;
            assert_int_equal(get(&uart, PL011_RIS), expected | PL011_INT_RT);
        }
        assert_false(pl011_accepts(&uart));
        assert_int_equal(get(&uart, PL011_FR), 0xc0); /* TXFE, RXFF */
        for (unsigned left = 16; left-- > 0;) {
            assert_int_equal(get(&uart, PL011_DR), 'a' + 16 - left);
            assert_int_equal(get(&uart, PL011_RIS),
                             (left >= levels[i].characters ? PL011_INT_RX : 0) |
                                 (left > 0 ? PL011_INT_RT : 0));
        }
        assert_int_equal(get(&uart, PL011_FR), 0x90);
        assert_int_equal(get(&uart, PL011_DR), 0);
    }
}

/* One typed character: below the level, so the timeout brings it. */
static void test_receive_timeout(void **unused) {
    (void)unused;
    struct pl011 uart = fresh();
    put(&uart, PL011_LCR_H, 0x70);
    put(&uart, PL011_IMSC, PL011_INT_RX | PL011_INT_RT);
    assert_false(pl011_level(&uart));
    pl011_receive(&uart, 'k');
    assert_true(pl011_level(&uart));
    assert_int_equal(get(&uart, PL011_MIS), PL011_INT_RT);
    assert_int_equal(pl011_read(&uart, PL011_DR, 2), 'k');
    assert_false(pl011_level(&uart));
    assert_int_equal(get(&uart, PL011_RIS), 0);
}

static void test_receive_errors(void **unused) {
    (void)unused;
    struct pl011 uart = fresh();
    put(&uart, PL011_LCR_H, 0x10);
    pl011_receive(&uart, 0x400); /* a break */
    pl011_receive(&uart, 'k');
    pl011_receive(&uart, 0x100 | 'f');
    pl011_receive(&uart, 0xa00 | 'p');              /* behind some that the port had no room for */
    assert_int_equal(get(&uart, PL011_RIS), 0x7c0); /* OE, BE, PE, FE, RT */
    assert_int_equal(get(&uart, PL011_DR), 0x400);
    assert_int_equal(get(&uart, PL011_RSR), 0xc);
    assert_int_equal(get(&uart, PL011_DR), 'k');
    assert_int_equal(get(&uart, PL011_RSR), 0x8); /* OE stays */
    assert_int_equal(get(&uart, PL011_DR), 0x100 | 'f');
    assert_int_equal(get(&uart, PL011_DR), 0xa00 | 'p');
    assert_int_equal(get(&uart, PL011_RSR), 0xa);
    pl011_write(&uart, PL011_RSR, 1, 0); /* any write to ECR clears */
    assert_int_equal(get(&uart, PL011_RSR), 0);
    put(&uart, PL011_ICR, 0x80);
    assert_int_equal(get(&uart, PL011_RIS), 0x700); /* RT has ended with the last character */
    put(&uart, PL011_ICR, ~0u);
    assert_int_equal(get(&uart, PL011_RIS), 0);
}

static void test_loopback_and_overrun(void **unused) {
    (void)unused;
    struct pl011 uart = fresh();
    put(&uart, PL011_CR, 0x381);
    assert_false(pl011_accepts(&uart)); /* the wire is cut off */
    put(&uart, PL011_DR, 'a');
    assert_int_equal(pl011_take(&uart), -1);
    assert_int_equal(get(&uart, PL011_RIS), PL011_INT_RX | PL011_INT_TX | PL011_INT_RT);
    put(&uart, PL011_DR, 'b'); /* no FIFO: overrun */
    assert_int_equal(get(&uart, PL011_RSR), 0x8);
    assert_true(get(&uart, PL011_RIS) & PL011_INT_OE);
    assert_int_equal(get(&uart, PL011_DR), 'a');
    put(&uart, PL011_DR, 'c');
    assert_int_equal(get(&uart, PL011_DR), 'c' | PL011_DR_OE);
    put(&uart, PL011_DR, 'd');
    assert_int_equal(get(&uart, PL011_DR), 'd');
    assert_int_equal(get(&uart, PL011_RSR), 0x8); /* until ECR */
    put(&uart, PL011_RSR, 0);
    assert_int_equal(get(&uart, PL011_RSR), 0);
}

/* CR's RTS, DTR, Out1, Out2 come back as FR's CTS, DSR, DCD, RI, with an interrupt for each change:
 * RIS has CTSM, DSRM, DCDM, RIM in an order of its own. */
static void test_loopback_of_modem(void **unused) {
    (void)unused;
    static const struct {
        uint32_t cr, fr, ris;
    } lines[] = {
        {0x0800, 0x001, 0x2},
        {0x0400, 0x002, 0x8},
        {0x1000, 0x004, 0x4},
        {0x2000, 0x100, 0x1}
    };
    for (size_t i = 0; i < 4; i++) {
        struct pl011 uart = fresh();
        put(&uart, PL011_CR, 0x301 | lines[i].cr);
        assert_int_equal(get(&uart, PL011_FR), 0x90); /* not looped: nothing is connected */
        put(&uart, PL011_CR, 0x381);
        assert_int_equal(get(&uart, PL011_FR), 0x90);
        assert_int_equal(get(&uart, PL011_RIS), 0);
        put(&uart, PL011_CR, 0x381 | lines[i].cr);
        assert_int_equal(get(&uart, PL011_FR), 0x90 | lines[i].fr);
        assert_int_equal(get(&uart, PL011_RIS), lines[i].ris);
        put(&uart, PL011_IMSC, lines[i].ris);
        assert_true(pl011_level(&uart));
        put(&uart, PL011_ICR, lines[i].ris);
        put(&uart, PL011_CR, 0x381 | lines[i].cr); /* no change */
        assert_false(pl011_level(&uart));
        put(&uart, PL011_CR, 0x301 | lines[i].cr);
        assert_true(pl011_level(&uart));
        assert_int_equal(get(&uart, PL011_FR), 0x90);
    }
}

/* Turning the FIFOs off keeps what is in them; there is no room until it is read. */
static void test_fifo_switched_off(void **unused) {
    (void)unused;
    struct pl011 uart = fresh();
    put(&uart, PL011_LCR_H, 0x10);
    pl011_receive(&uart, 'a');
    pl011_receive(&uart, 'b');
    put(&uart, PL011_LCR_H, 0);
    assert_int_equal(get(&uart, PL011_FR) & (PL011_FR_RXFF | PL011_FR_RXFE), PL011_FR_RXFF);
    assert_int_equal(get(&uart, PL011_DR), 'a');
    assert_false(pl011_accepts(&uart));
    assert_int_equal(get(&uart, PL011_DR), 'b');
    assert_true(pl011_accepts(&uart));
}

static void test_sizes_of_data(void **unused) {
    (void)unused;
    struct pl011 uart = fresh();
    put(&uart, PL011_LCR_H, 0x10);
    pl011_write(&uart, PL011_DR, 1, 'a');
    pl011_write(&uart, PL011_DR, 2, 0xff00 | 'b');
    pl011_write(&uart, PL011_DR, 4, 0xffffff00 | 'c');
    pl011_write(&uart, PL011_DR + 1, 1, 'd'); /* a lane without data */
    pl011_write(&uart, PL011_DR + 2, 2, 'e');
    pl011_write(&uart, PL011_DR, 8, 'f');
    for (int character = 'a'; character <= 'c'; character++)
        assert_int_equal(pl011_take(&uart), character);
    assert_int_equal(pl011_take(&uart), 'f');
    assert_int_equal(pl011_take(&uart), -1);
    pl011_receive(&uart, 0x400 | 'x');
    assert_int_equal(pl011_read(&uart, PL011_DR, 8),
                     UINT64_C(0x400000400) | 'x'); /* DR, then RSR */
    pl011_receive(&uart, 0x100 | 'y');
    assert_int_equal(pl011_read(&uart, PL011_DR + 1, 1), 1); /* any lane fetches */
    assert_int_equal(get(&uart, PL011_FR), 0x90);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reset_values),          cmocka_unit_test(test_write_masks),
        cmocka_unit_test(test_write_clears),          cmocka_unit_test(test_transmit_fifo),
        cmocka_unit_test(test_transmit_without_fifo), cmocka_unit_test(test_transmit_levels),
        cmocka_unit_test(test_receive_levels),        cmocka_unit_test(test_receive_timeout),
        cmocka_unit_test(test_receive_errors),        cmocka_unit_test(test_loopback_and_overrun),
        cmocka_unit_test(test_loopback_of_modem),     cmocka_unit_test(test_fifo_switched_off),
        cmocka_unit_test(test_sizes_of_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
