/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gicd-server's SGIs: target lists, ranges and affinities against a loop over the vCPUs that asks
 * of each whether the register means it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "gicd_kernel.h"

#include <cmocka.h>

#include "gicd-server/gic.h"

static struct gic gic;

static const struct config_vm configs[] = {
    {1,  64, {0}                                                   },
    {4,  96, {0, 1, 2, 3}                                          },
    {16, 96, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}},
    {6,  96, {0x0100, 0x0101, 0xff00000000, 0x010001, 0x0f, 0x10}  }, /* two ranges, three clusters */
    {5,  96, {3, 2, 1, 0, 0xff00ffffff}                            }, /* in another order */
};
#define CONFIG_COUNT (sizeof configs / sizeof configs[0])

static void start(const struct config_vm *config, uint32_t group1) {
    memset(&kernel, 0, sizeof kernel);
    kernel.vcpu_count = config->vcpu_count;
    kernel.spi_end = config->spi_end;
    distributor_reset(&gic, 0, config, true);
    for (uint32_t vcpu = 0; vcpu < config->vcpu_count; vcpu++) /* a pattern of its own for each */
        redistributor_write(&gic, vcpu * 0x20000 + 0x10080, 4, group1 >> vcpu);
}

static uint32_t wanted(const struct config_vm *config, unsigned sender, bool sgi1r,
                       uint64_t value) {
    unsigned intid = value >> 24 & 15;
    uint32_t vcpus = 0;

    for (unsigned vcpu = 0; vcpu < config->vcpu_count; vcpu++) {
        uint64_t mpidr = config->mpidr[vcpu];
        unsigned aff0 = mpidr & 0xff;
        bool named = (mpidr >> 8 & 0xff) == (value >> 16 & 0xff) &&
                     (mpidr >> 16 & 0xff) == (value >> 32 & 0xff) &&
                     (mpidr >> 32 & 0xff) == (value >> 48 & 0xff) &&
                     aff0 / 16 == (value >> 44 & 15) && (value >> aff0 % 16 & 1);
        if (value >> 40 & 1) named = vcpu != sender;
        bool group1 = redistributor_read(&gic, vcpu * 0x20000 + 0x10080, 4).value >> intid & 1;
        if (named && (sgi1r || !group1)) vcpus |= 1u << vcpu;
    }
    return vcpus;
}

static void check(const struct config_vm *config, unsigned sender, bool sgi1r, uint64_t value) {
    uint32_t want = wanted(config, sender, sgi1r, value);

    kernel.calls = 0;
    struct reply reply = sgi_send(&gic, sender, sgi1r, value);
    assert_true(reply.value == 0 && reply.how == 0);
    if (kernel.calls != (want != 0) || (want != 0 && kernel.sgi_mask != want))
        fail_msg("value %#llx of vCPU %u: %u calls, mask %#llx, not %#x", (unsigned long long)value,
                 sender, kernel.calls, (unsigned long long)kernel.sgi_mask, want);
    if (want != 0) assert_int_equal(kernel.sgi_where, IRQ_WHERE_SGI(value >> 24 & 15));
}

/* Every affinity of the interesting ones x ranges x lists of up to two, and full ones. */
static void check_lists(const struct config_vm *config, bool sgi1r) {
    static const uint64_t affs[] = {0, 1, 2, 0xff};
    static const uint64_t ranges[] = {0, 1, 2, 15};

    for (unsigned n = 0; n < 256; n++) {
        uint64_t upper = affs[n & 3] << 16 | affs[n >> 2 & 3] << 32 | affs[n >> 4 & 3] << 48 |
                         ranges[n >> 6] << 44;
        for (unsigned first = 0; first < 16; first++)
            for (unsigned second = 0; second < 16; second++) {
                uint64_t list = UINT64_C(1) << first | UINT64_C(1) << second;
                uint64_t value = upper | (uint64_t)((n + first) & 15) << 24;
                check(config, n % config->vcpu_count, sgi1r, value | list);
                check(config, n % config->vcpu_count, sgi1r, value | (~list & 0xffff));
                check(config, n % config->vcpu_count, sgi1r, value | list | UINT64_C(1) << 40);
            }
        check(config, 0, sgi1r, upper);
        check(config, 0, sgi1r, upper | 0xffff);
    }
}

static void test_affinities(void **unused) {
    (void)unused;
    for (unsigned n = 0; n < CONFIG_COUNT; n++) {
        start(&configs[n], 0x5a3c96f0);
        check_lists(&configs[n], true);
        check_lists(&configs[n], false);
    }
}

static void test_every_list(void **unused) {
    (void)unused;
    for (unsigned n = 0; n < CONFIG_COUNT; n++) {
        start(&configs[n], 0xffff);
        for (uint64_t list = 0; list < 0x10000; list++) {
            check(&configs[n], 0, true, list);
            check(&configs[n], 0, true, list | 0x10000); /* Aff1 = 1 */
            check(&configs[n], 0, true, list | UINT64_C(1) << 44);
        }
    }
}

/* Reserved bits of the registers change nothing. */
static void test_reserved(void **unused) {
    (void)unused;
    start(&configs[1], 0);
    for (unsigned bit = 0; bit < 64; bit++)
        if ((UINT64_C(0xff000e00f0000000) >> bit & 1) != 0)
            check(&configs[1], 0, true, UINT64_C(1) << bit | 0xf);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_affinities),
        cmocka_unit_test(test_every_list),
        cmocka_unit_test(test_reserved),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
