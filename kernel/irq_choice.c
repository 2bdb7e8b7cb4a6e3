/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands in a vCPU's list registers: reading back what the guest did with it, choosing what
 * goes in, and the maintenance interrupts that ICH_HCR_EL2 has to ask for. Works on struct lr_state
 * only; lr.c moves that from and to the hardware. irq.h has the rules.
 */
#include "irq_word.h"

#define KEY_DISABLED IRQ_LEVELS /* added to the level if the guest has the group disabled */
#define KEY_NONE     (2 * IRQ_LEVELS)

#define LR_SHAPE     (LR_GROUP1 | UINT64_C(0xff) << LR_PRIORITY_SHIFT)

static uint64_t lr_shape(uint32_t w) {
    return (uint64_t)word_group(w) << LR_GROUP1_SHIFT | (uint64_t)word_level(w)
                                                            << (LR_PRIORITY_SHIFT + 3);
}

/* The list register for a word; `last`: its last value if the word stands there already. An active
 * interrupt keeps the priority and group that it was acknowledged with, else its EOI would not find
 * it: what is pending under other ones waits for the deactivation, as for another target. */
static uint64_t lr_of(const struct irq_vm *vm, uint32_t w, uint32_t intid, uint64_t last) {
    uint64_t shape = (w & WORD_GROUP1 ? LR_GROUP1 : 0) | (uint64_t)word_level(w)
                                                             << (LR_PRIORITY_SHIFT + 3);
    bool active = w & WORD_ACTIVE;
    bool here = word_target(w) == word_owner(w) && (!active || shape == (last & LR_SHAPE));
    bool wanted = (w & WORD_DELIVER) && word_pending(w);
    uint64_t lr = (active ? LR_ACTIVE | (last & LR_SHAPE) : shape) | intid;

    if (!active && !(wanted && here)) return 0;
    if (wanted && here) lr |= LR_PENDING;
    if ((w & WORD_FIRED) && !(w & (WORD_LATCH | WORD_LENT)))
        return lr | LR_HW | (uint64_t)vm->route[intid] << LR_PINTID_SHIFT;
    bool line = (w & (WORD_DELIVER | WORD_LINE | WORD_EDGE)) == (WORD_DELIVER | WORD_LINE);
    if ((w & WORD_FIRED) || line || (wanted && !here)) lr |= LR_EOI;
    return lr;
}

static void put(struct irq_vm *vm, uint32_t vcpu, struct lr_state *lists, uint32_t i,
                uint32_t *word, uint32_t intid, uint32_t value) {
    uint32_t w = (value & ~WORD_OWNER_MASK) | WORD_OWNER(vcpu);
    uint64_t lr = lr_of(vm, w, intid, lists->lr[i]);

    if (lists->lr[i] != lr) lists->touched |= (uint16_t)(1u << i);
    lists->lr[i] = lr;
    if (!lr) {
        lists->used &= (uint16_t) ~(1u << i);
        word_set(vm, word, intid, w);
        return;
    }
    lists->used |= (uint16_t)(1u << i);
    if ((lr & LR_PENDING) && (w & WORD_LATCH)) w = (w & ~WORD_LATCH) | WORD_LENT;
    *word = w | WORD_HELD;
}

/* The word after what the guest did with it in its list register, and not HELD any more. */
static uint32_t fold(struct irq_vm *vm, uint64_t lr, uint32_t w) {
    uint32_t intid = (uint32_t)lr;
    uint32_t clear =
        WORD_LENT | WORD_ACTIVE | WORD_HELD | WORD_AGAIN | WORD_ORDER_ON | WORD_ORDER_OFF;

    if (!(lr & LR_STATE) && (w & WORD_FIRED) && !(w & WORD_AGAIN))
        w = lr & LR_HW ? w & ~WORD_FIRED : word_release(vm, w, intid);
    bool latch = (w & WORD_LENT) && (lr & LR_PENDING);
    bool active = lr & LR_ACTIVE;
    if (active && (w & WORD_ORDER_OFF)) {
        w = w & WORD_FIRED ? word_release(vm, w, intid) : w;
        active = false;
    }
    active = active || (w & WORD_ORDER_ON);
    return (w & ~clear) | (latch ? WORD_LATCH : 0) | (active ? WORD_ACTIVE : 0);
}

static void refit(struct irq_vm *vm, uint32_t vcpu, struct lr_state *lists, uint32_t i) {
    uint32_t intid = (uint32_t)lists->lr[i];
    uint32_t *word = word_at(vm, vcpu, intid);
    put(vm, vcpu, lists, i, word, intid, fold(vm, lists->lr[i], *word));
}

static void evict(struct irq_vm *vm, uint32_t vcpu, struct lr_state *lists, uint32_t i) {
    uint32_t intid = (uint32_t)lists->lr[i];
    uint32_t *word = word_at(vm, vcpu, intid);
    word_set(vm, word, intid, fold(vm, lists->lr[i], *word));
    lists->lr[i] = 0;
    lists->used &= (uint16_t) ~(1u << i);
    lists->touched |= (uint16_t)(1u << i);
}

static uint32_t group_key(const struct lr_state *lists, uint32_t group, uint32_t level) {
    return level + (lists->vmcr & ICH_VMCR_VENG(group) ? 0 : KEY_DISABLED);
}

static uint32_t lr_key(const struct lr_state *lists, uint64_t lr) {
    uint32_t level = (uint32_t)(lr >> (LR_PRIORITY_SHIFT + 3)) & (IRQ_LEVELS - 1);
    return group_key(lists, lr & LR_GROUP1 ? 1 : 0, level);
}

/* The first of a queue that is not empty. */
static uint32_t queue_first(struct irq_vm *vm, uint32_t vcpu, const struct irq_queue *queue) {
    uint32_t level = (uint32_t)__builtin_ctz(queue->levels);
    uint32_t block = (uint32_t)__builtin_ctz(queue->blocks[level]);
    const uint32_t *words = word_at(vm, vcpu, block * 32);
    uint32_t bits = queue->bits[block];

    while ((bits & (bits - 1)) && word_level(words[__builtin_ctz(bits)]) != level) bits &= bits - 1;
    return block * 32 + (uint32_t)__builtin_ctz(bits);
}

/* Takes the better of the two groups' first out of its queue; `key` is its key, or KEY_NONE. */
static const struct irq_queue *queue_best(const struct irq_vm *vm, uint32_t vcpu,
                                          const struct lr_state *lists, uint32_t *key) {
    const struct irq_queue *best = NULL;

    *key = KEY_NONE;
    for (uint32_t group = 0; group < 2; group++) {
        const struct irq_queue *queue = &vm->queue[vcpu][IRQ_READY0 + group];
        if (!queue->levels) continue;
        uint32_t its = group_key(lists, group, (uint32_t)__builtin_ctz(queue->levels));
        if (its < *key) {
            *key = its;
            best = queue;
        }
    }
    return best;
}

/* The list register to give to a pending interrupt of this key: that of the worst pending one, if
 * it is worse. If none is pending that could be signalled, that of the lowest active priority. */
static uint32_t victim(const struct lr_state *lists, uint32_t key) {
    uint32_t pending = LR_MAX, active = LR_MAX, pending_key = 0, active_key = 0;

    for (uint32_t i = 0; i < lists->count; i++) {
        uint32_t its = lr_key(lists, lists->lr[i]);
        if (lists->lr[i] & LR_ACTIVE && (active == LR_MAX || its > active_key)) {
            active = i;
            active_key = its;
        } else if (!(lists->lr[i] & LR_ACTIVE) && (pending == LR_MAX || its > pending_key)) {
            pending = i;
            pending_key = its;
        }
    }
    if (pending == LR_MAX) return active;
    return pending_key > key ? pending : LR_MAX;
}

static void place(struct irq_vm *vm, uint32_t vcpu, struct lr_state *lists, uint32_t i,
                  const struct irq_queue *queue) {
    uint32_t intid = queue_first(vm, vcpu, queue);
    uint32_t *word = word_at(vm, vcpu, intid);
    word_take(vm, word, intid);
    put(vm, vcpu, lists, i, word, intid, *word);
}

static uint32_t lr_free(const struct lr_state *lists) {
    return ~(uint32_t)lists->used & ((1u << lists->count) - 1);
}

/* Each turn fills a free list register or puts a better one in the place of a worse: at most twice
 * their number. One of a disabled group never drives another out. */
static void fill(struct irq_vm *vm, uint32_t vcpu, struct lr_state *lists) {
    uint32_t key;
    const struct irq_queue *queue;

    while ((queue = queue_best(vm, vcpu, lists, &key))) {
        uint32_t i = lr_free(lists) ? (uint32_t)__builtin_ctz(lr_free(lists)) : LR_MAX;
        if (i == LR_MAX) {
            i = key < KEY_DISABLED ? victim(lists, key) : LR_MAX;
            if (i == LR_MAX) return;
            evict(vm, vcpu, lists, i);
        }
        place(vm, vcpu, lists, i, queue);
    }
}

/* EOIcount, with EOImode 0: that many of the active ones outside have ended, the highest priority
 * first. With EOImode 1 only ICC_DIR_EL1 deactivates, and is trapped if that can matter. */
static void complete_outside(struct irq_vm *vm, uint32_t vcpu, struct lr_state *lists) {
    const struct irq_queue *outside = &vm->queue[vcpu][IRQ_OUTSIDE];
    uint32_t count = lists->vmcr & ICH_VMCR_VEOIM ? 0 : lists->eoi_count;

    for (; count && outside->levels; count--)
        irq_deactivate(vm, vcpu, queue_first(vm, vcpu, outside));
    lists->eoi_count = 0;
}

/* With better ones waiting, what is pending and active must not become pending behind our back: it
 * would keep NPIE from telling that the others are gone. EOI tells when it would. */
static void hold_back(struct irq_vm *vm, uint32_t vcpu, struct lr_state *lists) {
    for (uint32_t used = lists->used; used; used &= used - 1) {
        uint32_t i = (uint32_t)__builtin_ctz(used);
        uint32_t *word = word_at(vm, vcpu, (uint32_t)lists->lr[i]);
        if ((lists->lr[i] & LR_STATE) != LR_STATE) continue;
        lists->lr[i] = (lists->lr[i] & ~LR_PENDING) | LR_EOI;
        lists->touched |= (uint16_t)(1u << i);
        if (*word & WORD_LENT) *word = (*word & ~WORD_LENT) | WORD_LATCH;
    }
}

/* No condition of this value holds already, else the maintenance interrupt would come for ever:
 * NPIE is set only with a list register pending in an enabled group (see victim). */
static uint32_t control(const struct irq_vm *vm, uint32_t vcpu, const struct lr_state *lists) {
    const struct irq_queue *queue = vm->queue[vcpu];
    uint32_t hcr = ICH_HCR_EN;
    bool overflow = false;

    if (queue[IRQ_OUTSIDE].levels) hcr |= ICH_HCR_LRENPIE | ICH_HCR_TDIR;
    if (vm->vcpu_count > 1) hcr |= ICH_HCR_TDIR;
    for (uint32_t group = 0; group < 2; group++)
        if (queue[IRQ_READY0 + group].levels && (lists->vmcr & ICH_VMCR_VENG(group)))
            overflow = true;
    hcr |= overflow ? ICH_HCR_NPIE : 0;
    for (uint32_t group = 0; group < 2; group++) {
        bool enabled = lists->vmcr & ICH_VMCR_VENG(group);
        if (enabled && overflow) hcr |= ICH_HCR_VGRPDIE(group);
        if (!enabled && queue[IRQ_READY0 + group].levels) hcr |= ICH_HCR_VGRPEIE(group);
    }
    return hcr;
}

static uint32_t lr_find(const struct lr_state *lists, uint32_t intid) {
    for (uint32_t used = lists->used; used; used &= used - 1)
        if ((uint32_t)lists->lr[__builtin_ctz(used)] == intid) return (uint32_t)__builtin_ctz(used);
    return LR_MAX;
}

/* The same as the long way by irq_sync where that has nothing to decide: the latch goes into the
 * list register at once. NPIE: others wait, so a list register that is empty is not ours to take.
 */
uint32_t irq_put_short(struct irq_vm *vm, uint32_t vcpu, uint32_t intid, enum irq_cause cause,
                       struct lr_state *lists) {
    uint32_t *word = word_at(vm, vcpu, intid);
    uint32_t w = *word, i;

    if (w & WORD_HELD) {
        i = lr_find(lists, intid);
        if (i == LR_MAX) return LR_MAX;
        uint64_t state = lists->lr[i] & LR_STATE;
        if (cause == IRQ_PENDED && state == LR_PENDING && (w & WORD_LENT))
            return i; /* pending by its latch already: one is as good as two */
        if (state) return LR_MAX;
        w &= ~(WORD_HELD | WORD_ACTIVE | WORD_LENT | WORD_FIRED); /* the guest has ended it */
    } else {
        if (!lr_free(lists)) return LR_MAX;
        i = (uint32_t)__builtin_ctz(lr_free(lists));
    }
    if ((w & WORD_PLAIN_MASK) != WORD_DELIVER || word_target(w) != vcpu ||
        (lists->hcr & ICH_HCR_NPIE))
        return LR_MAX;
    uint64_t lr = LR_PENDING | lr_shape(w) | intid;
    if (cause == IRQ_FIRED) lr |= LR_HW | (uint64_t)vm->route[intid] << LR_PINTID_SHIFT;
    lists->lr[i] = lr;
    lists->used |= (uint16_t)(1u << i);
    *word = (w & ~WORD_OWNER_MASK) | WORD_OWNER(vcpu) | WORD_HELD |
            (cause == IRQ_FIRED ? WORD_FIRED : WORD_LENT);
    return i;
}

bool irq_sync_free(struct irq_vm *vm, uint32_t vcpu, struct lr_state *lists) {
    const struct irq_queue *queue = vm->queue[vcpu];

    if (((vm->changed >> vcpu) & 1) || (lists->hcr & ~ICH_HCR_TDIR) != ICH_HCR_EN) return false;
    for (uint32_t used = lists->used; used; used &= used - 1) {
        uint32_t i = (uint32_t)__builtin_ctz(used);
        if (!(lists->lr[i] & LR_STATE)) refit(vm, vcpu, lists, i);
    }
    for (uint32_t kind = IRQ_READY0; kind <= IRQ_READY1; kind++)
        while (queue[kind].levels) {
            if (!lr_free(lists)) return false;
            place(vm, vcpu, lists, (uint32_t)__builtin_ctz(lr_free(lists)), &queue[kind]);
        }
    vm->due &= ~(1u << vcpu);
    return true;
}

void irq_sync(struct irq_vm *vm, uint32_t vcpu, struct lr_state *lists) {
    for (uint32_t used = lists->used; used; used &= used - 1)
        refit(vm, vcpu, lists, (uint32_t)__builtin_ctz(used));
    complete_outside(vm, vcpu, lists);
    fill(vm, vcpu, lists);
    lists->hcr = control(vm, vcpu, lists);
    if (lists->hcr & ICH_HCR_NPIE) hold_back(vm, vcpu, lists);
    vm->due &= ~(1u << vcpu);
    vm->changed &= ~(1u << vcpu);
}

void irq_withdraw(struct irq_vm *vm, uint32_t vcpu, struct lr_state *lists) {
    for (uint32_t used = lists->used; used; used &= used - 1)
        evict(vm, vcpu, lists, (uint32_t)__builtin_ctz(used));
}
