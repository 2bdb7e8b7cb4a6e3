/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registers that exist for every block of 32 INTIDs: group, enable, pending, active, priority
 * and configuration. Their offsets are the same in the distributor's frame, which has all blocks
 * one after another, and in a redistributor's SGI frame, which has only the first.
 */
#pragma once

#include "gic.h"

/* Offsets of the first block's registers. */
enum block_register {
    BLOCK_IGROUPR = 0x080,
    BLOCK_ISENABLER = 0x100,
    BLOCK_ICENABLER = 0x180,
    BLOCK_ISPENDR = 0x200,
    BLOCK_ICPENDR = 0x280,
    BLOCK_ISACTIVER = 0x300,
    BLOCK_ICACTIVER = 0x380,
    BLOCK_IPRIORITYR = 0x400,
    BLOCK_ITARGETSR = 0x800, /* reserved: affinity routing */
    BLOCK_ICFGR0 = 0xc00,
    BLOCK_ICFGR1 = 0xc04,
    BLOCK_IGRPMODR = 0xd00, /* reserved: one Security state */
};

struct block_place {
    uint32_t block;  /* INTID / 32 */
    uint32_t offset; /* of this register in the first block */
};

/*
 * Takes `offset` apart. False if no such register is there, or if an access of `size` bytes cannot
 * reach it: all are aligned words, priorities also bytes (12.1.3). With another size a guest gets
 * what a reserved register gives, zero and no effect, which is one of the allowed answers.
 */
static inline bool block_find(uint32_t offset, unsigned size, struct block_place *place) {
    if (offset - BLOCK_IGROUPR < BLOCK_IPRIORITYR - BLOCK_IGROUPR) {
        *place = (struct block_place){offset / 4 % 32, offset & ~0x7fu};
        return size == 4 && offset % 4 == 0;
    }
    if (offset - BLOCK_IPRIORITYR < BLOCK_ITARGETSR - BLOCK_IPRIORITYR) {
        *place = (struct block_place){offset / 32 % 32, BLOCK_IPRIORITYR + offset % 32};
        return size == 1 || (size == 4 && offset % 4 == 0);
    }
    *place = (struct block_place){offset / 8 % 32, BLOCK_ICFGR0 + offset % 8};
    return offset - BLOCK_ICFGR0 < BLOCK_IGRPMODR - BLOCK_ICFGR0 && size == 4 && offset % 4 == 0;
}

/* `offset` is the one that block_find gave, `size` the one that it was given. */
struct reply block_read(const struct gic *gic, const struct gic_block *block, uint32_t offset,
                        unsigned size);
struct reply block_write(const struct gic *gic, struct gic_block *block, uint32_t offset,
                         unsigned size, uint32_t value);

/* Tells the kernel what changes in this block when GICD_CTLR becomes `control`; false: nothing. */
bool block_control(const struct gic *gic, struct gic_block *block, uint32_t control);

/* Sets reset values, `config` for ICFGR0; `tell`: as for distributor_reset. */
void block_reset(const struct gic *gic, struct gic_block *block, uint64_t where, uint32_t config,
                 bool tell);
