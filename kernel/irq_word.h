/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The word of an interrupt, shared by irq.c (which changes words) and irq_choice.c (which chooses
 * for the list registers). Nobody else looks into a word.
 */
#pragma once

#include <stddef.h>

#include "irq.h"

#define WORD_LINE           (1u << 0) /* level of the device's line */
#define WORD_LATCH          (1u << 1) /* pending by an edge or PEND */
#define WORD_LENT           (1u << 2) /* the latch stands in the list register */
#define WORD_ACTIVE         (1u << 3) /* HELD: as when the list register was last read */
#define WORD_DELIVER        (1u << 4)
#define WORD_EDGE           (1u << 5)
#define WORD_GROUP1         (1u << 6)
#define WORD_HELD           (1u << 7)  /* stands in a list register of its owner */
#define WORD_ROUTED         (1u << 8)  /* a physical interrupt is behind it */
#define WORD_ROUTED_EDGE    (1u << 9)  /* and that one is edge-triggered */
#define WORD_FIRED          (1u << 10) /* which is active at the physical GIC */
#define WORD_AGAIN          (1u << 11) /* and was so twice since the list register was last read */
#define WORD_ORDER_ON       (1u << 12) /* HELD: to be made active, inactive, when it is read next */
#define WORD_ORDER_OFF      (1u << 13)
#define WORD_OWNER_SHIFT    15 /* 4 bits: vCPU; of a word that is HELD or active */
#define WORD_PRIORITY_SHIFT 19 /* 8 bits */
#define WORD_TARGET_SHIFT   27 /* 5 bits: vCPU; of a private interrupt its own */
#define WORD_TARGET_NONE    31u

#define WORD_OWNER(vcpu)    ((vcpu) << WORD_OWNER_SHIFT)
#define WORD_OWNER_MASK     WORD_OWNER(0xfu)
#define WORD_PRIORITY(p)    ((p) << WORD_PRIORITY_SHIFT)
#define WORD_PRIORITY_MASK  WORD_PRIORITY(0xffu)
#define WORD_TARGET(vcpu)   ((vcpu) << WORD_TARGET_SHIFT)
#define WORD_TARGET_MASK    WORD_TARGET(0x1fu)
#define WORD_KEPT           (WORD_LINE | WORD_ROUTED | WORD_ROUTED_EDGE | WORD_FIRED) /* at reset */

/* All that can stand in the way of putting a word straight into a list register. */
#define WORD_PLAIN_MASK                                                                            \
    (WORD_LINE | WORD_LATCH | WORD_LENT | WORD_ACTIVE | WORD_DELIVER | WORD_HELD |                 \
     WORD_ROUTED_EDGE | WORD_FIRED | WORD_AGAIN | WORD_ORDER_ON | WORD_ORDER_OFF)

static inline uint32_t word_owner(uint32_t w) { return w >> WORD_OWNER_SHIFT & 0xf; }

static inline uint32_t word_target(uint32_t w) { return w >> WORD_TARGET_SHIFT; }

static inline uint32_t word_level(uint32_t w) {
    return w >> (WORD_PRIORITY_SHIFT + 3) & (IRQ_LEVELS - 1);
}

static inline uint32_t word_group(uint32_t w) { return w >> 6 & 1; }

/* Pending, or pending and active. What fired at a level route is active or pending, never both. */
static inline bool word_pending(uint32_t w) {
    return (w & (WORD_LATCH | WORD_LENT)) || (w & (WORD_LINE | WORD_EDGE)) == WORD_LINE ||
           (w & (WORD_FIRED | WORD_ACTIVE)) == WORD_FIRED;
}

static inline uint32_t *word_at(struct irq_vm *vm, uint32_t vcpu, uint32_t intid) {
    return intid < 32 ? &vm->private[vcpu][intid] : &vm->spi[intid];
}

/* Changes a word: it changes queues, and the vCPUs that this concerns become due. */
void word_set(struct irq_vm *vm, uint32_t *word, uint32_t intid, uint32_t value);

/* Takes a word that waits in a queue out of it. */
void word_take(struct irq_vm *vm, const uint32_t *word, uint32_t intid);

/* The word without FIRED; the physical interrupt is left for the caller of irq_*. */
uint32_t word_release(struct irq_vm *vm, uint32_t w, uint32_t intid);
