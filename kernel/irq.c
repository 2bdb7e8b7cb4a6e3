/* SPDX-License-Identifier: BSD-2-Clause */
/* The interrupt words of a VM and what changes them: calls of servers, lines, physical interrupts.
 * irq.h has the rules; irq_lists.c moves words to and from list registers. These two and deliver.c
 * are compiled for size: the paths that bench counts (irq_put) hardly become longer by that. */
#include "irq.h"

#include <stddef.h>

#define NOBODY    VCPU_MAX
#define WORD_KEPT (WORD_LINE | WORD_ROUTED_EDGE | WORD_FIRED) /* at reset */

/* The vCPU that has the interrupt in a list register or active outside, or should get it. */
static uint32_t word_home(uint32_t w) {
    if (w & (WORD_HELD | WORD_ACTIVE)) return field_get(w, WORD_OWNER);
    return (w & WORD_DELIVER) && word_pending(w) ? field_get(w, WORD_TARGET) : NOBODY;
}

/* Puts a word at the end of its queue, or takes it out. The newest of IRQ_ACTIVE is the first. */
static void queue(struct irq_vm *vm, uint32_t vcpu, uint32_t intid, uint32_t w, bool in) {
    uint32_t kind = w & WORD_ACTIVE ? IRQ_ACTIVE : field_get(w, WORD_GROUP1);
    uint32_t level = kind == IRQ_ACTIVE ? 0 : field_get(w, WORD_LEVEL);
    uint32_t *levels = &vm->queues[vcpu].levels[kind];
    uint16_t *first = &vm->queues[vcpu].first[kind][level];
    struct irq_entry *own = entry_at(vm, vcpu, intid);
    if (in ? !(*levels >> level & 1) : own->next == intid) { /* alone: a ring of itself */
        *levels ^= 1u << level;
        *first = own->next = own->previous = (uint16_t)intid;
    } else if (in) {
        *own = (struct irq_entry){own->word, *first, entry_at(vm, vcpu, *first)->previous};
        entry_at(vm, vcpu, own->previous)->next = (uint16_t)intid;
        entry_at(vm, vcpu, own->next)->previous = (uint16_t)intid;
        if (w & WORD_ACTIVE) *first = (uint16_t)intid;
    } else {
        entry_at(vm, vcpu, own->next)->previous = own->previous;
        entry_at(vm, vcpu, own->previous)->next = own->next;
        if (*first == intid) *first = own->next;
    }
}

void word_set(struct irq_vm *vm, struct irq_entry *entry, uint32_t intid, uint32_t value) {
    uint32_t was = entry->word, from = word_home(was), to = word_home(value);
    bool stays = !(was & WORD_HELD) && (was & value & WORD_ACTIVE); /* where it is in the queue */
    if (value == was) return;
    if (from != NOBODY && !(was & WORD_HELD) && !stays) queue(vm, from, intid, was, false);
    entry->word = value;
    if (to == NOBODY) return;
    vm->due |= 1u << to;
    if (!(value & WORD_HELD) && !stays) queue(vm, to, intid, value, true);
}

uint32_t word_release(struct irq_vm *vm, uint32_t w, uint32_t intid) {
    irq_physical_end(vm, intid < 32 ? field_get(w, WORD_TARGET) : 0, vm->route[intid]);
    return w & ~WORD_FIRED;
}

/* Only its list register knows whether a HELD word is active, so an order is left for irq_sync. A
 * level route that fired and still waits is released to have the physical GIC look at its line. */
uint32_t word_apply(struct irq_vm *vm, uint32_t op, uint32_t w, uint32_t intid) {
    uint32_t state = w & (WORD_FIRED | WORD_HELD | WORD_ACTIVE);
    bool look = state == WORD_FIRED && (op == IRQ_DELIVER || op == IRQ_UNPEND || op == IRQ_LOOK);
    if (look) w = word_release(vm, w, intid);
    if (look) vm->due |= 1u << (intid < 32 ? field_get(w, WORD_TARGET) : 0); /* to take it again */
    switch (op) {
    case IRQ_DELIVER: return w | WORD_DELIVER;
    case IRQ_HOLD: return w & ~WORD_DELIVER;
    case IRQ_PEND: return w | WORD_LATCH;
    case IRQ_UNPEND: return w & ~(WORD_LATCH | WORD_LENT);
    case IRQ_ACTIVATE:
        if (w & WORD_HELD) return (w & ~WORD_ORDER_OFF) | WORD_ORDER_ON;
        if (w & WORD_ACTIVE) return w;
        return word_with(w, WORD_OWNER, field_get(w, WORD_TARGET) % NOBODY) | WORD_ACTIVE;
    case IRQ_DEACTIVATE:
        if (w & WORD_HELD) return (w & ~WORD_ORDER_ON) | WORD_ORDER_OFF;
        if (state == (WORD_FIRED | WORD_ACTIVE)) w = word_release(vm, w, intid);
        return w & ~WORD_ACTIVE;
    case IRQ_EDGE: return w | WORD_EDGE;
    case IRQ_LEVEL: return w & ~WORD_EDGE;
    case IRQ_GROUP0: return w & ~WORD_GROUP1;
    case IRQ_GROUP1: return w | WORD_GROUP1;
    case IRQ_FIRE:
        if (w & WORD_ROUTED_EDGE) return word_release(vm, w, intid) | WORD_LATCH;
        /* FIRED already: the guest has deactivated it, and the list register was not read since. */
        return w | ((w & WORD_HELD) && (w & WORD_FIRED) ? WORD_AGAIN : WORD_FIRED);
    default: return w;
    }
}

void irq_change(struct irq_vm *vm, uint32_t vcpu, uint32_t intid, uint32_t op) {
    struct irq_entry *entry = entry_at(vm, vcpu, intid);
    word_set(vm, entry, intid, word_apply(vm, op, entry->word, intid));
}

void irq_reset(struct irq_vm *vm) {
    for (uint32_t intid = 0; intid < SPI_END; intid++)
        for (uint32_t vcpu = 0; vcpu < (intid < 32 ? vm->vcpu_count : 1); vcpu++) {
            uint32_t *word = &entry_at(vm, vcpu, intid)->word;
            *word = word_with(*word & WORD_KEPT, WORD_TARGET, vcpu) | (intid < 16 ? WORD_EDGE : 0);
        }
    __builtin_memset(vm->queues, 0, sizeof(vm->queues));
    vm->due = 0;
}

void irq_route(struct irq_vm *vm, uint32_t virtual_intid, uint16_t intid, bool edge) {
    vm->route[virtual_intid] = intid;
    for (uint32_t vcpu = 0; vcpu < vm->vcpu_count; vcpu++)
        if (edge) entry_at(vm, vcpu, virtual_intid)->word |= WORD_ROUTED_EDGE;
}

/* The 32 interrupts that `where` names, and the first one's INTID. */
static uint32_t block_base(uint64_t where) {
    return where > IRQ_WHERE_SPI(0) ? (uint32_t)(where - IRQ_WHERE_SPI(0)) * 32 : 0;
}

static struct irq_entry *block_at(struct irq_vm *vm, uint64_t where) {
    if (where < vm->vcpu_count) return vm->private[where];
    bool spi = where > IRQ_WHERE_SPI(0) && where < IRQ_WHERE_SPI(SPI_END / 32);
    return spi ? &vm->spi[block_base(where)] : NULL;
}

enum status irq_op(struct irq_vm *vm, uint64_t where, uint64_t op, uint64_t mask) {
    uint32_t base = block_base(where), sgi = (uint32_t)(where - IRQ_WHERE_SGI(0));
    bool is_sgi = where - IRQ_WHERE_SGI(0) < 16;
    const struct irq_entry *block = block_at(vm, where);
    if (block == NULL && !is_sgi) return STATUS_BAD_HANDLE;
    if (is_sgi ? op != IRQ_PEND : op >= IRQ_OP_COUNT) return STATUS_BAD_CALL;
    if (mask >> (is_sgi ? vm->vcpu_count : 32) != 0) return STATUS_RANGE;
    for (; mask != 0; mask &= mask - 1) {
        uint32_t n = (uint32_t)__builtin_ctzll(mask);
        irq_change(vm, is_sgi ? n : (uint32_t)where, is_sgi ? sgi : base + n, (uint32_t)op);
    }
    return STATUS_OK;
}

enum status irq_attr(struct irq_vm *vm, uint64_t where, uint64_t intid, uint64_t attr,
                     uint64_t value) {
    uint32_t base = block_base(where), n = 0;
    struct irq_entry *block = block_at(vm, where);
    if (block == NULL) return STATUS_BAD_HANDLE;
    if (intid / 32 != base / 32) return STATUS_RANGE;
    struct irq_entry *entry = &block[intid % 32];
    if (attr == IRQ_PRIORITY) {
        if (intid % 4 != 0 || value >> 32 != 0) return STATUS_RANGE;
        for (; n < 4; n++, value >>= 8)
            word_set(vm, &entry[n], (uint32_t)intid + n,
                     word_with(entry[n].word, WORD_LEVEL, (uint32_t)value >> 3 & 0x1f));
        return STATUS_OK;
    }
    if (attr != IRQ_TARGET) return STATUS_BAD_CALL;
    if (base == 0 || (value >= vm->vcpu_count && value != IRQ_TARGET_NONE)) return STATUS_RANGE;
    uint32_t target = value == IRQ_TARGET_NONE ? NOBODY : (uint32_t)value;
    word_set(vm, entry, (uint32_t)intid, word_with(entry->word, WORD_TARGET, target));
    return STATUS_OK;
}

enum status irq_get(struct irq_vm *vm, uint64_t where, uint64_t masks[IRQ_MASKS]) {
    const struct irq_entry *block = block_at(vm, where);
    __builtin_memset(masks, 0, IRQ_MASKS * sizeof(masks[0]));
    if (block == NULL) return STATUS_BAD_HANDLE;
    for (uint32_t n = 0; n < 32; n++) {
        masks[IRQ_MASK_PENDING] |= (uint64_t)word_pending(block[n].word) << n;
        masks[IRQ_MASK_ACTIVE] |= (uint64_t)field_get(block[n].word, WORD_ACTIVE) << n;
        masks[IRQ_MASK_LINE] |= (uint64_t)field_get(block[n].word, WORD_LINE) << n;
    }
    return STATUS_OK;
}

void irq_recall(struct irq_vm *vm, uint64_t where) {
    uint32_t base = block_base(where);
    struct irq_entry *block = block_at(vm, where);
    for (uint32_t n = 0; block != NULL && n < 32; n++) {
        if (block[n].word & WORD_HELD) vm->due |= 1u << word_home(block[n].word);
        irq_change(vm, (uint32_t)where, base + n, IRQ_LOOK);
    }
}

void irq_line(struct irq_vm *vm, uint32_t vcpu, uint32_t intid, bool high) {
    struct irq_entry *entry = entry_at(vm, vcpu, intid);
    uint32_t w = entry->word;
    if (high && (w & (WORD_LINE | WORD_EDGE)) == WORD_EDGE) w |= WORD_LATCH;
    word_set(vm, entry, intid, high ? w | WORD_LINE : w & ~WORD_LINE);
}
