/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The distributor: groups on and off, the SPIs' registers, and where each SPI goes. Called by
 * main.c for a VM's distributor window and for its reset. Pure but for irq_calls_*.
 */
#include "block.h"

#include <vcpus.h>

#define GICD_CTLR         0x0000u
#define GICD_TYPER        0x0004u
#define GICD_IIDR         0x0008u
#define GICD_IROUTER      0x6000u /* 8 bytes an INTID */
#define GICD_CTLR_ARE     (1u << 4)
#define GICD_CTLR_DS      (1u << 6)

/*
 * GICD_TYPER: INTIDs have 10 bits; Aff3 and the range selector of SGIs are understood. No1N: an SPI
 * has one target and IROUTER.IRM is RES0, since a target chosen at the write might be a vCPU that
 * sleeps for ever. No LPIs, message-based or extended SPIs; CPUNumber is for legacy operation.
 */
#define GICD_TYPER_IDBITS (9u << 19)
#define GICD_TYPER_A3V    (1u << 24)
#define GICD_TYPER_NO1N   (1u << 25)
#define GICD_TYPER_RSS    (1u << 26)
#define GICD_TYPER_FIXED  (GICD_TYPER_IDBITS | GICD_TYPER_A3V | GICD_TYPER_NO1N | GICD_TYPER_RSS)

/* A visit tells the kernel of one block at most; by MORE the guest then makes the write again. */
static struct reply write_control(struct gic *gic, uint32_t value) {
    uint32_t control = value & (GICD_CTLR_ENABLE_GRP0 | GICD_CTLR_ENABLE_GRP1);
    for (uint32_t vcpu = 0; vcpu < gic->config.vcpu_count; vcpu++)
        if (block_control(gic, &gic->private[vcpu], control)) return reply_verdict(VERDICT_MORE);
    for (uint32_t n = 1; n < gic->config.spi_end / 32; n++)
        if (block_control(gic, &gic->spi[n], control)) return reply_verdict(VERDICT_MORE);
    gic->head[GICD_CTLR / 4] = GICD_CTLR_DS | GICD_CTLR_ARE | control;
    return reply_done(0);
}

/* The SPI whose IROUTER this access reaches, as a doubleword or as one of its halves; else 0. */
static uint32_t find_router(const struct gic *gic, uint32_t offset, unsigned size) {
    uint32_t intid = (offset - GICD_IROUTER) / 8;
    bool fits = size >= 4 && (offset & (size - 1)) == 0;
    return fits && intid >= GIC_SPI_FIRST && intid < gic->config.spi_end ? intid : 0;
}

/* Writes all of an IROUTER, or with size 4 its bits [shift + 31:shift]. */
static void write_router(struct gic *gic, uint32_t intid, unsigned shift, unsigned size,
                         uint64_t value) {
    uint64_t mask = VCPUS_AFFINITY & (size == 8 ? UINT64_MAX : (uint64_t)UINT32_MAX << shift);
    uint64_t affinity = (gic->affinity[intid] & ~mask) | (value << shift & mask);
    unsigned target = vcpus_find(&gic->config, affinity);

    if (target != vcpus_find(&gic->config, gic->affinity[intid]))
        irq_calls_set(gic->vm, gic->spi[intid / 32].where, intid, IRQ_TARGET, target);
    gic->affinity[intid] = affinity;
}

/* INTIDs 0 to 31 belong to the redistributors and are reserved here: affinity routing. */
static bool has_block(const struct gic *gic, uint32_t block) {
    return block >= 1 && block < gic->config.spi_end / 32;
}

struct reply distributor_read(const struct gic *gic, uint32_t offset, unsigned size) {
    struct block_place place;
    if (offset < BLOCK_IGROUPR) /* STATUSR is zero; SETSPI_NSR and its like: no MBIS */
        return reply_done(size == 4 && gic_is_head(offset) ? gic->head[offset / 4] : 0);
    if (block_find(offset, size, &place)) {
        if (!has_block(gic, place.block)) return reply_done(0);
        return block_read(gic, &gic->spi[place.block], place.offset, size);
    }
    uint32_t routed = find_router(gic, offset, size);
    if (routed != 0 && size == 8) return reply_done(gic->affinity[routed]);
    if (routed != 0) return reply_done((uint32_t)(gic->affinity[routed] >> offset % 8 * 8));
    if (offset >= GIC_IDENTITY && size == 4 && offset % 4 == 0)
        return reply_done(gic_identity(offset));
    return reply_done(0); /* ITARGETSR, SGIR: affinity routing; IGRPMODR, NSACR: one state */
}

struct reply distributor_write(struct gic *gic, uint32_t offset, unsigned size, uint64_t value) {
    struct block_place place;
    if (block_find(offset, size, &place)) {
        if (!has_block(gic, place.block)) return reply_done(0);
        return block_write(gic, &gic->spi[place.block], place.offset, size, (uint32_t)value);
    }
    uint32_t routed = find_router(gic, offset, size);
    if (routed != 0)
        write_router(gic, routed, offset % 8 * 8, size, value);
    else if (offset == GICD_CTLR && size == 4)
        return write_control(gic, (uint32_t)value);
    return reply_done(0);
}

void distributor_reset(struct gic *gic, uint8_t vm, const struct config_vm *config, bool tell) {
    gic->config = *config;
    gic->vm = vm;
    gic->head[GICD_CTLR / 4] =
        GICD_CTLR_DS | GICD_CTLR_ARE; /* RWP is 0: a write is done when it returns */
    gic->head[GICD_TYPER / 4] = GICD_TYPER_FIXED | (config->spi_end / 32 - 1);
    gic->head[GICD_IIDR / 4] = GIC_IIDR;
    gic->head[3] = 0; /* GICD_TYPER2 */
    gic->plain = (1u << config->vcpu_count) - 1;
    for (uint32_t vcpu = 0; vcpu < config->vcpu_count; vcpu++) {
        redistributor_reset(gic, vcpu, tell);
        if (config->mpidr[vcpu] != vcpu) gic->plain = 0;
    }
    for (uint32_t n = 1; n < config->spi_end / 32; n++)
        block_reset(gic, &gic->spi[n], IRQ_WHERE_SPI(n), 0, tell);
    for (uint32_t intid = GIC_SPI_FIRST; intid < config->spi_end; intid++) {
        gic->affinity[intid] = config->mpidr[0];
        if (tell) irq_calls_set(vm, gic->spi[intid / 32].where, intid, IRQ_TARGET, 0);
    }
}
