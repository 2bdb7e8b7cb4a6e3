/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kernel/irq.c, the rarer rules: refusals, reset, the lowest priority, routes that nobody takes,
 * what ends WFI.
 */
#include "irq_fixture.h"

/* 0xf8 is the lowest priority that there is, and still better than what the guest has disabled. */
static void lowest_goes_before_disabled(void **state) {
    (void)state;
    lists = (struct lr_state){.count = 1, .vmcr = 0xff000001, .hcr = ICH_HCR_EN};
    irq_attr(&vm, BLOCK, 32, IRQ_PRIORITY, 0xf8f8f8f8);
    irq_op(&vm, BLOCK, IRQ_GROUP1, BIT(50));
    irq_op(&vm, BLOCK, IRQ_PEND, BIT(50));
    sync();
    assert_int_equal(lists.lr[0] & 0x3ff, 50);
    irq_op(&vm, BLOCK, IRQ_PEND, BIT(UART));
    sync();
    assert_int_equal(lists.lr[0], LR_PENDING | PRIO(0xf8) | UART);
}

static void refusals(void **state) {
    (void)state;
    assert_int_equal(irq_op(&vm, 2, IRQ_PEND, 1), STATUS_BAD_HANDLE);
    const uint64_t nowhere[] = {IRQ_WHERE_SPI(0), IRQ_WHERE_SPI(31), IRQ_WHERE_SGI(16), UINT64_MAX};
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(irq_op(&vm, nowhere[i], IRQ_PEND, 1), STATUS_BAD_HANDLE);
    assert_int_equal(irq_op(&vm, UINT64_C(1) << 32, IRQ_PEND, 1), STATUS_BAD_HANDLE);
    assert_int_equal(irq_op(&vm, IRQ_WHERE_SPI(30), IRQ_EDGE, 1), STATUS_OK); /* the last */
    assert_int_equal(irq_op(&vm, IRQ_WHERE_SGI(0), IRQ_HOLD, 1), STATUS_BAD_CALL);
    assert_int_equal(irq_op(&vm, 0, UINT64_MAX, 1), STATUS_BAD_CALL);
    assert_int_equal(irq_op(&vm, IRQ_WHERE_SGI(0), IRQ_PEND, 4), STATUS_RANGE);
    assert_int_equal(irq_op(&vm, 0, IRQ_PEND, UINT64_C(1) << 32), STATUS_RANGE);
    assert_int_equal(irq_attr(&vm, 9, 0, IRQ_PRIORITY, 0), STATUS_BAD_HANDLE);
    assert_int_equal(irq_attr(&vm, BLOCK, 64, IRQ_TARGET, 0), STATUS_RANGE);
    assert_int_equal(irq_attr(&vm, BLOCK, 33, IRQ_PRIORITY, 0), STATUS_RANGE);
    assert_int_equal(irq_attr(&vm, BLOCK, 32, IRQ_PRIORITY, UINT64_C(1) << 32), STATUS_RANGE);
    assert_int_equal(irq_attr(&vm, BLOCK, 32, IRQ_TARGET, 2), STATUS_RANGE);
    assert_int_equal(irq_attr(&vm, 0, 27, IRQ_TARGET, 0), STATUS_RANGE);
    assert_int_equal(irq_attr(&vm, BLOCK, 32, 2, 0), STATUS_BAD_CALL);
    uint64_t masks[IRQ_MASKS];
    assert_int_equal(irq_get(&vm, IRQ_WHERE_SGI(0), masks), STATUS_BAD_HANDLE);
    irq_recall(&vm, IRQ_WHERE_SGI(0));
    assert_int_equal(vm.due, 0);
}

static void reset_keeps_what_is_outside(void **state) {
    uint64_t masks[IRQ_MASKS];

    (void)state;
    irq_line(&vm, 0, UART, true);
    irq_op(&vm, BLOCK, IRQ_PEND, BIT(50));
    irq_change(&vm, 0, DISK, IRQ_FIRE);
    sync();
    irq_recall(&vm, BLOCK);
    assert_int_equal(vm.due, 1);
    irq_reset(&vm);
    lists.used = 0;
    assert_int_equal(irq_get(&vm, BLOCK, masks), STATUS_OK);
    assert_int_equal(masks[IRQ_MASK_LINE], BIT(UART));
    assert_int_equal(masks[IRQ_MASK_PENDING], BIT(UART) | BIT(DISK));
    irq_recall(&vm, BLOCK);
    assert_int_equal(vm.due, 1); /* if its line is still high, the CPU takes it before it answers */
    sync();
    assert_int_equal(lists.used, 0); /* held, all of them */
    irq_op(&vm, BLOCK, IRQ_DELIVER, 0xffffffff);
    assert_int_equal(ended_count, 1);
    sync();
    assert_int_equal(lists.lr[0], LR_PENDING | LR_EOI | UART);
}

static void reset_targets(void **state) {
    (void)state;
    irq_attr(&vm, BLOCK, 32, IRQ_TARGET, 1);
    irq_reset(&vm);
    irq_op(&vm, BLOCK, IRQ_DELIVER, 0xffffffff);
    irq_op(&vm, BLOCK, IRQ_PEND, BIT(32));
    assert_int_equal(vm.due, 1); /* vCPU 0 */
    vm.due = 0;
    irq_op(&vm, IRQ_WHERE_PRIVATE(1), IRQ_DELIVER, BIT(31));
    irq_op(&vm, IRQ_WHERE_PRIVATE(1), IRQ_PEND, BIT(31));
    assert_int_equal(vm.due, 2); /* vCPU 1 */
}

static void wfi_ends_for_what_can_be_signalled(void **state) {
    (void)state;
    assert_false(irq_wakes(&lists, 0x100));
    irq_attr(&vm, BLOCK, 32, IRQ_PRIORITY, 0x40404040);
    irq_op(&vm, BLOCK, IRQ_PEND, BIT(UART));
    sync();
    assert_true(irq_wakes(&lists, 0x100));
    assert_false(irq_wakes(&lists, 0x40));
    lists.vmcr = 0x40000003; /* PMR */
    assert_false(irq_wakes(&lists, 0x100));
    lists.vmcr = 0xff000002; /* group 0 disabled */
    assert_false(irq_wakes(&lists, 0x100));
    lists.vmcr = 0xff000003 | 7u << 21; /* BPR0 = 7: no preemption, but nothing runs */
    assert_true(irq_wakes(&lists, 0x100));
}

/* Not in a list register, so that nobody else looks whether the line is still high. */
static void route_that_waits_is_looked_at(void **state) {
    uint64_t masks[IRQ_MASKS];

    (void)state;
    irq_op(&vm, BLOCK, IRQ_HOLD, BIT(DISK));
    irq_change(&vm, 0, DISK, IRQ_FIRE);
    irq_op(&vm, BLOCK, IRQ_UNPEND, BIT(DISK));
    assert_int_equal(ended_count, 1);
    assert_int_equal(ended_intid, 140);
    irq_change(&vm, 0, DISK, IRQ_FIRE);
    irq_recall(&vm, BLOCK);
    assert_int_equal(ended_count, 2);
    assert_int_equal(irq_get(&vm, BLOCK, masks), STATUS_OK);
    assert_int_equal(masks[IRQ_MASK_PENDING], 0);
}

/* One that comes again queues behind the others; for the last one nobody has to be told. */
static void equals_in_order_of_arrival(void **state) {
    static const uint32_t order[] = {50, 35, 45, 35};

    (void)state;
    lists.count = 1;
    for (uint32_t n = 0; n < 3; n++) irq_op(&vm, BLOCK, IRQ_PEND, BIT(order[n]));
    for (uint32_t n = 0; n < 4; n++) {
        sync();
        assert_int_equal(lists.lr[0], LR_PENDING | order[n]);
        assert_int_equal(!!(lists.hcr & ICH_HCR_NPIE), n != 3);
        guest(LR_STATE, 0);
        if (n != 1) continue;
        sync();
        irq_op(&vm, BLOCK, IRQ_PEND, BIT(35));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(lowest_goes_before_disabled),        TEST(refusals),
        TEST(reset_keeps_what_is_outside),        TEST(reset_targets),
        TEST(wfi_ends_for_what_can_be_signalled), TEST(route_that_waits_is_looked_at),
        TEST(equals_in_order_of_arrival),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
