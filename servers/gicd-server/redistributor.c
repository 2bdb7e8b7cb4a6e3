/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The redistributors: their identity, whether they are awake, and the registers of SGIs and PPIs.
 * Called by main.c for a VM's redistributor window and by the distributor for its reset. Pure but
 * for irq_calls_*.
 */
#include "block.h"

#define GICR_SHIFT                17         /* log2 of the bytes that one redistributor takes */
#define GICR_SGI                  (1u << 16) /* the second frame */
#define GICR_IIDR                 0x0004u
#define GICR_TYPER                0x0008u
#define GICR_WAKER                0x0014u

#define GICR_TYPER_LAST           (1u << 4)
#define GICR_WAKER_PROCESSORSLEEP (1u << 1)
#define GICR_WAKER_CHILDRENASLEEP (1u << 2)

#define GICR_ICFGR0               0xaaaaaaaau /* its only value: SGIs are edge-triggered */

/* Affinity in 63:32 without the gap that MPIDR has, Processor_Number in 23:8. */
static uint64_t read_type(const struct gic *gic, uint32_t vcpu) {
    uint64_t mpidr = gic->config.mpidr[vcpu];
    uint64_t affinity = (mpidr & 0xffffff) | (mpidr >> 32 & 0xff) << 24;
    bool last = vcpu + 1 == gic->config.vcpu_count;
    return affinity << 32 | vcpu << 8 | (last ? GICR_TYPER_LAST : 0);
}

static uint64_t read_control(const struct gic *gic, uint32_t vcpu, uint32_t offset, unsigned size) {
    bool awake = (gic->awake >> vcpu & 1) != 0;
    if (size == 8 && offset == GICR_TYPER) return read_type(gic, vcpu);
    if (size != 4 || offset % 4 != 0) return 0;
    if (offset >= GIC_IDENTITY) return gic_identity(offset);
    switch (offset) {
    case GICR_IIDR: return GIC_IIDR;
    case GICR_TYPER: return (uint32_t)read_type(gic, vcpu);
    case GICR_TYPER + 4: return read_type(gic, vcpu) >> 32;
    case GICR_WAKER: return awake ? 0 : GICR_WAKER_PROCESSORSLEEP | GICR_WAKER_CHILDRENASLEEP;
    }
    return 0; /* CTLR: no LPIs to enable, no 1 of N to leave, nothing ever in progress */
}

/* Only a handshake: ChildrenAsleep follows ProcessorSleep at once. Interrupts also reach a vCPU
 * that nobody woke here: PSCI puts vCPUs to sleep, and the kernel knows which. */
static void write_waker(struct gic *gic, uint32_t vcpu, uint32_t value) {
    gic->awake &= ~(1u << vcpu);
    if ((value & GICR_WAKER_PROCESSORSLEEP) == 0) gic->awake |= 1u << vcpu;
}

struct reply redistributor_read(const struct gic *gic, uint32_t offset, unsigned size) {
    uint32_t vcpu = offset >> GICR_SHIFT;
    struct block_place place;
    if (vcpu >= gic->config.vcpu_count) return reply_done(0);
    if ((offset & GICR_SGI) == 0)
        return reply_done(read_control(gic, vcpu, (uint16_t)offset, size));
    if (!block_find((uint16_t)offset, size, &place) || place.block != 0) return reply_done(0);
    return block_read(gic, &gic->private[vcpu], place.offset, size);
}

struct reply redistributor_write(struct gic *gic, uint32_t offset, unsigned size, uint64_t value) {
    uint32_t vcpu = offset >> GICR_SHIFT;
    struct block_place place;
    if (vcpu >= gic->config.vcpu_count) return reply_done(0);
    if ((offset & GICR_SGI) == 0) {
        if (size == 4 && (uint16_t)offset == GICR_WAKER) write_waker(gic, vcpu, (uint32_t)value);
        return reply_done(0);
    }
    if (!block_find((uint16_t)offset, size, &place) || place.block != 0 ||
        place.offset == BLOCK_ICFGR0) /* the SGIs', read-only */
        return reply_done(0);
    return block_write(gic, &gic->private[vcpu], place.offset, size, (uint32_t)value);
}

void redistributor_reset(struct gic *gic, uint32_t vcpu, bool tell) {
    gic->awake &= ~(1u << vcpu);
    block_reset(gic, &gic->private[vcpu], IRQ_WHERE_PRIVATE(vcpu), GICR_ICFGR0, tell);
}
