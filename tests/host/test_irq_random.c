/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kernel/irq.c under random guests and servers, against the models of irq_world.h. With every
 * request answered at once both must agree after each step: the best interrupt that can be
 * acknowledged is the best that is pending, in whatever number of list registers. With answers
 * delayed, nothing may be lost and nothing may be active twice.
 */
#include "irq_world.h"

/* ICC_PMR_EL1, ICC_IGRPENn_EL1. */
static void guest_control(uint32_t vcpu) {
    static const uint8_t masks[] = {0xff, 0xff, 0xff, 0x80, 0x40, 0};
    struct interface *face = &interfaces[vcpu];

    face->vmcr &= ICH_VMCR_VEOIM | 2u << 21 | 3u << 18;
    face->vmcr |= (uint32_t)masks[dice(sizeof(masks))] << 24 | (dice(4) ? 3u : dice(4));
}

/* The VM starts anew; `split` is EOImode 1. What it had is gone but for lines and what is active
 * physically. */
static void world_reset(uint8_t lists, bool split) {
    irq_reset(&vm);
    memset(interfaces, 0, sizeof(interfaces));
    for (uint32_t vcpu = 0; vcpu < vcpus; vcpu++)
        for (uint32_t intid = 0; intid < intids; intid++) {
            struct irq *irq = &model[vcpu][intid];
            *irq = (struct irq){.line = irq->line, .fired = irq->fired, .wire = irq->wire};
        }
    for (uint32_t vcpu = 0; vcpu < vcpus; vcpu++) {
        interfaces[vcpu].lists.count = lists;
        interfaces[vcpu].lists.hcr = interfaces[vcpu].hcr = ICH_HCR_EN;
        interfaces[vcpu].vmcr = split ? ICH_VMCR_VEOIM : 0;
        vm.due |= 1u << vcpu;
        for (uint32_t intid = 0; intid < PRIVATE; intid++) {
            model[vcpu][intid].edge = intid < 16;
            model[vcpu][intid].target = vcpu;
        }
        guest_control(vcpu);
    }
    queues_check();
    world_settle(false);
}

/* A new world. */
static void world_start(uint32_t vcpu_count, uint8_t lists, bool split) {
    vcpus = vcpu_count;
    intids = SPI_SOME;
    vm = (struct irq_vm){.vcpu_count = vcpus};
    memset(model, 0, sizeof(model));
    irq_reset(&vm);
    irq_route(&vm, TIMER, TIMER, false);
    irq_route(&vm, DISK, 140, false);
    irq_route(&vm, KEY, 141, true);
    world_reset(lists, split);
}

/* The vCPU's registers go elsewhere: what it has acknowledged stays active, all else waits. What
 * runs then is never ended: deliver_load clears the active priorities. */
static void withdraw(uint32_t vcpu) {
    struct interface *face = &interfaces[vcpu];

    uint8_t count = face->lists.count;

    face->lists.count = 0;
    interface_sync(vcpu);
    for (uint32_t i = 0; i < LR_MAX; i++) assert_int_equal(face->hardware[i], 0);
    face->lists.count = count;
    vm.due |= 1u << vcpu;
}

static void start_anew(void) {
    uint8_t count = interfaces[0].lists.count;
    bool split = interfaces[0].vmcr & ICH_VMCR_VEOIM;
    for (uint32_t vcpu = 0; vcpu < vcpus; vcpu++) withdraw(vcpu);
    world_reset(count, split);
}

/* The servers. With EOImode 0 a guest that changes what is active has no defined EOI order. */
static void operate(uint32_t vcpu, uint32_t intid) {
    struct irq *irq = irq_at(vcpu, intid);
    uint32_t op = dice(3) ? dice(4) : dice(IRQ_OP_COUNT);
    bool split = interfaces[0].vmcr & ICH_VMCR_VEOIM;

    if ((op == IRQ_ACTIVATE || op == IRQ_DEACTIVATE) && !split) return;
    uint64_t where = intid < PRIVATE ? IRQ_WHERE_PRIVATE(vcpu) : IRQ_WHERE_SPI(1);
    if (op == IRQ_PEND && intid < 16 && dice(2))
        assert_int_equal(irq_op(&vm, IRQ_WHERE_SGI(intid), op, UINT64_C(1) << vcpu), STATUS_OK);
    else if ((op == IRQ_PEND || op == IRQ_DEACTIVATE) && dice(2))
        interface_change(vcpu, intid, op);
    else
        assert_int_equal(irq_op(&vm, where, op, UINT64_C(1) << intid % 32), STATUS_OK);
    if (op == IRQ_ACTIVATE && !irq->active) irq->owner = irq->target < vcpus ? irq->target : 0;
    irq->deliver = op == IRQ_DELIVER || (irq->deliver && op != IRQ_HOLD);
    irq->latch = op == IRQ_PEND || (irq->latch && op != IRQ_UNPEND);
    irq->owed = op == IRQ_PEND || (irq->owed && op != IRQ_UNPEND);
    irq->active = op == IRQ_ACTIVATE || (irq->active && op != IRQ_DEACTIVATE);
    irq->edge = op == IRQ_EDGE || (irq->edge && op != IRQ_LEVEL);
    irq->group1 = op == IRQ_GROUP1 || (irq->group1 && op != IRQ_GROUP0);
    if (op == IRQ_ACTIVATE || op == IRQ_DEACTIVATE)
        world_settle(false); /* callers wait for these (irq.h) */
}

static void set_priority(uint32_t vcpu, uint32_t intid) {
    uint64_t value = 0;

    intid &= ~3u;
    for (uint32_t n = 0; n < 4; n++) {
        struct irq *irq = irq_at(vcpu, intid + n);
        irq->priority = (uint8_t)(dice(12) * 16);
        value |= (uint64_t)irq->priority << 8 * n;
    }
    uint64_t where = intid < PRIVATE ? IRQ_WHERE_PRIVATE(vcpu) : IRQ_WHERE_SPI(1);
    assert_int_equal(irq_attr(&vm, where, intid, IRQ_PRIORITY, value), STATUS_OK);
}

static void set_target(void) {
    uint32_t intid = SPI_FIRST + dice(intids - SPI_FIRST), target = dice(vcpus + 1);
    struct irq *irq = irq_at(0, intid);

    irq->target = target < vcpus ? target : IRQ_TARGET_NONE;
    assert_int_equal(irq_attr(&vm, IRQ_WHERE_SPI(1), intid, IRQ_TARGET, irq->target), STATUS_OK);
}

static void set_line(uint32_t vcpu, uint32_t intid, bool high) {
    struct irq *irq = irq_at(vcpu, intid);

    if (level_route(intid)) {
        irq->wire = high;
    } else if (intid == KEY) {
        interface_change(vcpu, KEY, IRQ_FIRE);
        irq->latch = true;
        irq->owed = true;
    } else if (intid >= 16) {
        irq_line(&vm, vcpu, intid, high);
        irq->latch |= irq->edge && high && !irq->line;
        irq->owed |= irq->edge && high && !irq->line;
        irq->line = high;
    }
}

static void step(void) {
    static const uint8_t privates[] = {0, 1, 15, 16, 26, TIMER, 28, 31};
    uint32_t vcpu = dice(vcpus);
    uint32_t intid =
        dice(2) ? privates[dice(sizeof(privates))] : SPI_FIRST + dice(intids - SPI_FIRST);

    switch (dice(12)) {
    case 0:
    case 1:
    case 2: operate(vcpu, intid); break;
    case 3: set_line(vcpu, intid, dice(2)); break;
    case 4: dice(2) ? set_priority(vcpu, intid) : set_target(); break;
    case 5:
        if (dice(200) == 0)
            start_anew();
        else
            dice(8) || interfaces[vcpu].depth ? guest_control(vcpu) : withdraw(vcpu);
        break;
    case 6:
    case 7:
    case 8: guest_acknowledge(vcpu); break;
    case 9:
    case 10: guest_end(vcpu); break;
    default: guest_deactivate(vcpu); break;
    }
    queues_check();
    world_settle(lazy);
    queues_check();
}

/* All lines low, everything delivered and ended. What was pended has come; nothing remains. */
static void drain(void) {
    lazy = false;
    for (uint32_t vcpu = 0; vcpu < vcpus; vcpu++) {
        interfaces[vcpu].vmcr |= 0xffu << 24 | 3;
        for (uint32_t intid = 0; intid < PRIVATE; intid++) set_line(vcpu, intid, false);
        irq_op(&vm, IRQ_WHERE_PRIVATE(vcpu), IRQ_DELIVER, 0xffffffff);
    }
    for (uint32_t intid = SPI_FIRST; intid < intids; intid++) {
        if (intid != KEY) set_line(0, intid, false);
        irq_attr(&vm, IRQ_WHERE_SPI(1), intid, IRQ_TARGET, 0);
    }
    irq_op(&vm, IRQ_WHERE_SPI(1), IRQ_DELIVER, 0xffffffff);
    for (uint32_t turn = 0; turn < 2000; turn++) {
        world_settle(false);
        uint32_t vcpu = turn % vcpus;
        if (!guest_acknowledge(vcpu)) guest_end(vcpu);
        guest_deactivate(vcpu);
    }
    for (uint32_t vcpu = 0; vcpu < vcpus; vcpu++) {
        assert_int_equal(interface_best(&interfaces[vcpu]), LR_MAX);
        assert_int_equal(interfaces[vcpu].depth, 0);
    }
}

static void check_owed(void) {
    for (uint32_t vcpu = 0; vcpu < vcpus; vcpu++)
        for (uint32_t intid = 0; intid < intids; intid++) {
            const struct irq *irq = irq_at(vcpu, intid);
            assert_false(irq->owed && !irq->active && !level_route(intid));
        }
}

static void run(uint32_t vcpu_count, uint8_t lists, bool split, bool late, uint32_t steps) {
    const char *start = getenv("SEED"); /* another walk */
    world_seed = (start ? strtoull(start, NULL, 0) : 0) * 0x2545f4914f6cdd1d + 0x9e3779b97f4a7c15 +
                 lists * 16 + vcpu_count + split * 64u + late * 128u;
    world_start(vcpu_count, lists, split);
    lazy = late;
    for (uint32_t i = 0; i < steps; i++) {
        step();
        if (!late) world_check(i % 64 == 0);
        if (late && i % 4096 == 4095) {
            drain();
            check_owed();
            world_start(vcpu_count, lists, split);
            lazy = true;
        }
    }
}

static void run_all(bool late, uint32_t steps) {
    static const uint8_t lists[] = {1, 2, 4, 16};

    for (uint32_t i = 0; i < 4; i++)
        for (uint32_t split = 0; split < 2; split++) {
            run(1, lists[i], split, late, steps);
            run(VCPUS_FEW, lists[i], split, late, steps);
            run(VCPUS, lists[i], split, late, steps / 16);
        }
}

static void answered_at_once(void **state) {
    (void)state;
    run_all(false, 60000);
}

static void answered_late(void **state) {
    (void)state;
    run_all(true, 60000);
}

/* Pends 200 SPIs at once. EOImode 0: each handler may be preempted and ends in turn; EOImode 1: all
 * are acknowledged and dropped before the first is deactivated, in any order. */
static void flood(uint8_t lists, bool split) {
    uint32_t taken[INTIDS] = {0};
    struct interface *face = &interfaces[0];

    world_start(1, lists, split);
    intids = INTIDS;
    face->vmcr |= 0xffu << 24 | 3;
    for (uint32_t intid = 40; intid < INTIDS; intid++) {
        uint64_t where = IRQ_WHERE_SPI(intid / 32), bit = UINT64_C(1) << intid % 32;
        uint64_t priority = dice(16) * 0x10;
        irq_at(0, intid)->priority = (uint8_t)priority;
        *irq_at(0, intid) =
            (struct irq){.latch = true, .deliver = true, .priority = (uint8_t)priority};
        if (intid % 4 == 3)
            for (uint32_t n = 0; n < 4; n++)
                priority = priority << 8 | irq_at(0, intid - n)->priority;
        if (intid % 4 == 3)
            assert_int_equal(irq_attr(&vm, where, intid - 3, IRQ_PRIORITY, priority & 0xffffffff),
                             0);
        assert_int_equal(irq_op(&vm, where, IRQ_PEND, bit), STATUS_OK);
        assert_int_equal(irq_op(&vm, where, IRQ_DELIVER, bit), STATUS_OK);
    }
    for (uint32_t left = 200; left || face->depth || face->dropped_count;) {
        world_settle(false);
        world_check(false);
        bool taking = !face->depth || dice(2);
        if (taking && guest_acknowledge(0)) {
            taken[face->running[face->depth - 1].intid]++;
            left--;
        } else {
            guest_end(0);
        }
        if (!left && !face->depth) guest_deactivate(0);
    }
    world_settle(false);
    for (uint32_t intid = 0; intid < INTIDS; intid++) assert_int_equal(taken[intid], intid >= 40);
}

static void flooded(void **state) {
    static const uint8_t lists[] = {1, 2, 4, 16};

    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        flood(lists[i], false);
        flood(lists[i], true);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answered_at_once),
        cmocka_unit_test(answered_late),
        cmocka_unit_test(flooded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
