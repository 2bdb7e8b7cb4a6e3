/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gicd-server's distributor and redistributors against an oracle, with a kernel of the test's own:
 * every byte offset at every size, then random histories, then histories in which the server dies
 * at one of its calls and the access is repeated.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "gicd_kernel.h"
#include "gicd_oracle.h"

#include <cmocka.h>

#include "gicd-server/gic.h"

#define VM 3

static struct gic gic;
static struct oracle oracle;

static const struct config_vm configs[] = {
    {4,  96,  {0, 1, 2, 3}                                           },
    {1,  64,  {0}                                                    },
    {6,  288, {0x0100, 0x0101, 0x100000000, 0xff00ff00ff, 0x0f, 0x10}},
    {16, 992, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15} },
};
#define CONFIG_COUNT (sizeof configs / sizeof configs[0])

static uint64_t random_state = 88172645463325252;

static uint64_t random64(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

/* Sparse and dense values, and affinities that exist: uniform ones would nearly never meet. */
static uint64_t random_value(void) {
    switch (random64() % 6) {
    case 0: return UINT64_C(1) << random64() % 64;
    case 1: return random64() & random64() & random64();
    case 2: return UINT64_MAX;
    case 3: return oracle.config.mpidr[random64() % oracle.config.vcpu_count];
    case 4: return random64() % 4;
    }
    return random64();
}

static void check_irq(uint32_t vcpu, uint32_t intid) {
    const struct kernel_irq *have = kernel_irq(vcpu, intid);
    const struct oracle_irq *want = oracle_irq(&oracle, vcpu, intid);
    bool group_on = want->group1 ? oracle.group1_on : oracle.group0_on;

    if (have->deliver != (want->enabled && group_on) || have->group1 != want->group1 ||
        have->edge != want->edge || have->priority != want->priority ||
        have->latch != want->pending || have->active != want->active ||
        (intid >= 32 && have->target != oracle_target(&oracle, intid)))
        fail_msg("vCPU %u INTID %u differs at the kernel", vcpu, intid);
}

static void check_kernel(void) {
    for (uint32_t vcpu = 0; vcpu < oracle.config.vcpu_count; vcpu++)
        for (uint32_t intid = 0; intid < 32; intid++) check_irq(vcpu, intid);
    for (uint32_t intid = 32; intid < oracle.config.spi_end; intid++) check_irq(0, intid);
}

static void check_read(enum oracle_window window, uint32_t offset, unsigned size) {
    struct reply reply = window == ORACLE_GICD ? distributor_read(&gic, offset, size)
                                               : redistributor_read(&gic, offset, size);
    uint64_t want = oracle_read(&oracle, window, offset, size);

    if (reply.value != want || reply.how != 0)
        fail_msg("window %d offset %#x size %u reads %#llx, not %#llx", window, offset, size,
                 (unsigned long long)reply.value, (unsigned long long)want);
}

/* Visits until it is done; each but the last tells the kernel of one block of 32 INTIDs. */
static void model_write(enum oracle_window window, uint32_t offset, unsigned size, uint64_t value) {
    struct reply reply;
    for (unsigned visits = 0; visits <= VCPU_MAX + SPI_END / 32; visits++) {
        unsigned calls = kernel.calls;
        reply = window == ORACLE_GICD ? distributor_write(&gic, offset, size, value)
                                      : redistributor_write(&gic, offset, size, value);
        if (reply.how != (uint64_t)VERDICT_MORE << REPLY_VERDICT_SHIFT) break;
        assert_in_range(kernel.calls - calls, 1, 2);
    }
    assert_int_equal(reply.how, 0);
}

static void check_write(enum oracle_window window, uint32_t offset, unsigned size, uint64_t value) {
    kernel.calls = 0;
    model_write(window, offset, size, value);
    bool taken = oracle_write(&oracle, window, offset, size, value);
    if (!taken && kernel.calls != 0)
        fail_msg("window %d offset %#x size %u: no register, but %u calls", window, offset, size,
                 kernel.calls);
    if (taken) check_kernel();
}

/* The kernel's words start as rubbish: a reset relies on nothing. */
static void start(const struct config_vm *config) {
    memset(&kernel, 0, sizeof kernel);
    kernel.vm = VM;
    kernel.vcpu_count = config->vcpu_count;
    kernel.spi_end = config->spi_end;
    for (uint32_t n = 0; n < VCPU_MAX * 32 + SPI_END; n++) {
        uint64_t r = random64();
        struct kernel_irq irq = {.latch = r & 1, .active = r & 2, .edge = r & 4, .group1 = r & 8};
        irq.priority = (uint8_t)(r >> 8);
        irq.deliver = r & 16;
        if (n < VCPU_MAX * 32)
            kernel.private[n / 32][n % 32] = irq;
        else
            kernel.spi[n - VCPU_MAX * 32] = irq;
    }
    memset(&gic, (int)(random64() & 0xff), sizeof gic);
    oracle.config = *config;
    oracle_reset(&oracle);
    distributor_reset(&gic, VM, config, true);
}

static uint32_t window_size(enum oracle_window window) {
    return window == ORACLE_GICD ? 0x10000 : (oracle.config.vcpu_count + 1) * 0x20000;
}

/* Mostly offsets where something is. */
static uint32_t random_offset(enum oracle_window window, unsigned size) {
    static const uint32_t bases[] = {0x80, 0x100, 0x180, 0x200, 0x280, 0x300, 0x380, 0x400, 0xc00};
    uint32_t vcpu = (uint32_t)random64() % oracle.config.vcpu_count;
    uint32_t end = oracle.config.spi_end, offset;

    switch (random64() % 8) {
    case 0: return (uint32_t)random64() % window_size(window);
    case 1: return window == ORACLE_GICD ? 0 : vcpu * 0x20000 + 0x14;
    case 2:
        offset = 0x6000 + (uint32_t)random64() % (end * 8);
        return window == ORACLE_GICD ? offset / size * size : offset % 0x100;
    }
    offset = bases[random64() % 9];
    uint32_t bytes = offset == 0x400 ? end : offset == 0xc00 ? end / 4 : end / 8;
    offset += (uint32_t)random64() % (bytes + 4) / size * size;
    return window == ORACLE_GICD ? offset : vcpu * 0x20000 + 0x10000 + offset;
}

static void random_line(void) {
    uint32_t vcpu = (uint32_t)random64() % oracle.config.vcpu_count;
    uint32_t intid = 16 + (uint32_t)random64() % (oracle.config.spi_end - 16);
    bool level = random64() & 1;

    kernel_irq(vcpu, intid)->line = level;
    oracle_irq(&oracle, vcpu, intid)->line = level;
}

/* One access: mostly a word, of which there is most to see. */
static void random_access(enum oracle_window *window, uint32_t *offset, unsigned *size) {
    *window = random64() % 2 ? ORACLE_GICD : ORACLE_GICR;
    *size = random64() % 2 ? 4 : 1u << random64() % 4;
    *offset = random_offset(*window, *size);
}

static void random_history(unsigned length) {
    for (unsigned n = 0; n < length; n++) {
        enum oracle_window window;
        uint32_t offset;
        unsigned size;

        random_access(&window, &offset, &size);
        if (random64() % 8 == 0) random_line();
        if (random64() % 3 == 0)
            check_read(window, offset, size);
        else
            check_write(window, offset, size, random_value());
    }
}

static void test_reset(void **unused) {
    (void)unused;
    for (unsigned n = 0; n < CONFIG_COUNT; n++) {
        start(&configs[n]);
        check_kernel();
        random_history(500);
        oracle_reset(&oracle);
        for (uint32_t intid = 0; intid < SPI_END; intid++) /* lines are the devices' */
            for (uint32_t vcpu = 0; vcpu < (intid < 32 ? VCPU_MAX : 1); vcpu++)
                oracle_irq(&oracle, vcpu, intid)->line = kernel_irq(vcpu, intid)->line;
        distributor_reset(&gic, VM, &configs[n], true);
        check_kernel();
        for (uint32_t offset = 0; offset < 0x10000; offset += 4) check_read(ORACLE_GICD, offset, 4);
        /* The kernel's own reset of a VM is of all this already. */
        struct kernel anew = kernel;
        struct oracle at_first = oracle;
        random_history(500);
        kernel = anew;
        oracle = at_first;
        distributor_reset(&gic, VM, &configs[n], false);
        check_kernel();
        for (uint32_t offset = 0; offset < 0x10000; offset += 4) check_read(ORACLE_GICD, offset, 4);
    }
}

/* Every offset of both windows, a redistributor behind the last too. The oracle goes through all
 * interrupts for each, so that the largest VM is left to the random histories. */
static void test_every_offset(void **unused) {
    (void)unused;
    for (unsigned n = 0; n < 2; n++) {
        start(&configs[n]);
        random_history(300);
        for (unsigned size = 1; size <= 8; size *= 2) {
            for (uint32_t offset = 0; offset < window_size(ORACLE_GICD); offset++) {
                check_read(ORACLE_GICD, offset, size);
                check_write(ORACLE_GICD, offset, size, random64());
            }
            for (uint32_t offset = 0; offset < window_size(ORACLE_GICR); offset++) {
                check_read(ORACLE_GICR, offset, size);
                check_write(ORACLE_GICR, offset, size, random64());
            }
        }
    }
}

static void test_random(void **unused) {
    (void)unused;
    for (unsigned n = 0; n < CONFIG_COUNT; n++) {
        start(&configs[n]);
        for (uint32_t vcpu = 0; vcpu < configs[n].vcpu_count; vcpu++) /* GICR_TYPER */
            check_read(ORACLE_GICR, vcpu * 0x20000 + 8, 8);
        random_history(n == 3 ? 20000 : 60000);
    }
}

/* The server dies before one of its calls; the kernel repeats the access, and nothing is lost. */
static void test_cut(void **unused) {
    static volatile unsigned cuts;

    (void)unused;
    start(&configs[2]);
    random_history(1000);
    for (volatile unsigned n = 0; n < 30000; n++) {
        static enum oracle_window window;
        static uint32_t offset;
        static unsigned size;
        static uint64_t value;

        random_access(&window, &offset, &size);
        value = random_value();
        kernel.cut_at = 1 + (unsigned)(random64() % (random64() % 4 ? 3 : 20));
        if (setjmp(kernel.cut) == 0)
            model_write(window, offset, size, value);
        else
            cuts++;
        kernel.cut_at = 0;
        check_write(window, offset, size, value);
    }
    assert_true(cuts > 1000);
}

/* What costs a guest a call, and what does not. */
static void test_calls(void **unused) {
    (void)unused;
    start(&configs[0]);
    check_write(ORACLE_GICD, 0, 4, 3);
    assert_int_equal(kernel.calls, 0); /* nothing is enabled yet */
    check_write(ORACLE_GICR, 0x10100, 4, 1u << 27);
    assert_int_equal(kernel.calls, 1);
    check_write(ORACLE_GICR, 0x10100, 4, 1u << 27);
    assert_int_equal(kernel.calls, 0);
    check_write(ORACLE_GICR, 0x10180, 4, ~0u);
    assert_int_equal(kernel.calls, 1);
    check_write(ORACLE_GICD, 0x6000 + 8 * 33, 8, 0);
    assert_int_equal(kernel.calls, 0); /* it goes there already */
    check_write(ORACLE_GICD, 0x6000 + 8 * 33, 8, 3);
    assert_int_equal(kernel.calls, 1);
    check_write(ORACLE_GICD, 0x6000 + 8 * 33, 8, 77); /* a vCPU that does not exist */
    assert_int_equal(kernel.spi[33].target, IRQ_TARGET_NONE);
    check_write(ORACLE_GICD, 0x420, 4, 0x07070707); /* bits that no priority has */
    assert_int_equal(kernel.calls, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reset),  cmocka_unit_test(test_every_offset),
        cmocka_unit_test(test_random), cmocka_unit_test(test_cut),
        cmocka_unit_test(test_calls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
