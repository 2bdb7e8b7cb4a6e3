/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A block of 32 interrupts: tells the kernel what a guest's write to their registers changes, and
 * answers reads. Called by the distributor and the redistributors, which know whether the block
 * exists. Pure but for irq_calls_*.
 */
#include "block.h"

/* The virtual CPU interface has 5 bits of priority (ICH_VTR_EL2.PRIbits); the lower are RAZ/WI. */
#define PRIORITY_BITS 0xf8f8f8f8u
/* ICFGR has two bits for each of 16 INTIDs, and only the upper one means something. */
#define CONFIG_BITS   0xaaaaaaaau

/* What a write of one bit does, for the registers from ISPENDR to ICACTIVER. */
static const enum irq_op state_ops[] = {IRQ_PEND, IRQ_UNPEND, IRQ_ACTIVATE, IRQ_DEACTIVATE};

static void send(const struct gic *gic, const struct gic_block *block, enum irq_op op,
                 uint32_t mask) {
    if (mask != 0) irq_calls_send(gic->vm, block->where, op, mask);
}

/* The interrupts of `enabled` whose group is enabled, too. */
static uint32_t deliverable(uint32_t control, uint32_t enabled, uint32_t group1) {
    uint32_t in_1 = (control & GICD_CTLR_ENABLE_GRP1) != 0 ? group1 : 0;
    uint32_t in_0 = (control & GICD_CTLR_ENABLE_GRP0) != 0 ? ~group1 : 0;
    return enabled & (in_0 | in_1);
}

/* `moved`: the interrupts that this enables, or disables. */
static void write_enable(const struct gic *gic, struct gic_block *block, enum irq_op op,
                         uint32_t moved) {
    send(gic, block, op, deliverable(block->control, moved, block->group1));
    block->enabled ^= moved;
}

/* An interrupt is held while it changes its group: a list register has a group bit of its own. */
static void write_group(const struct gic *gic, struct gic_block *block, uint32_t group1) {
    uint32_t moved = block->group1 ^ group1;
    send(gic, block, IRQ_HOLD, deliverable(block->control, block->enabled & moved, block->group1));
    send(gic, block, IRQ_GROUP0, moved & ~group1);
    send(gic, block, IRQ_GROUP1, moved & group1);
    send(gic, block, IRQ_DELIVER, deliverable(block->control, block->enabled & moved, group1));
    block->group1 = group1;
}

static uint32_t edges_of(uint32_t config, unsigned half) {
    uint32_t edges = 0;
    for (unsigned n = 0; n < 16; n++) edges |= (config >> (2 * n + 1) & 1) << (half * 16 + n);
    return edges;
}

static void write_config(const struct gic *gic, struct gic_block *block, unsigned half,
                         uint32_t value) {
    uint32_t *config = &block->config[half];

    value &= CONFIG_BITS;
    send(gic, block, IRQ_EDGE, edges_of(value & ~*config, half));
    send(gic, block, IRQ_LEVEL, edges_of(~value & *config, half));
    *config = value;
}

static void send_priorities(const struct gic *gic, const struct gic_block *block, uint32_t word,
                            uint32_t value) {
    uint32_t first = block->where < IRQ_WHERE_SPI(0) ? 0 : block->where % 256 * 32;

    irq_calls_set(gic->vm, block->where, first + word * 4, IRQ_PRIORITY, value);
}

static void write_priority(const struct gic *gic, struct gic_block *block, uint32_t offset,
                           unsigned size, uint32_t value) {
    uint32_t word = offset % 32 / 4;
    uint32_t before = block->priority[word];

    if (size == 1) {
        unsigned shift = offset % 4 * 8;
        value = (before & ~(0xffu << shift)) | (value & 0xff) << shift;
    }
    value &= PRIORITY_BITS;
    if (value != before) send_priorities(gic, block, word, value);
    block->priority[word] = value;
}

struct reply block_read(const struct gic *gic, const struct gic_block *block, uint32_t offset,
                        unsigned size) {
    switch (offset) {
    case BLOCK_IGROUPR: return reply_done(block->group1);
    case BLOCK_ISENABLER:
    case BLOCK_ICENABLER: return reply_done(block->enabled);
    case BLOCK_ISPENDR:
    case BLOCK_ICPENDR: return reply_done(irq_calls_read(gic->vm, block->where).pending);
    case BLOCK_ISACTIVER:
    case BLOCK_ICACTIVER: return reply_done(irq_calls_read(gic->vm, block->where).active);
    case BLOCK_ICFGR0:
    case BLOCK_ICFGR1: return reply_done(block->config[offset % 8 / 4]);
    }
    uint32_t word = block->priority[offset % 32 / 4];
    return reply_done(size == 1 ? (uint8_t)(word >> offset % 4 * 8) : word);
}

/* The other registers; apart, so that a write of an enable saves no CPU register for them. */
static __attribute__((noinline)) void write_other(const struct gic *gic, struct gic_block *block,
                                                  uint32_t offset, unsigned size, uint32_t value) {
    switch (offset) {
    case BLOCK_IGROUPR: write_group(gic, block, value); break;
    case BLOCK_ISPENDR:
    case BLOCK_ICPENDR:
    case BLOCK_ISACTIVER:
    case BLOCK_ICACTIVER:
        send(gic, block, state_ops[(offset - BLOCK_ISPENDR) / 0x80], value);
        break;
    case BLOCK_ICFGR0:
    case BLOCK_ICFGR1: write_config(gic, block, offset % 8 / 4, value); break;
    default: write_priority(gic, block, offset, size, value);
    }
}

struct reply block_write(const struct gic *gic, struct gic_block *block, uint32_t offset,
                         unsigned size, uint32_t value) {
    if (offset == BLOCK_ISENABLER)
        write_enable(gic, block, IRQ_DELIVER, value & ~block->enabled);
    else if (offset == BLOCK_ICENABLER)
        write_enable(gic, block, IRQ_HOLD, value & block->enabled);
    else
        write_other(gic, block, offset, size, value);
    return reply_done(0);
}

bool block_control(const struct gic *gic, struct gic_block *block, uint32_t control) {
    uint32_t off = deliverable(block->control & ~control, block->enabled, block->group1);
    uint32_t on = deliverable(control & ~block->control, block->enabled, block->group1);
    send(gic, block, IRQ_HOLD, off);
    send(gic, block, IRQ_DELIVER, on);
    block->control = control;
    return (off | on) != 0;
}

void block_reset(const struct gic *gic, struct gic_block *block, uint64_t where, uint32_t config,
                 bool tell) {
    *block = (struct gic_block){.where = (uint32_t)where, .config = {config}};
    if (!tell) return;
    send(gic, block, IRQ_HOLD, ~0u);
    send(gic, block, IRQ_UNPEND, ~0u);
    send(gic, block, IRQ_DEACTIVATE, ~0u);
    send(gic, block, IRQ_GROUP0, ~0u);
    send(gic, block, IRQ_EDGE, edges_of(config, 0));
    send(gic, block, IRQ_LEVEL, ~edges_of(config, 0));
    for (uint32_t word = 0; word < 8; word++) send_priorities(gic, block, word, 0);
}
