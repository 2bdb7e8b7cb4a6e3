/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kernel/irq.c, one rule a test: the exact value of a list register, what asks for a maintenance
 * interrupt and what does not, routes. Refusals and resets are in test_irq_rare.c, random guests in
 * test_irq_random.c.
 */
#include "irq_fixture.h"

static void timer_goes_straight_in(void **state) {
    uint64_t expected = LR_PENDING | LR_HW | LR_GROUP1 | PRIO(0xa0) | UINT64_C(27) << 32 | 27;

    (void)state;
    vm.due = 0;
    assert_int_equal(irq_put(&vm, 0, TIMER, IRQ_FIRE, &lists), true);
    assert_int_equal(lists.lr[0], expected);
    assert_int_equal(irq_put(&vm, 0, TIMER, IRQ_FIRE, &lists), false); /* still pending */
    guest(LR_STATE, 0);
    assert_int_equal(irq_put(&vm, 0, TIMER, IRQ_FIRE, &lists), true);
    assert_int_equal(lists.lr[0], expected);
    assert_int_equal(vm.due, 0);

    guest(LR_STATE, 0); /* EOI: the hardware deactivated PPI 27, which fires again */
    irq_change(&vm, 0, TIMER, IRQ_FIRE);
    sync();
    assert_int_equal(lists.lr[0], expected);
    assert_int_equal(lists.used, 1);
}

static void route_that_guest_holds(void **state) {
    (void)state;
    irq_op(&vm, IRQ_WHERE_PRIVATE(0), IRQ_HOLD, BIT(TIMER));
    irq_change(&vm, 0, TIMER, IRQ_FIRE);
    sync();
    assert_int_equal(lists.used, 0);
    assert_int_equal(ended_count, 0); /* stays active */
    irq_op(&vm, IRQ_WHERE_PRIVATE(0), IRQ_DELIVER, BIT(TIMER));
    assert_int_equal(ended_count, 1);
    assert_int_equal(ended_intid, TIMER);
    assert_int_equal(ended_vcpu, 0);
    assert_int_equal(vm.due, 1); /* the GIC looks at the line, not we: its CPU may take it again */
}

static void route_that_guest_deactivates(void **state) {
    (void)state;
    irq_change(&vm, 0, DISK, IRQ_FIRE);
    sync();
    guest(LR_STATE, LR_ACTIVE);
    irq_op(&vm, BLOCK, IRQ_DEACTIVATE, BIT(DISK));
    assert_int_equal(ended_count, 0);
    sync();
    assert_int_equal(lists.used, 0);
    assert_int_equal(ended_count, 1);
    assert_int_equal(ended_intid, 140);
}

/* HW=1 must not be pending and active, so a latch makes it a software interrupt with EOI. */
static void route_with_a_latch(void **state) {
    (void)state;
    irq_change(&vm, 0, DISK, IRQ_FIRE);
    sync();
    guest(LR_STATE, LR_ACTIVE);
    irq_op(&vm, BLOCK, IRQ_PEND, BIT(DISK));
    sync();
    assert_int_equal(lists.lr[0], LR_ACTIVE | LR_EOI | DISK);
    guest(LR_STATE, 0);
    sync();
    assert_int_equal(ended_count, 1);
    assert_int_equal(lists.lr[0], LR_PENDING | DISK);
}

static void route_of_an_edge(void **state) {
    (void)state;
    irq_change(&vm, 0, KEY, IRQ_FIRE);
    sync();
    assert_int_equal(ended_count, 1);
    assert_int_equal(ended_intid, 141);
    assert_int_equal(lists.lr[0], LR_PENDING | KEY);
    guest(LR_STATE, LR_ACTIVE);
    irq_change(&vm, 0, KEY, IRQ_FIRE);
    sync();
    assert_int_equal(lists.lr[0], LR_ACTIVE | LR_EOI | KEY); /* told of its end */
    guest(LR_STATE, 0);
    sync();
    assert_int_equal(lists.lr[0], LR_PENDING | KEY);
}

static void level_that_fell_costs_nothing(void **state) {
    (void)state;
    irq_line(&vm, 0, UART, true);
    sync();
    assert_int_equal(lists.lr[0], LR_PENDING | LR_EOI | UART);
    guest(LR_STATE, LR_ACTIVE);
    irq_line(&vm, 0, UART, false);
    assert_int_equal(vm.due, 1);
    sync();
    assert_int_equal(lists.lr[0], LR_ACTIVE | UART); /* no EOI */
    guest(LR_STATE, 0);
    sync();
    assert_int_equal(lists.used, 0);
}

static void level_that_stays_comes_again(void **state) {
    (void)state;
    irq_line(&vm, 0, UART, true);
    sync();
    guest(LR_STATE, 0); /* acknowledged and ended with no exit: EOI is still set */
    assert_true(lists.lr[0] & LR_EOI);
    sync();
    assert_int_equal(lists.lr[0], LR_PENDING | LR_EOI | UART);
}

static void edges_are_counted_from_the_acknowledge(void **state) {
    (void)state;
    assert_int_equal(irq_put(&vm, 0, 3, IRQ_PEND, &lists), true);
    assert_int_equal(irq_put(&vm, 0, 3, IRQ_PEND, &lists), true);
    irq_op(&vm, IRQ_WHERE_SGI(3), IRQ_PEND, 1); /* collapses: not acknowledged yet */
    sync();
    assert_int_equal(lists.lr[0], LR_PENDING | LR_GROUP1 | 3);
    guest(LR_STATE, LR_ACTIVE);
    irq_op(&vm, IRQ_WHERE_SGI(3), IRQ_PEND, 1);
    sync();
    assert_int_equal(lists.lr[0], LR_ACTIVE | LR_EOI | LR_GROUP1 | 3);
    guest(LR_STATE, 0);
    sync();
    assert_int_equal(lists.lr[0], LR_PENDING | LR_GROUP1 | 3);
    guest(LR_STATE, 0);
    sync();
    assert_int_equal(lists.used, 0);
}

static void pending_leaves_when_told(void **state) {
    static const enum irq_op ops[] = {IRQ_HOLD, IRQ_UNPEND};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        irq_op(&vm, BLOCK, IRQ_PEND, BIT(UART));
        sync();
        assert_int_equal(lists.used, 1);
        irq_op(&vm, BLOCK, ops[i], BIT(UART));
        sync();
        assert_int_equal(lists.used, 0);
        irq_op(&vm, BLOCK, IRQ_DELIVER, BIT(UART));
        sync();
        assert_int_equal(lists.used, ops[i] == IRQ_HOLD);
    }
}

static void target_moves_only_what_is_pending(void **state) {
    (void)state;
    irq_op(&vm, BLOCK, IRQ_PEND, BIT(UART));
    sync();
    guest(LR_STATE, LR_ACTIVE);
    irq_op(&vm, BLOCK, IRQ_PEND, BIT(UART));
    irq_attr(&vm, BLOCK, UART, IRQ_TARGET, 1);
    sync();
    assert_int_equal(lists.lr[0], LR_ACTIVE | LR_EOI | UART);
    assert_int_equal(vm.due, 0);
    guest(LR_STATE, 0);
    sync();
    assert_int_equal(vm.due, 2); /* now vCPU 1 */
    assert_int_equal(lists.used, 0);
}

static void active_keeps_its_priority(void **state) {
    (void)state;
    irq_op(&vm, BLOCK, IRQ_PEND, BIT(UART));
    sync();
    guest(LR_STATE, LR_ACTIVE);
    irq_attr(&vm, BLOCK, 32, IRQ_PRIORITY, 0x40404040);
    irq_op(&vm, BLOCK, IRQ_PEND, BIT(UART));
    sync();
    assert_int_equal(lists.lr[0], LR_ACTIVE | LR_EOI | UART);
    guest(LR_STATE, 0);
    sync();
    assert_int_equal(lists.lr[0], LR_PENDING | PRIO(0x40) | UART);
}

/* Four nested handlers fill the list registers, a fifth interrupt waits: the outermost gives way,
 * and its EOI, the last, is known by count. With EOImode 1 a count says nothing. */
static void outermost_active_gives_way(void **state) {
    (void)state;
    irq_attr(&vm, BLOCK, 32, IRQ_PRIORITY, 0x10203040);
    irq_attr(&vm, BLOCK, 36, IRQ_PRIORITY, 0x08);
    irq_op(&vm, BLOCK, IRQ_PEND, 0xf);
    sync();
    for (unsigned i = 0; i < 4; i++) lists.lr[i] ^= LR_STATE;
    irq_op(&vm, BLOCK, IRQ_PEND, 0x10);
    sync();
    uint64_t kept = 0;
    for (unsigned i = 0; i < 4; i++) kept |= BIT((uint32_t)lists.lr[i]);
    assert_int_equal(kept, 0x1e); /* 32, of priority 0x40, is outside */
    assert_int_equal(lists.hcr, ICH_HCR_EN | ICH_HCR_LRENPIE | ICH_HCR_TDIR);

    uint64_t masks[IRQ_MASKS];
    for (unsigned turn = 0; turn < 2; turn++) {
        lists.vmcr ^= ICH_VMCR_VEOIM;
        lists.eoi_count = 1;
        sync();
        irq_get(&vm, BLOCK, masks);
        assert_int_equal(masks[IRQ_MASK_ACTIVE], turn ? 0xe : 0xf);
    }
    assert_int_equal(lists.hcr, ICH_HCR_EN | ICH_HCR_TDIR); /* of the two vCPUs */
}

/* Two outside: the one that was acknowledged later ends first, whatever became of their priorities
 * and of their group since. */
static void later_outside_ends_first(void **state) {
    uint64_t masks[IRQ_MASKS];

    (void)state;
    irq_op(&vm, BLOCK, IRQ_GROUP1, 1 << 1 | 1 << 2);
    irq_attr(&vm, BLOCK, 32, IRQ_PRIORITY, 0x10203040);
    irq_attr(&vm, BLOCK, 36, IRQ_PRIORITY, 0x0008);
    for (unsigned n = 0; n < 6; n++) {
        irq_op(&vm, BLOCK, IRQ_PEND, BIT(n));
        if (n == 4) lists.vmcr &= ~(uint32_t)BIT(1); /* group 1 off: 33 and 34 run in it */
        sync();
        for (unsigned i = 0; i < 4; i++)
            if (lists.lr[i] & LR_PENDING) lists.lr[i] ^= LR_STATE;
    }
    irq_attr(&vm, BLOCK, 32, IRQ_PRIORITY, 0x10203000);
    sync();
    for (unsigned active = 0x3f; active != 0x3c; active &= active - 1) {
        irq_get(&vm, BLOCK, masks);
        assert_int_equal(masks[IRQ_MASK_ACTIVE], active == 0x3e ? 0x3d : active);
        lists.eoi_count = 1;
        sync();
    }
    irq_get(&vm, BLOCK, masks);
    assert_int_equal(masks[IRQ_MASK_ACTIVE], 0x3c);
}

/* A guest ended what was not active, when nothing was outside. */
static void count_is_of_those_outside(void **state) {
    uint64_t masks[IRQ_MASKS];

    (void)state;
    sync();
    lists.eoi_count = 1;
    irq_op(&vm, BLOCK, IRQ_ACTIVATE, BIT(UART));
    sync();
    irq_get(&vm, BLOCK, masks);
    assert_int_equal(masks[IRQ_MASK_ACTIVE], BIT(UART));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(timer_goes_straight_in),
        TEST(route_that_guest_holds),
        TEST(route_that_guest_deactivates),
        TEST(route_with_a_latch),
        TEST(route_of_an_edge),
        TEST(level_that_fell_costs_nothing),
        TEST(level_that_stays_comes_again),
        TEST(edges_are_counted_from_the_acknowledge),
        TEST(pending_leaves_when_told),
        TEST(target_moves_only_what_is_pending),
        TEST(active_keeps_its_priority),
        TEST(outermost_active_gives_way),
        TEST(later_outside_ends_first),
        TEST(count_is_of_those_outside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
