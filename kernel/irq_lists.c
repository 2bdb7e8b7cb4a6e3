/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands in a vCPU's list registers: reading back what the guest did, choosing what goes in,
 * and the maintenance interrupts that ICH_HCR_EL2 has to ask for. irq.h has the rules. */
#include "irq.h"

#define LR_SHAPE     (LR_GROUP1 | LR_LEVEL)
#define KEY_DISABLED 32 /* added to the level if the guest has the group disabled */
#define KEY_ANY      (2 * KEY_DISABLED)

/* All that can stand in the way of putting a word straight into a list register. */
#define WORD_BUSY                                                                                  \
    (WORD_LINE | WORD_LATCH | WORD_LENT | WORD_ACTIVE | WORD_HELD | WORD_ROUTED_EDGE |             \
     WORD_FIRED | WORD_AGAIN | WORD_ORDER_ON | WORD_ORDER_OFF)

static uint64_t lr_shape(uint32_t w) { return (uint64_t)w << 32 & LR_SHAPE; }

/* What a list register of its owner must hold for this word, 0 if nothing; `last`: what that list
 * register holds if the word is HELD. */
static uint64_t lr_of(const struct irq_vm *vm, uint32_t w, uint32_t intid, uint64_t last) {
    bool active = w & WORD_ACTIVE, wanted = (w & WORD_DELIVER) && word_pending(w);
    if (!active && (!wanted || field_get(w, WORD_TARGET) != field_get(w, WORD_OWNER))) return 0;
    uint64_t lr = active ? LR_ACTIVE | (last & LR_SHAPE) | intid : LR_PENDING | lr_shape(w) | intid;
    if ((w & (WORD_FIRED | WORD_LATCH)) == WORD_FIRED)
        return lr | LR_HW | (uint64_t)vm->route[intid] << 32;
    bool again = active || (w & (WORD_LINE | WORD_EDGE)) == WORD_LINE;
    return (w & WORD_FIRED) || (wanted && again) ? lr | LR_EOI : lr;
}

/* The word with what the guest did in its list register, and not HELD any more. */
static uint32_t fold(struct irq_vm *vm, uint64_t lr, uint32_t w, uint32_t intid) {
    uint32_t order = w & (WORD_ORDER_ON | WORD_ORDER_OFF);
    if (!(lr & LR_STATE) && (w & WORD_FIRED) && !(w & WORD_AGAIN))
        w = lr & LR_HW ? w & ~WORD_FIRED : word_release(vm, w, intid);
    if ((w & WORD_LENT) && (lr & LR_PENDING)) w |= WORD_LATCH;
    w &= ~(WORD_LENT | WORD_ACTIVE | WORD_HELD | WORD_AGAIN | WORD_ORDER_ON | WORD_ORDER_OFF);
    if (lr & LR_ACTIVE) w |= WORD_ACTIVE;
    if (order == 0) return w;
    return word_apply(vm, order == WORD_ORDER_ON ? IRQ_ACTIVATE : IRQ_DEACTIVATE, w, intid);
}

/* Gives a word this value, and list register i what the word then needs there, if it has `room`. */
static void settle(struct irq_vm *vm, uint32_t vcpu, struct lr_state *lists, uint32_t i,
                   uint32_t intid, uint32_t value, bool room) {
    uint32_t w = word_with(value, WORD_OWNER, vcpu), bit = 1u << i;
    uint64_t lr = room ? lr_of(vm, w, intid, lists->lr[i]) : 0;
    if (lr != lists->lr[i]) lists->touched |= bit;
    lists->lr[i] = lr;
    lists->used = lr != 0 ? lists->used | bit : lists->used & ~bit;
    if (lr != 0) w |= WORD_HELD;
    if ((lr & LR_PENDING) && (w & WORD_LATCH)) w ^= WORD_LATCH | WORD_LENT;
    word_set(vm, entry_at(vm, vcpu, intid), intid, w);
}

/* Reads list register i back and settles its word anew: without room, among those that wait. */
static void refit(struct irq_vm *vm, uint32_t vcpu, struct lr_state *lists, uint32_t i, bool room) {
    uint32_t intid = (uint32_t)lists->lr[i];
    uint32_t w = fold(vm, lists->lr[i], entry_at(vm, vcpu, intid)->word, intid);
    settle(vm, vcpu, lists, i, intid, w, room);
}

/* Low comes first. Active ones end by priority, with their group on or off. */
static uint32_t key(const struct lr_state *lists, uint64_t lr) {
    bool enabled = (lr & LR_ACTIVE) || (lists->vmcr >> field_get(lr, LR_GROUP1) & 1);
    return field_get(lr, LR_LEVEL) + (enabled ? 0 : KEY_DISABLED);
}

static uint32_t lr_free(const struct lr_state *lists) {
    return ~lists->used & ((1u << lists->count) - 1);
}

/* The list register to give away next: a free one, the worst pending one, the worst active one.
 * What has a key below `limit` may have it: none of a disabled group drives another out. */
static uint32_t victim(const struct lr_state *lists, uint32_t *limit) {
    uint32_t worst = 0, worst_rank = 0;
    *limit = KEY_ANY;
    if (lr_free(lists) != 0) return (uint32_t)__builtin_ctz(lr_free(lists));
    for (uint32_t i = 0; i < lists->count; i++) {
        uint32_t rank = key(lists, lists->lr[i]) + (lists->lr[i] & LR_ACTIVE ? 0 : KEY_ANY);
        if (rank <= worst_rank) continue;
        worst_rank = rank;
        worst = i;
    }
    *limit = worst_rank - KEY_ANY < KEY_DISABLED ? worst_rank - KEY_ANY : KEY_DISABLED;
    return worst;
}

/* The key of the best that waits, KEY_ANY if none does. */
static uint32_t best(const struct irq_queues *queues, const struct lr_state *lists,
                     uint32_t *intid) {
    uint32_t best = KEY_ANY;
    for (uint32_t group = 0; group < IRQ_ACTIVE; group++) {
        if (queues->levels[group] == 0) continue;
        uint32_t level = (uint32_t)__builtin_ctz(queues->levels[group]);
        uint32_t its = level + (lists->vmcr >> group & 1 ? 0 : KEY_DISABLED);
        if (its >= best) continue;
        best = its;
        *intid = queues->first[group][level];
    }
    return best;
}

/* The best that wait take the list registers that they may, each at most once. The best of the rest
 * decides what ICH_HCR_EL2 asks for: never a condition that holds already, else the maintenance
 * interrupt would come for ever. NPIE needs one pending in an enabled group (see victim), VGrpnDIE
 * both groups on: QEMU 7.2's VGrp0DIE looks at group 1. */
static void fill(struct irq_vm *vm, uint32_t vcpu, struct lr_state *lists) {
    const struct irq_queues *queues = &vm->queues[vcpu];
    uint32_t left = KEY_ANY, intid = 0, limit, off = ~lists->vmcr & ICH_VMCR_VENG;
    for (uint32_t n = 0; n <= lists->count; n++) {
        uint32_t i = victim(lists, &limit);
        left = best(queues, lists, &intid);
        if (left >= limit) break;
        if (lists->lr[i] != 0) refit(vm, vcpu, lists, i, false);
        settle(vm, vcpu, lists, i, intid, entry_at(vm, vcpu, intid)->word, true);
    }
    lists->hcr = ICH_HCR_EN | (vm->vcpu_count > 1 ? ICH_HCR_TDIR : 0);
    if (queues->levels[IRQ_ACTIVE] != 0) lists->hcr |= ICH_HCR_LRENPIE | ICH_HCR_TDIR;
    if (left < KEY_DISABLED) lists->hcr |= ICH_HCR_NPIE;
    if (left < KEY_ANY) /* those of group 1 are two bits higher */
        lists->hcr |= off == 0 ? 5 * ICH_HCR_VGRPDIE : (off + (off & 2)) * ICH_HCR_VGRPEIE;
}

/* With EOImode 0, EOIcount of the active ones outside have ended, if there were any: the last that
 * went out first. With EOImode 1 only ICC_DIR_EL1 deactivates, and that is trapped then. */
static void complete_outside(struct irq_vm *vm, uint32_t vcpu, struct lr_state *lists) {
    const struct irq_queues *queues = &vm->queues[vcpu];
    bool counts = !(lists->vmcr & ICH_VMCR_VEOIM) && (lists->hcr & ICH_HCR_LRENPIE);
    for (uint32_t n = counts ? lists->eoi_count : 0; n && queues->levels[IRQ_ACTIVE] != 0; n--)
        irq_change(vm, vcpu, queues->first[IRQ_ACTIVE][0], IRQ_DEACTIVATE);
}

void irq_sync(struct irq_vm *vm, uint32_t vcpu, struct lr_state *lists) {
    for (uint32_t used = lists->used; used != 0; used &= used - 1)
        refit(vm, vcpu, lists, (uint32_t)__builtin_ctz(used), lists->count != 0);
    complete_outside(vm, vcpu, lists);
    if (lists->count != 0) fill(vm, vcpu, lists);
    vm->due &= ~(1u << vcpu);
}

bool irq_put(struct irq_vm *vm, uint32_t vcpu, uint32_t intid, uint32_t op,
             struct lr_state *lists) {
    uint32_t *word = &entry_at(vm, vcpu, intid)->word;
    uint32_t w = *word, among = w & WORD_HELD ? lists->used : lr_free(lists);
    while (among != 0 && (w & WORD_HELD) &&
           (uint32_t)lists->lr[(uint32_t)__builtin_ctz(among)] != intid)
        among &= among - 1;
    if (among == 0) return false;
    uint32_t i = (uint32_t)__builtin_ctz(among);
    if (w & WORD_HELD) {
        uint32_t state = field_get(lists->lr[i], LR_STATE);               /* 1: pending */
        if (op == IRQ_PEND && state == 1 && (w & WORD_LENT)) return true; /* it has one */
        if (state != 0) return false;
        w &= ~(WORD_HELD | WORD_ACTIVE | WORD_LENT | WORD_FIRED); /* the guest has ended it */
    }
    /* NPIE: others wait, and an empty list register is theirs. */
    if ((w & (WORD_BUSY | WORD_DELIVER)) != WORD_DELIVER || field_get(w, WORD_TARGET) != vcpu ||
        (lists->hcr & ICH_HCR_NPIE))
        return false;
    uint64_t lr = LR_PENDING | lr_shape(w) | intid;
    w = word_with(w, WORD_OWNER, vcpu) | WORD_HELD;
    *word = w | (op == IRQ_FIRE ? WORD_FIRED : WORD_LENT);
    lists->lr[i] = op == IRQ_FIRE ? lr | LR_HW | (uint64_t)vm->route[intid] << 32 : lr;
    lists->used |= 1u << i;
    lists->touched |= 1u << i;
    return true;
}

bool irq_wakes(const struct lr_state *lists, uint32_t running) {
    uint32_t vmcr = lists->vmcr;
    for (uint32_t used = lists->used; used != 0; used &= used - 1) {
        uint64_t lr = lists->lr[__builtin_ctz(used)];
        if ((lr & LR_STATE) != LR_PENDING || key(lists, lr) >= KEY_DISABLED) continue;
        uint32_t priority = field_get(lr, LR_PRIORITY), point = field_get(vmcr, ICH_VMCR_VBPR1);
        /* The bits that decide preemption: ICC_BPR0_EL1, ICC_BPR1_EL1, ICC_CTLR_EL1.CBPR. */
        if (!(lr & LR_GROUP1) || (vmcr & ICH_VMCR_VCBPR))
            point = field_get(vmcr, ICH_VMCR_VBPR0) + 1;
        if (priority < field_get(vmcr, ICH_VMCR_VPMR) && (priority >> point << point) < running)
            return true;
    }
    return false;
}
