/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interrupt words of a VM and what follows from a change of one: it moves between the queues,
 * a vCPU becomes due, a physical interrupt is to be deactivated. irq.h has the rules; the choice
 * for the list registers is in irq_choice.c. Called by the system calls and by lr.c under the VM's
 * lock.
 */
#include "irq_word.h"

void irq_init(struct irq_vm *vm, uint32_t vcpu_count, uint32_t spi_end) {
    *vm = (struct irq_vm){.vcpu_count = vcpu_count, .spi_end = spi_end};
    irq_reset(vm);
}

void irq_reset(struct irq_vm *vm) {
    for (uint32_t vcpu = 0; vcpu < vm->vcpu_count; vcpu++) {
        for (uint32_t intid = 0; intid < 32; intid++) {
            uint32_t *word = &vm->private[vcpu][intid];
            *word = (*word & WORD_KEPT) | (intid < 16 ? WORD_EDGE : 0) | WORD_TARGET(vcpu);
        }
        for (uint32_t kind = 0; kind < IRQ_QUEUES; kind++)
            vm->queue[vcpu][kind] = (struct irq_queue){0};
    }
    for (uint32_t intid = 32; intid < vm->spi_end; intid++) vm->spi[intid] &= WORD_KEPT;
    vm->due = 0;
    vm->changed = 0;
}

enum status irq_route(struct irq_vm *vm, uint32_t virtual_intid, uint16_t intid, bool edge) {
    if (virtual_intid < 16 || virtual_intid >= vm->spi_end) return STATUS_BAD_HANDLE;
    uint32_t bits = WORD_ROUTED | (edge ? WORD_ROUTED_EDGE : 0);
    vm->route[virtual_intid] = intid;
    for (uint32_t vcpu = 0; vcpu < vm->vcpu_count; vcpu++)
        *word_at(vm, vcpu, virtual_intid) |= bits;
    return STATUS_OK;
}

/* The queue that a word with this value stands in. It is a function of the word alone, so a change
 * of the word says what to take out and what to put in. */
static struct irq_queue *word_home(struct irq_vm *vm, uint32_t w) {
    if (w & WORD_HELD) return NULL;
    if (w & WORD_ACTIVE) return &vm->queue[word_owner(w)][IRQ_OUTSIDE];
    if (!(w & WORD_DELIVER) || !word_pending(w) || word_target(w) >= vm->vcpu_count) return NULL;
    return &vm->queue[word_target(w)][word_group(w) ? IRQ_READY1 : IRQ_READY0];
}

static void queue_add(struct irq_queue *queue, uint32_t intid, uint32_t level) {
    queue->bits[intid / 32] |= 1u << intid % 32;
    queue->blocks[level] |= 1u << intid / 32;
    queue->levels |= 1u << level;
}

/* `word` is the member's, and its neighbours are those of its block. */
static void queue_remove(struct irq_queue *queue, const uint32_t *word, uint32_t intid,
                         uint32_t level) {
    uint32_t rest = queue->bits[intid / 32] &= ~(1u << intid % 32);
    const uint32_t *block = word - intid % 32;

    for (; rest; rest &= rest - 1)
        if (word_level(block[__builtin_ctz(rest)]) == level) return;
    queue->blocks[level] &= ~(1u << intid / 32);
    if (!queue->blocks[level]) queue->levels &= ~(1u << level);
}

void word_take(struct irq_vm *vm, const uint32_t *word, uint32_t intid) {
    queue_remove(word_home(vm, *word), word, intid, word_level(*word));
}

void word_set(struct irq_vm *vm, uint32_t *word, uint32_t intid, uint32_t value) {
    uint32_t old = *word;
    if (value == old) return;
    struct irq_queue *from = word_home(vm, old);
    struct irq_queue *to = word_home(vm, value);

    if (from) queue_remove(from, word, intid, word_level(old));
    *word = value;
    if (to) queue_add(to, intid, word_level(value));
    if (value & WORD_HELD) {
        vm->changed |= 1u << word_owner(value);
        vm->due |= 1u << word_owner(value);
    } else if (to && value & WORD_ACTIVE) {
        vm->changed |= (uint32_t)(to != from) << word_owner(value); /* LRENPIE, TDIR */
        vm->due |= (uint32_t)(to != from) << word_owner(value);
    } else if (to) {
        vm->due |= 1u << word_target(value);
    }
}

uint32_t word_release(struct irq_vm *vm, uint32_t w, uint32_t intid) {
    if (vm->physical_count < IRQ_PHYSICAL_MAX)
        vm->physical[vm->physical_count++] =
            (struct irq_physical){vm->route[intid], (uint16_t)(intid < 32 ? word_target(w) : 0)};
    return w & ~WORD_FIRED;
}

/* HELD: whether it is active only the list register knows, so the order is left for irq_sync. */
static uint32_t word_activate(const struct irq_vm *vm, uint32_t w) {
    if (w & WORD_HELD) return (w & ~WORD_ORDER_OFF) | WORD_ORDER_ON;
    if (w & WORD_ACTIVE) return w;
    uint32_t owner = word_target(w) < vm->vcpu_count ? word_target(w) : 0;
    return (w & ~WORD_OWNER_MASK) | WORD_OWNER(owner) | WORD_ACTIVE;
}

static uint32_t word_deactivate(struct irq_vm *vm, uint32_t w, uint32_t intid) {
    if (w & WORD_HELD) return (w & ~WORD_ORDER_ON) | WORD_ORDER_OFF;
    if ((w & WORD_ACTIVE) && (w & WORD_FIRED)) w = word_release(vm, w, intid);
    return w & ~WORD_ACTIVE;
}

/* A level route that has fired and is in no list register: let the physical GIC look at its line.
 */
static uint32_t word_look_again(struct irq_vm *vm, uint32_t w, uint32_t intid) {
    return (w & (WORD_FIRED | WORD_HELD | WORD_ACTIVE)) == WORD_FIRED ? word_release(vm, w, intid)
                                                                      : w;
}

static uint32_t word_apply(struct irq_vm *vm, enum irq_op op, uint32_t w, uint32_t intid) {
    switch (op) {
    case IRQ_DELIVER: return w & WORD_DELIVER ? w : word_look_again(vm, w, intid) | WORD_DELIVER;
    case IRQ_HOLD: return w & ~WORD_DELIVER;
    case IRQ_PEND: return w | WORD_LATCH;
    case IRQ_UNPEND: return word_look_again(vm, w, intid) & ~(WORD_LATCH | WORD_LENT);
    case IRQ_ACTIVATE: return word_activate(vm, w);
    case IRQ_DEACTIVATE: return word_deactivate(vm, w, intid);
    case IRQ_EDGE: return w | WORD_EDGE;
    case IRQ_LEVEL: return w & ~WORD_EDGE;
    case IRQ_GROUP0: return w & ~WORD_GROUP1;
    case IRQ_GROUP1: return w | WORD_GROUP1;
    case IRQ_OP_COUNT: break;
    }
    return w;
}

/* The first word and INTID of the block that `where` names. */
static bool block_find(const struct irq_vm *vm, uint64_t where, uint32_t *vcpu, uint32_t *base) {
    *vcpu = 0;
    *base = 0;
    if (where < vm->vcpu_count) {
        *vcpu = (uint32_t)where;
        return true;
    }
    if (where <= IRQ_WHERE_SPI(0) || where >= IRQ_WHERE_SPI(vm->spi_end / 32)) return false;
    *base = (uint32_t)(where - IRQ_WHERE_SPI(0)) * 32;
    return true;
}

static enum status sgi_pend(struct irq_vm *vm, uint32_t intid, uint64_t op, uint64_t mask) {
    if (op != IRQ_PEND) return STATUS_BAD_CALL;
    if (intid >= 16) return STATUS_BAD_HANDLE;
    if (mask >> vm->vcpu_count) return STATUS_RANGE;
    for (; mask; mask &= mask - 1) {
        uint32_t *word = &vm->private[__builtin_ctzll(mask)][intid];
        word_set(vm, word, intid, *word | WORD_LATCH);
    }
    return STATUS_OK;
}

enum status irq_op(struct irq_vm *vm, uint64_t where, uint64_t op, uint64_t mask) {
    uint32_t vcpu, base;

    if (where >= IRQ_WHERE_SGI(0) && where < IRQ_WHERE_SGI(16))
        return sgi_pend(vm, (uint32_t)(where - IRQ_WHERE_SGI(0)), op, mask);
    if (!block_find(vm, where, &vcpu, &base)) return STATUS_BAD_HANDLE;
    if (op >= IRQ_OP_COUNT) return STATUS_BAD_CALL;
    if (mask >> 32) return STATUS_RANGE;
    for (; mask; mask &= mask - 1) {
        uint32_t intid = base + (uint32_t)__builtin_ctzll(mask);
        uint32_t *word = word_at(vm, vcpu, intid);
        word_set(vm, word, intid, word_apply(vm, (enum irq_op)op, *word, intid));
    }
    return STATUS_OK;
}

static enum status attr_priority(struct irq_vm *vm, uint32_t vcpu, uint32_t intid, uint64_t value) {
    if (intid % 4 || value >> 32) return STATUS_RANGE;
    for (uint32_t n = 0; n < 4; n++) {
        uint32_t *word = word_at(vm, vcpu, intid + n);
        uint32_t w = *word & ~WORD_PRIORITY_MASK;
        word_set(vm, word, intid + n, w | WORD_PRIORITY((uint32_t)(value >> 8 * n) & 0xff));
    }
    return STATUS_OK;
}

enum status irq_attr(struct irq_vm *vm, uint64_t where, uint64_t intid, uint64_t attr,
                     uint64_t value) {
    uint32_t vcpu, base;

    if (!block_find(vm, where, &vcpu, &base)) return STATUS_BAD_HANDLE;
    if (intid < base || intid >= base + 32) return STATUS_RANGE;
    if (attr == IRQ_PRIORITY) return attr_priority(vm, vcpu, (uint32_t)intid, value);
    if (attr != IRQ_TARGET) return STATUS_BAD_CALL;
    if (base == 0 || (value >= vm->vcpu_count && value != IRQ_TARGET_NONE)) return STATUS_RANGE;
    uint32_t *word = &vm->spi[intid];
    uint32_t target = value == IRQ_TARGET_NONE ? WORD_TARGET_NONE : (uint32_t)value;
    word_set(vm, word, (uint32_t)intid, (*word & ~WORD_TARGET_MASK) | WORD_TARGET(target));
    return STATUS_OK;
}

enum status irq_get(const struct irq_vm *vm, uint64_t where, struct irq_masks *masks) {
    uint32_t vcpu, base;

    *masks = (struct irq_masks){0};
    if (!block_find(vm, where, &vcpu, &base)) return STATUS_BAD_HANDLE;
    const uint32_t *block = base ? &vm->spi[base] : vm->private[vcpu];
    for (uint32_t n = 0; n < 32; n++) {
        masks->pending |= (uint32_t)word_pending(block[n]) << n;
        masks->active |= (uint32_t) !!(block[n] & WORD_ACTIVE) << n;
        masks->line |= (uint32_t) !!(block[n] & WORD_LINE) << n;
    }
    return STATUS_OK;
}

uint32_t irq_recall(struct irq_vm *vm, uint64_t where) {
    uint32_t vcpu, base, holders = 0;

    if (!block_find(vm, where, &vcpu, &base)) return 0;
    uint32_t *block = word_at(vm, vcpu, base);
    for (uint32_t n = 0; n < 32; n++) {
        if (block[n] & WORD_HELD)
            holders |= 1u << word_owner(block[n]);
        else if (!(block[n] & WORD_ROUTED_EDGE))
            word_set(vm, &block[n], base + n, word_look_again(vm, block[n], base + n));
    }
    vm->due |= holders;
    vm->changed |= holders;
    return holders;
}

enum status irq_line(struct irq_vm *vm, uint32_t vcpu, uint32_t intid, bool high) {
    if (intid < 16 || intid >= vm->spi_end || (intid < 32 && vcpu >= vm->vcpu_count))
        return STATUS_BAD_HANDLE;
    uint32_t *word = word_at(vm, vcpu, intid);
    uint32_t w = *word;
    if (w & WORD_ROUTED) return STATUS_DENIED;
    if (!high)
        w &= ~WORD_LINE;
    else if (!(w & WORD_LINE))
        w |= WORD_LINE | (w & WORD_EDGE ? WORD_LATCH : 0);
    word_set(vm, word, intid, w);
    return STATUS_OK;
}

void irq_fire(struct irq_vm *vm, uint32_t vcpu, uint32_t intid) {
    uint32_t *word = word_at(vm, vcpu, intid);
    uint32_t w = *word;

    if (w & WORD_ROUTED_EDGE)
        w = word_release(vm, w, intid) | WORD_LATCH;
    else if ((w & WORD_FIRED) && (w & WORD_HELD))
        w |= WORD_AGAIN; /* the guest deactivated it, and its list register was not read since */
    else
        w |= WORD_FIRED;
    word_set(vm, word, intid, w);
}

void irq_deactivate(struct irq_vm *vm, uint32_t vcpu, uint32_t intid) {
    if (intid >= vm->spi_end) return;
    uint32_t *word = word_at(vm, vcpu, intid);
    word_set(vm, word, intid, word_deactivate(vm, *word, intid));
}
