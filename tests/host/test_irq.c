/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kernel/irq.c, one rule a test: the exact value of a list register, what asks for a maintenance
 * interrupt and what does not, routes, refusals, reset. Random guests are in test_irq_random.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "irq.h"

#define TIMER   27
#define UART    33
#define DISK    40
#define KEY     41
#define BLOCK   IRQ_WHERE_SPI(1)
#define BIT(n)  (UINT64_C(1) << (n) % 32)
#define PRIO(p) ((uint64_t)(p) << 48)

static struct irq_vm vm;
static struct lr_state lists;

/* The physical interrupts that were deactivated. */
static uint32_t ended_count, ended_intid, ended_vcpu;

void irq_physical_end(struct irq_vm *at, uint32_t vcpu, uint32_t intid) {
    assert_ptr_equal(at, &vm);
    ended_count++;
    ended_intid = intid;
    ended_vcpu = vcpu;
}

static int fresh(void **state) {
    (void)state;
    vm = (struct irq_vm){.vcpu_count = 2};
    irq_reset(&vm);
    ended_count = 0;
    irq_route(&vm, TIMER, TIMER, false);
    irq_route(&vm, DISK, 140, false);
    irq_route(&vm, KEY, 141, true);
    lists = (struct lr_state){.count = 4, .vmcr = 0xff000003, .hcr = ICH_HCR_EN};
    irq_attr(&vm, IRQ_WHERE_PRIVATE(0), 24, IRQ_PRIORITY, 0xa0a0a0a0);
    irq_op(&vm, IRQ_WHERE_PRIVATE(0), IRQ_GROUP1, 0xffffffff);
    irq_op(&vm, IRQ_WHERE_PRIVATE(0), IRQ_DELIVER, 0xffffffff);
    irq_op(&vm, BLOCK, IRQ_DELIVER, 0xffffffff);
    return 0;
}

static void sync(void) {
    irq_sync(&vm, 0, &lists);
    lists.touched = 0;
}

/* What the guest does to list register 0. */
static void guest(uint64_t clear, uint64_t set) { lists.lr[0] = (lists.lr[0] & ~clear) | set; }

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
    assert_int_equal(vm.due, 0); /* the GIC looks at the line, not we */
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

/* Not in a list register, so that nobody else looks whether the line is still high. */
static void route_that_waits_is_looked_at(void **state) {
    struct irq_masks masks;

    (void)state;
    irq_op(&vm, BLOCK, IRQ_HOLD, BIT(DISK));
    irq_change(&vm, 0, DISK, IRQ_FIRE);
    irq_op(&vm, BLOCK, IRQ_UNPEND, BIT(DISK));
    assert_int_equal(ended_count, 1);
    assert_int_equal(ended_intid, 140);
    irq_change(&vm, 0, DISK, IRQ_FIRE);
    irq_recall(&vm, BLOCK);
    assert_int_equal(ended_count, 2);
    assert_int_equal(irq_get(&vm, BLOCK, &masks), STATUS_OK);
    assert_int_equal(masks.pending, 0);
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

    struct irq_masks masks;
    for (unsigned turn = 0; turn < 2; turn++) {
        lists.vmcr ^= ICH_VMCR_VEOIM;
        lists.eoi_count = 1;
        sync();
        irq_get(&vm, BLOCK, &masks);
        assert_int_equal(masks.active, turn ? 0xe : 0xf);
    }
    assert_int_equal(lists.hcr, ICH_HCR_EN | ICH_HCR_TDIR); /* of the two vCPUs */
}

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
    assert_int_equal(irq_line(&vm, 0, 15, true), STATUS_BAD_HANDLE);
    assert_int_equal(irq_line(&vm, 2, 20, true), STATUS_BAD_HANDLE);
    assert_int_equal(irq_line(&vm, 0, DISK, true), STATUS_DENIED);
    assert_int_equal(irq_route(&vm, 15, 40, false), STATUS_BAD_HANDLE);
    struct irq_masks masks;
    assert_int_equal(irq_get(&vm, IRQ_WHERE_SGI(0), &masks), STATUS_BAD_HANDLE);
    irq_recall(&vm, IRQ_WHERE_SGI(0));
    assert_int_equal(vm.due, 0);
}

static void reset_keeps_what_is_outside(void **state) {
    struct irq_masks masks;

    (void)state;
    irq_line(&vm, 0, UART, true);
    irq_op(&vm, BLOCK, IRQ_PEND, BIT(50));
    irq_change(&vm, 0, DISK, IRQ_FIRE);
    sync();
    irq_recall(&vm, BLOCK);
    assert_int_equal(vm.due, 1);
    irq_reset(&vm);
    lists.used = 0;
    assert_int_equal(irq_get(&vm, BLOCK, &masks), STATUS_OK);
    assert_int_equal(masks.line, BIT(UART));
    assert_int_equal(masks.pending, BIT(UART) | BIT(DISK));
    irq_recall(&vm, BLOCK);
    assert_int_equal(vm.due, 0);
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

int main(void) {
#define TEST(name) cmocka_unit_test_setup(name, fresh)
    const struct CMUnitTest tests[] = {
        TEST(timer_goes_straight_in),
        TEST(route_that_guest_holds),
        TEST(route_that_guest_deactivates),
        TEST(route_that_waits_is_looked_at),
        TEST(route_with_a_latch),
        TEST(route_of_an_edge),
        TEST(level_that_fell_costs_nothing),
        TEST(level_that_stays_comes_again),
        TEST(edges_are_counted_from_the_acknowledge),
        TEST(pending_leaves_when_told),
        TEST(target_moves_only_what_is_pending),
        TEST(active_keeps_its_priority),
        TEST(outermost_active_gives_way),
        TEST(lowest_goes_before_disabled),
        TEST(refusals),
        TEST(reset_keeps_what_is_outside),
        TEST(reset_targets),
        TEST(wfi_ends_for_what_can_be_signalled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
