/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See irq_world.h. It knows struct lr_state, ICH_LR's bits and irq.c's public functions only.
 */
#include "irq_world.h"

struct irq_vm vm;
struct irq model[VCPUS][INTIDS];
struct interface interfaces[VCPUS];
uint32_t vcpus, intids;
bool lazy;
uint64_t world_seed;

uint32_t dice(uint32_t sides) {
    world_seed ^= world_seed << 13;
    world_seed ^= world_seed >> 7;
    world_seed ^= world_seed << 17;
    return (uint32_t)(world_seed >> 20) % sides;
}

struct irq *irq_at(uint32_t vcpu, uint32_t intid) {
    return &model[intid < PRIVATE ? vcpu : 0][intid];
}

bool level_route(uint32_t intid) { return intid == TIMER || intid == DISK; }

static bool is_pending(const struct irq *irq) {
    return irq->latch || (irq->line && !irq->edge) || (irq->fired && !irq->active);
}

static bool is_ready(const struct irq *irq, uint32_t vcpu) {
    return irq->deliver && is_pending(irq) && !irq->active && irq->target == vcpu;
}

/* What deliver.c does between hardware and struct lr_state. */
void interface_write(struct interface *face) {
    for (uint32_t i = 0; i < LR_MAX; i++)
        if (face->lists.touched >> i & 1) face->hardware[i] = face->lists.lr[i];
    face->lists.touched = 0;
}

void interface_read(struct interface *face) {
    for (uint32_t i = 0; i < LR_MAX; i++)
        if (face->lists.used >> i & 1)
            face->lists.lr[i] = (face->lists.lr[i] & ~LR_STATE) | (face->hardware[i] & LR_STATE);
}

void interface_sync(uint32_t vcpu) {
    struct interface *face = &interfaces[vcpu];

    interface_read(face);
    face->lists.vmcr = face->vmcr;
    face->lists.eoi_count = face->eoi_count;
    irq_sync(&vm, vcpu, &face->lists);
    face->hcr = face->lists.hcr;
    face->eoi_count = 0;
    interface_write(face);
    assert_false(vm.due >> vcpu & 1);
}

static bool maintenance(const struct interface *face) {
    bool pending = false, ended = false, group = false;

    for (uint32_t i = 0; i < face->lists.count; i++) {
        uint64_t lr = face->hardware[i];
        pending |= (lr & LR_STATE) == LR_PENDING;
        ended |= (lr & (LR_STATE | LR_HW | LR_EOI)) == LR_EOI;
    }
    for (uint32_t g = 0; g < 2; g++)
        group |= face->hcr >> 2 * g & (face->vmcr >> g & 1 ? ICH_HCR_VGRPEIE : ICH_HCR_VGRPDIE);
    return ended || group || ((face->hcr & ICH_HCR_NPIE) && !pending) ||
           ((face->hcr & ICH_HCR_LRENPIE) && face->eoi_count);
}

void interface_change(uint32_t vcpu, uint32_t intid, uint32_t op) {
    struct interface *face = &interfaces[vcpu];

    interface_read(face);
    if (op == IRQ_DEACTIVATE || !dice(4) || !irq_put(&vm, vcpu, intid, op, &face->lists))
        irq_change(&vm, vcpu, intid, op);
    interface_write(face);
}

void irq_physical_end(struct irq_vm *at, uint32_t vcpu, uint32_t intid) {
    assert_ptr_equal(at, &vm);
    if (intid == 141) return;
    struct irq *irq = intid == TIMER ? irq_at(vcpu, TIMER) : irq_at(0, DISK);
    assert_true(irq->fired);
    irq->fired = false;
}

/* The physical GIC: a line that is high and not active fires. */
static bool fire(uint32_t vcpu, uint32_t intid) {
    struct irq *irq = irq_at(vcpu, intid);

    if (!irq->wire || irq->fired) return false;
    irq->fired = true;
    irq->owed = true;
    interface_change(vcpu, intid, IRQ_FIRE);
    return true;
}

/* Everything that happens by itself; with `lazy` a vCPU may take its time to answer. */
void world_settle(bool late) {
    bool again = true;

    for (uint32_t turn = 0; again; turn++) {
        assert_true(turn < 200);
        again = fire(dice(vcpus), DISK);
        for (uint32_t vcpu = 0; vcpu < vcpus; vcpu++) {
            again |= fire(vcpu, TIMER);
            bool due = maintenance(&interfaces[vcpu]) || vm.due >> vcpu & 1;
            if (due && !(late && dice(3))) {
                interface_sync(vcpu);
                again = true;
            }
        }
    }
}

static uint32_t lr_priority(uint64_t lr) { return field_get(lr, LR_PRIORITY); }

static bool group_enabled(const struct interface *face, bool group1) {
    return face->vmcr & (group1 ? 2 : 1);
}

uint32_t interface_best(const struct interface *face) {
    uint32_t best = LR_MAX;

    for (uint32_t i = 0; i < face->lists.count; i++) {
        uint64_t lr = face->hardware[i];
        if ((lr & LR_STATE) == LR_PENDING && group_enabled(face, lr & LR_GROUP1) &&
            (best == LR_MAX || lr_priority(lr) < lr_priority(face->hardware[best])))
            best = i;
    }
    return best;
}

static uint32_t running(const struct interface *face) {
    return face->depth ? lr_priority(face->running[face->depth - 1].lr) : NONE;
}

static bool can_signal(const struct interface *face, uint32_t priority) {
    return priority < field_get(face->vmcr, ICH_VMCR_VPMR) && priority < running(face);
}

static void check_lists(uint32_t vcpu) {
    struct interface *face = &interfaces[vcpu];

    for (uint32_t i = 0; i < LR_MAX; i++) {
        uint64_t lr = face->hardware[i];
        if (!(lr & LR_STATE)) continue;
        assert_true(i < face->lists.count);
        struct irq *irq = irq_at(vcpu, (uint32_t)lr);
        assert_true(irq->active == !!(lr & LR_ACTIVE));
        assert_true(!irq->active || irq->owner == vcpu);
        assert_false((lr & LR_HW) && (lr & LR_STATE) == LR_STATE);
        if (lr & LR_PENDING) assert_true(irq->deliver && is_pending(irq) && irq->target == vcpu);
        for (uint32_t v = 0; v <= vcpu; v++)
            for (uint32_t j = 0; j < (v == vcpu ? i : LR_MAX); j++)
                if ((interfaces[v].hardware[j] & LR_STATE) &&
                    (v == vcpu || (uint32_t)lr >= PRIVATE))
                    assert_int_not_equal((uint32_t)interfaces[v].hardware[j], (uint32_t)lr);
    }
}

static void check(uint32_t vcpu) {
    struct interface *face = &interfaces[vcpu];
    uint32_t best = NONE, found = interface_best(face);

    check_lists(vcpu);
    for (uint32_t intid = 0; intid < intids; intid++) {
        const struct irq *irq = irq_at(vcpu, intid);
        if (is_ready(irq, vcpu) && group_enabled(face, irq->group1) && irq->priority < best)
            best = irq->priority;
    }
    assert_int_equal(found == LR_MAX ? NONE : lr_priority(face->hardware[found]), best);
    interface_read(face);
    face->lists.vmcr = face->vmcr;
    bool wakes = best != NONE && can_signal(face, best);
    assert_int_equal(irq_wakes(&face->lists, running(face)), wakes);
}

static void check_masks(uint64_t where, uint32_t vcpu, uint32_t base) {
    uint64_t masks[IRQ_MASKS];

    assert_int_equal(irq_get(&vm, where, masks), STATUS_OK);
    for (uint32_t n = 0; n < 32 && base + n < intids; n++) {
        const struct irq *irq = irq_at(vcpu, base + n);
        assert_int_equal(masks[IRQ_MASK_PENDING] >> n & 1, is_pending(irq));
        assert_int_equal(masks[IRQ_MASK_ACTIVE] >> n & 1, irq->active);
        assert_int_equal(masks[IRQ_MASK_LINE] >> n & 1, irq->line);
    }
}

void world_check(bool masks) {
    for (uint32_t vcpu = 0; masks && vcpu < vcpus; vcpu++) irq_recall(&vm, IRQ_WHERE_PRIVATE(vcpu));
    if (masks) irq_recall(&vm, IRQ_WHERE_SPI(1));
    world_settle(false);
    for (uint32_t vcpu = 0; vcpu < vcpus; vcpu++) check(vcpu);
    for (uint32_t vcpu = 0; masks && vcpu < vcpus; vcpu++)
        check_masks(IRQ_WHERE_PRIVATE(vcpu), vcpu, 0);
    if (masks) check_masks(IRQ_WHERE_SPI(1), 0, SPI_FIRST);
}

/* The guest. */
bool guest_acknowledge(uint32_t vcpu) {
    struct interface *face = &interfaces[vcpu];
    uint32_t i = interface_best(face);

    if (i == LR_MAX || !can_signal(face, lr_priority(face->hardware[i]))) return false;
    face->hardware[i] ^= LR_STATE;
    uint32_t intid = (uint32_t)face->hardware[i];
    struct irq *irq = irq_at(vcpu, intid);
    assert_false(irq->active && !lazy);
    irq->active = true;
    irq->owner = vcpu;
    irq->latch = false;
    irq->owed = false;
    face->running[face->depth].intid = intid;
    face->running[face->depth++].lr = face->hardware[i];
    return true;
}

/* `shape`: EOIR finds an interrupt by the priority and group that it was acknowledged with, too. */
static void complete(uint32_t vcpu, uint32_t intid, uint64_t shape, uint64_t shape_mask) {
    struct interface *face = &interfaces[vcpu];
    struct irq *irq = irq_at(vcpu, intid);
    uint32_t i = 0;

    irq->active = false;
    while (i < LR_MAX && !((face->hardware[i] & LR_ACTIVE) && (uint32_t)face->hardware[i] == intid))
        i++;
    if (i == LR_MAX) face->eoi_count += face->eoi_count < 31;
    if (i == LR_MAX || ((face->hardware[i] ^ shape) & shape_mask)) return;
    face->hardware[i] &= ~LR_ACTIVE;
    if (face->hardware[i] & LR_HW) irq->fired = false;
}

void guest_end(uint32_t vcpu) {
    struct interface *face = &interfaces[vcpu];

    if (!face->depth) return;
    uint32_t intid = face->running[--face->depth].intid;
    if (face->vmcr & ICH_VMCR_VEOIM)
        face->dropped[face->dropped_count++] = intid;
    else
        complete(vcpu, intid, face->running[face->depth].lr, LR_GROUP1 | LR_PRIORITY);
}

/* Any active interrupt may be named, also one that ISACTIVER made active; an SPI on any PE. */
void guest_deactivate(uint32_t vcpu) {
    struct interface *face = &interfaces[vcpu];
    uint32_t intid = dice(intids), at = vcpu;

    if (!(face->vmcr & ICH_VMCR_VEOIM)) return;
    for (uint32_t n = 0; n < intids && !irq_at(vcpu, intid)->active; n++)
        intid = (intid + 1) % intids;
    if (face->dropped_count && dice(4)) {
        uint32_t which = dice(face->dropped_count);
        intid = face->dropped[which];
        face->dropped[which] = face->dropped[--face->dropped_count];
    }
    if (intid >= PRIVATE) at = dice(vcpus);
    if (!(interfaces[at].hcr & ICH_HCR_TDIR)) {
        complete(at, intid, 0, 0);
    } else {
        irq_at(at, intid)->active = false;
        interface_change(at, intid, IRQ_DEACTIVATE);
        world_settle(false);
    }
}
