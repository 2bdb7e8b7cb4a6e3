/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * psci-server against a kernel of the test's own that keeps the vCPUs' states: what each function
 * id answers, vCPUs through off, pending and on, and what every other id must not do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "psci-server/psci.h"

#define VM                 5

#define SUCCESS            UINT64_C(0)
#define NOT_SUPPORTED      (UINT64_MAX - 0)
#define INVALID_PARAMETERS (UINT64_MAX - 1)
#define DENIED             (UINT64_MAX - 2)
#define ALREADY_ON         (UINT64_MAX - 3)
#define ON_PENDING         (UINT64_MAX - 4)
#define INTERNAL_FAILURE   (UINT64_MAX - 5)
#define INVALID_ADDRESS    (UINT64_MAX - 8)

static const struct config_vm config = {
    6, 96, {0, 1, 0x100, 0x101, 0x010000, 0x0300000000}
};

static struct {
    enum vcpu_state state[6];
    uint64_t entry, context; /* of the last start */
    unsigned calls;
    enum status refuse; /* instead of doing it */
    enum vm_op op;
} kernel;

struct power_answer power_start(uint8_t vm, uint8_t vcpu, uint64_t entry, uint64_t context) {
    enum vcpu_state before = kernel.state[vcpu];

    assert_int_equal(vm, VM);
    assert_in_range(vcpu, 0, 5);
    kernel.calls++;
    if (kernel.refuse != STATUS_OK || before != VCPU_STATE_OFF)
        return (struct power_answer){kernel.refuse != STATUS_OK ? kernel.refuse : STATUS_BUSY,
                                     before};
    kernel.state[vcpu] = VCPU_STATE_PENDING;
    kernel.entry = entry;
    kernel.context = context;
    return (struct power_answer){STATUS_OK, before};
}

struct power_answer power_read(uint8_t vm, uint8_t vcpu) {
    assert_int_equal(vm, VM);
    assert_in_range(vcpu, 0, 5);
    kernel.calls++;
    return (struct power_answer){kernel.refuse, kernel.state[vcpu]};
}

enum status power_change(uint8_t vm, enum vm_op op) {
    assert_int_equal(vm, VM);
    kernel.calls++;
    kernel.op = op;
    return kernel.refuse;
}

static int start(void **unused) {
    (void)unused;
    for (unsigned vcpu = 0; vcpu < 6; vcpu++)
        kernel.state[vcpu] = vcpu == 0 ? VCPU_STATE_ON : VCPU_STATE_OFF;
    kernel.calls = 0;
    kernel.refuse = STATUS_OK;
    kernel.op = (enum vm_op) - 1;
    return 0;
}

static struct reply call(uint32_t function, uint64_t x1, uint64_t x2, uint64_t x3) {
    return psci_answer(VM, &config, function, x1, x2, x3);
}

static void check(uint64_t want, uint32_t function, uint64_t x1, uint64_t x2, uint64_t x3) {
    struct reply reply = call(function, x1, x2, x3);

    if (reply.value != want || reply.how != 0)
        fail_msg("%#x(%#llx, %#llx, %#llx) answers %#llx, %#llx, not %#llx", function,
                 (unsigned long long)x1, (unsigned long long)x2, (unsigned long long)x3,
                 (unsigned long long)reply.value, (unsigned long long)reply.how,
                 (unsigned long long)want);
}

static void check_verdict(enum verdict want, uint32_t function, uint64_t x1) {
    struct reply reply = call(function, x1, 0, 0);

    assert_int_equal(reply.how, (uint64_t)want << REPLY_VERDICT_SHIFT);
    assert_int_equal(reply.value, 0);
}

/* The answers that depend on nothing. Upper halves of arguments of 32-bit calls do not count. */
static void test_constants(void **unused) {
    static const struct {
        uint32_t function;
        uint64_t x1, want;
    } table[] = {
        {0x84000000, 0,                            0x10001      },
        {0x84000006, 0,                            2            },
        {0x80000000, 0,                            0x10001      },
        {0x80000001, 0x80000000,                   0            },
        {0x80000001, UINT64_C(0xffffffff80000001), 0            },
        {0x80000001, 0x80008000,                   NOT_SUPPORTED},
        {0x80000001, 0x80007fff,                   NOT_SUPPORTED},
        {0x80000001, 0xc5000020,                   NOT_SUPPORTED},
        {0x8400000a, 0x84000000,                   0            },
        {0x8400000a, 0x84000001,                   0            },
        {0x8400000a, 0xc4000001,                   0            },
        {0x8400000a, 0x84000002,                   0            },
        {0x8400000a, 0xc4000003,                   0            },
        {0x8400000a, 0xc4000004,                   0            },
        {0x8400000a, 0x84000006,                   0            },
        {0x8400000a, 0x84000008,                   0            },
        {0x8400000a, 0x84000009,                   0            },
        {0x8400000a, UINT64_C(0x500000008400000a), 0            },
        {0x8400000a, 0x80000000,                   0            },
        {0x8400000a, 0xc4000000,                   NOT_SUPPORTED},
        {0x8400000a, 0xc4000002,                   NOT_SUPPORTED},
        {0x8400000a, 0xc400000e,                   NOT_SUPPORTED},
        {0x8400000a, 0xc4000012,                   NOT_SUPPORTED},
        {0x8400000a, 0x84000005,                   NOT_SUPPORTED},
        {0x84000050, 0,                            NOT_SUPPORTED},
        {0x8600ff01, 0,                            NOT_SUPPORTED},
        {0x04000000, 0,                            NOT_SUPPORTED}, /* a yielding call */
        {0,          0,                            NOT_SUPPORTED},
        {0xffffffff, 0,                            NOT_SUPPORTED},
    };

    (void)unused;
    for (unsigned n = 0; n < sizeof table / sizeof table[0]; n++)
        check(table[n].want, table[n].function, table[n].x1, 0, 0);
    assert_int_equal(kernel.calls, 0);
}

/* PSCI_FEATURES says of every id of PSCI's range what calling it shows. */
static void test_features(void **unused) {
    (void)unused;
    for (uint32_t n = 0; n < 0x20000; n++) {
        uint32_t function = (n & 0x10000 ? 0xc4000000 : 0x84000000) | (n & 0xffff);
        struct reply reply = call(function, 0x84000000, 0, 0);
        bool there = reply.how != 0 || reply.value != NOT_SUPPORTED;
        check(there ? 0 : NOT_SUPPORTED, 0x8400000a, function, 0, 0);
    }
}

/* Every owner, both widths, fast and yielding: nothing else reaches the kernel or has a verdict. */
static void test_unknown(void **unused) {
    (void)unused;
    for (uint32_t upper = 0; upper < 0x10000; upper++)
        for (uint32_t lower = 0; lower < 0x20; lower++) {
            uint32_t function = upper << 16 | (lower < 0x10 ? lower : 0xfff0 | lower);
            if (upper == 0x8400 || upper == 0xc400 || (upper == 0x8000 && lower < 2)) continue;
            check(NOT_SUPPORTED, function, 0, 0, 0);
        }
    assert_int_equal(kernel.calls, 0);
}

static void test_cpu_on(void **unused) {
    (void)unused;
    check(INVALID_PARAMETERS, 0xc4000003, 2, 0x40080000, 0);
    check(INVALID_PARAMETERS, 0xc4000003, UINT64_C(1) << 31 | 1, 0x40080000, 0);
    check(INVALID_ADDRESS, 0xc4000003, 1, 0x40080001, 0);
    check(INVALID_ADDRESS, 0xc4000003, 1, 0x40080002, 0);
    assert_int_equal(kernel.calls, 0);
    check(SUCCESS, 0xc4000003, 1, UINT64_C(0x9940080000), UINT64_C(0x123456789abcdef0));
    assert_int_equal(kernel.state[1], VCPU_STATE_PENDING);
    assert_true(kernel.entry == UINT64_C(0x9940080000));
    assert_true(kernel.context == UINT64_C(0x123456789abcdef0));
    check(ON_PENDING, 0xc4000003, 1, 0x40080000, 0);
    kernel.state[1] = VCPU_STATE_ON;
    check(ALREADY_ON, 0xc4000003, 1, 0x40080000, 0);
    check(ALREADY_ON, 0x84000003, 0, 0x40080000, 0); /* itself */
    kernel.state[1] = VCPU_STATE_OFF;
    check(SUCCESS, 0xc4000003, 1, 0x40080000, 0);
    check(SUCCESS, 0xc4000003, UINT64_C(0x0300000000), 0x40080000, 0);
    assert_int_equal(kernel.state[5], VCPU_STATE_PENDING);
}

/* By a 32-bit call: w registers only. */
static void test_cpu_on_32(void **unused) {
    (void)unused;
    check(SUCCESS, 0x84000003, UINT64_C(0xffffffff00000101), UINT64_C(0xeeeeeeee40080000),
          UINT64_C(0xdddddddd00000007));
    assert_int_equal(kernel.state[3], VCPU_STATE_PENDING);
    assert_true(kernel.entry == 0x40080000 && kernel.context == 7);
    check(ALREADY_ON, 0x84000003, UINT64_C(0x0300000000), 0x40080000, 0); /* vCPU 0, not 5 */
}

static void test_cpu_on_refused(void **unused) {
    static const struct {
        enum status status;
        uint64_t want;
    } table[] = {
        {STATUS_RANGE,      INVALID_ADDRESS },
        {STATUS_DENIED,     DENIED          },
        {STATUS_BAD_HANDLE, INTERNAL_FAILURE},
        {STATUS_BUSY,       INTERNAL_FAILURE},
        {STATUS_BAD_CALL,   INTERNAL_FAILURE},
    };

    (void)unused;
    for (unsigned n = 0; n < sizeof table / sizeof table[0]; n++) {
        kernel.refuse = table[n].status;
        check(table[n].want, 0xc4000003, 1, 0x40080000, 0);
        assert_int_equal(kernel.state[1], VCPU_STATE_OFF);
    }
}

/* Eight callers for one vCPU, which comes up after any number of them: one SUCCESS. */
static void test_cpu_on_race(void **unused) {
    for (unsigned up = 1; up <= 8; up++) {
        unsigned successes = 0;
        start(unused);
        for (unsigned caller = 0; caller < 8; caller++) {
            uint64_t code = call(0xc4000003, 0x10000, 0x40080000, caller).value;
            successes += code == SUCCESS;
            if (code != SUCCESS) assert_true(code == (caller >= up ? ALREADY_ON : ON_PENDING));
            if (caller + 1 == up) kernel.state[4] = VCPU_STATE_ON;
        }
        assert_int_equal(successes, 1);
        assert_int_equal(kernel.context, 0);
    }
}

static void test_affinity_info(void **unused) {
    static const struct {
        uint32_t function;
        uint64_t target, level, want;
    } table[] = {
        {0xc4000004, 0,                      0,                            0                 },
        {0xc4000004, 1,                      0,                            1                 },
        {0xc4000004, 0x100,                  0,                            2                 },
        {0xc4000004, 0x102,                  0,                            INVALID_PARAMETERS}, /* absent */
        {0xc4000004, 0x100,                  1,                            2                 },
        {0xc4000004, 0x1ff,                  1,                            2                 }, /* 0x100 pending, 0x101 off */
        {0xc4000004, 0x00,                   1,                            0                 },
        {0xc4000004, 0x10000,                1,                            1                 },
        {0xc4000004, 0x200,                  1,                            INVALID_PARAMETERS},
        {0xc4000004, 0x9999,                 2,                            0                 },
        {0xc4000004, 0x1abcd,                2,                            1                 },
        {0xc4000004, 0x20000,                2,                            INVALID_PARAMETERS},
        {0xc4000004, 0xffffff,               3,                            0                 },
        {0xc4000004, UINT64_C(0x0300123456), 3,                            1                 },
        {0xc4000004, UINT64_C(0x0400000000), 3,                            INVALID_PARAMETERS},
        {0xc4000004, 0,                      4,                            INVALID_PARAMETERS},
        {0xc4000004, 0,                      0xffffffff,                   INVALID_PARAMETERS},
        {0xc4000004, 1,                      UINT64_C(0xffffffff00000000), 1                 }, /* the level is w2 */
        {0x84000004, UINT64_C(0x0300000000), 0,                            0                 }, /* and the target w1 */
        {0xc4000004, UINT64_C(0x80000000),   0,                            INVALID_PARAMETERS}, /* reserved bits */
        {0xc4000004, UINT64_C(0x80000000),   3,                            INVALID_PARAMETERS},
    };

    (void)unused;
    kernel.state[2] = VCPU_STATE_PENDING;
    for (unsigned n = 0; n < sizeof table / sizeof table[0]; n++)
        check(table[n].want, table[n].function, table[n].target, table[n].level, 0);
    kernel.state[3] = VCPU_STATE_PENDING;
    check(2, 0xc4000004, 0x100, 1, 0);
    kernel.refuse = STATUS_DENIED;
    check(INTERNAL_FAILURE, 0xc4000004, 0, 0, 0);
}

static void test_verdicts(void **unused) {
    (void)unused;
    check_verdict(VERDICT_OFF, 0x84000002, 0);
    check_verdict(VERDICT_BLOCK, 0x84000001, 0);
    check_verdict(VERDICT_BLOCK, 0xc4000001, 0x0301ffff); /* powerdown, any level and id */
    for (unsigned bit = 17; bit < 32; bit++)
        if (bit != 24 && bit != 25) check(INVALID_PARAMETERS, 0xc4000001, UINT64_C(1) << bit, 0, 0);
    check_verdict(VERDICT_BLOCK, 0xc4000001, UINT64_C(1) << 32); /* power_state is w1 */
    assert_int_equal(kernel.calls, 0);
    check_verdict(VERDICT_OFF, 0x84000008, 0);
    assert_int_equal(kernel.op, VM_STOP);
    check_verdict(VERDICT_OFF, 0x84000009, 0);
    assert_int_equal(kernel.op, VM_RESET);
    kernel.refuse = STATUS_DENIED;
    check(INTERNAL_FAILURE, 0x84000008, 0, 0, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_constants, start),
        cmocka_unit_test_setup(test_features, start),
        cmocka_unit_test_setup(test_unknown, start),
        cmocka_unit_test_setup(test_cpu_on, start),
        cmocka_unit_test_setup(test_cpu_on_32, start),
        cmocka_unit_test_setup(test_cpu_on_refused, start),
        cmocka_unit_test_setup(test_cpu_on_race, start),
        cmocka_unit_test_setup(test_affinity_info, start),
        cmocka_unit_test_setup(test_verdicts, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
