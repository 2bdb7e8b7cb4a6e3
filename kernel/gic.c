/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registers of the physical distributor and redistributors, and the first look at an interrupt:
 * the kernel's own, a server's, or a VM's. Guests' and servers' business with it is elsewhere
 * (lr.c, visit.c).
 */
#include "gic.h"

#include "deliver.h"
#include "notify.h"
#include "panic.h"
#include "space.h"
#include "vcpu.h"

#define GICD_CTLR       0x0000 /* 12.9.4 */
#define GICD_TYPER      0x0004
#define GICD_IGROUPR    0x0080
#define GICD_ISENABLER  0x0100
#define GICD_ICENABLER  0x0180
#define GICD_ICACTIVER  0x0380
#define GICD_IPRIORITYR 0x0400
#define GICD_ICFGR      0x0c00
#define GICD_IROUTER    0x6000
#define GICD_CTLR_ON    (1u << 4 | 1u << 1) /* ARE, EnableGrp1 */
#define GICD_CTLR_RWP   (1u << 31)
#define GICR_TYPER      0x0008
#define GICR_TYPER_LAST (1u << 4)
#define GICR_WAKER      0x0014 /* 12.11.42 */
#define GICR_SLEEP      (1u << 1)
#define GICR_ASLEEP     (1u << 2)
#define GICR_SGI        0x10000 /* of SGIs and PPIs: as the distributor's first block */
#define PRIORITIES      0xa0a0a0a0u
#define INTID_SPURIOUS  1020 /* 1020..1023 */
#define POLLS_MAX       1000000
#define TAKEN_MAX       64 /* per look: a storm leaves the rest for the next */

#define ICC_SRE_EL2     S3_4_C12_C9_5
#define ICC_PMR_EL1     S3_0_C4_C6_0
#define ICC_IAR1_EL1    S3_0_C12_C12_0
#define ICC_EOIR1_EL1   S3_0_C12_C12_1
#define ICC_BPR1_EL1    S3_0_C12_C12_3
#define ICC_CTLR_EL1    S3_0_C12_C12_4
#define ICC_IGRPEN1_EL1 S3_0_C12_C12_7
#define ICC_DIR_EL1     S3_0_C12_C11_1
#define ICC_SGI1R_EL1   S3_0_C12_C11_5

static uintptr_t distributor, redistributors;

static uint32_t read32(uintptr_t address) { return *(volatile uint32_t *)address; }

static void write32(uintptr_t address, uint32_t value) { *(volatile uint32_t *)address = value; }

static void wait_clear(uintptr_t address, uint32_t bits) {
    for (unsigned i = 0; (read32(address) & bits) != 0; i++)
        if (i == POLLS_MAX) panic("GIC: register %lx keeps bits %x", address, bits);
}

/* 32 interrupts: disabled, group 1, of one priority. */
static void init_block(uintptr_t base, uint32_t block) {
    write32(base + GICD_ICENABLER + block * 4, ~0u);
    write32(base + GICD_IGROUPR + block * 4, ~0u);
    for (uint32_t i = 0; i < 32; i += 4)
        write32(base + GICD_IPRIORITYR + block * 32 + i, PRIORITIES);
}

void gic_init(uint64_t gicd, uint64_t gicr) {
    distributor = (uintptr_t)space_pointer(gicd);
    redistributors = (uintptr_t)space_pointer(gicr);
    write32(distributor + GICD_CTLR, 0);
    wait_clear(distributor + GICD_CTLR, GICD_CTLR_RWP);
    uint32_t last = read32(distributor + GICD_TYPER) & 0x1f; /* ITLinesNumber */
    for (uint32_t block = 1; block <= last; block++) init_block(distributor, block);
    write32(distributor + GICD_CTLR, GICD_CTLR_ON);
    wait_clear(distributor + GICD_CTLR, GICD_CTLR_RWP);
}

/* The redistributor with this CPU's affinity (GICR_TYPER 63:32, 12.11.37). */
static uintptr_t find_redistributor(const struct cpu *cpu) {
    uint32_t affinity = (uint32_t)((cpu->mpidr & 0xffffff) | (cpu->mpidr >> 32 & 0xff) << 24);
    uintptr_t frame = redistributors;
    for (uint32_t i = 0; i < CPU_MAX; i++, frame += GICR_STRIDE) {
        if (read32(frame + GICR_TYPER + 4) == affinity) return frame;
        if ((read32(frame + GICR_TYPER) & GICR_TYPER_LAST) != 0) break;
    }
    panic("GIC: CPU %u (affinity %x) has no redistributor; is machine.gicr right?", cpu->index,
          affinity);
}

void gic_init_cpu(struct cpu *cpu) {
    uintptr_t frame = find_redistributor(cpu);
    cpu->redistributor = frame;
    write32(frame + GICR_WAKER, read32(frame + GICR_WAKER) & ~GICR_SLEEP);
    wait_clear(frame + GICR_WAKER, GICR_ASLEEP);
    init_block(frame + GICR_SGI, 0);
    write32(frame + GICR_SGI + GICD_ISENABLER, 1u << GIC_SGI_KICK | 1u << GIC_PPI_MAINTENANCE |
                                                   1u << GIC_PPI_TICK | 1u << GIC_PPI_VTIMER);
    WRITE_SYSREG(ICC_SRE_EL2, 0xf); /* Enable, DIB, DFB, SRE */
    isb();                          /* 12.2.20: before the other ICC registers */
    WRITE_SYSREG(ICC_PMR_EL1, 0xff);
    WRITE_SYSREG(ICC_BPR1_EL1, 0);
    WRITE_SYSREG(ICC_CTLR_EL1, 2); /* EOImode: EOIR drops, DIR deactivates */
    WRITE_SYSREG(ICC_IGRPEN1_EL1, 1);
    isb();
}

void gic_enable(uint32_t intid, const struct cpu *cpu, bool edge) {
    uint32_t shift = intid % 16 * 2;
    uintptr_t config = distributor + GICD_ICFGR + intid / 16 * 4;
    write32(config, (read32(config) & ~(3u << shift)) | (edge ? 2u << shift : 0));
    *(volatile uint64_t *)(distributor + GICD_IROUTER + intid * 8) = cpu->mpidr & 0xff00ffffff;
    write32(distributor + GICD_ISENABLER + intid / 32 * 4, 1u << intid % 32);
}

void gic_deactivate(uint32_t intid) { WRITE_SYSREG(ICC_DIR_EL1, intid); }

void gic_deactivate_at(const struct cpu *cpu, uint32_t intid) {
    if (intid >= 32 || cpu == cpu_this())
        gic_deactivate(intid);
    else
        write32(cpu->redistributor + GICR_SGI + GICD_ICACTIVER, 1u << intid);
}

void gic_kick(struct cpu *cpu) {
    uint64_t mpidr = cpu->mpidr; /* 12.2.21: Aff3.Aff2.Aff1, RS, list of Aff0 */
    WRITE_SYSREG(ICC_SGI1R_EL1, (mpidr >> 32 & 0xff) << 48 | (mpidr >> 16 & 0xff) << 32 |
                                    (mpidr & 0xf0) << 40 | (uint64_t)GIC_SGI_KICK << 24 |
                                    (mpidr >> 8 & 0xff) << 16 | UINT64_C(1) << (mpidr & 0xf));
    isb();
}

/* A VM's stays active at the GIC until the guest's EOI, a server's until `notified` is done. */
static void take(struct cpu *cpu, uint32_t intid) {
    if (intid >= 32) {
        notify_interrupt(cpu, intid);
        return;
    }
    if (intid == GIC_PPI_VTIMER && cpu->vcpu != NULL) { /* null: it was turned off just now */
        deliver_fire(cpu, cpu->vcpu->vm, GIC_PPI_VTIMER);
        return;
    }
    if (intid == GIC_PPI_TICK) timer_interrupt(cpu);
    if (intid == GIC_PPI_MAINTENANCE) deliver_maintain(cpu);
    gic_deactivate(intid);
}

void gic_poll(struct cpu *cpu) {
    for (unsigned i = 0; i < TAKEN_MAX; i++) {
        uint32_t intid = (uint32_t)READ_SYSREG(ICC_IAR1_EL1) & 0xffffff;
        if (intid >= INTID_SPURIOUS) return;
        WRITE_SYSREG(ICC_EOIR1_EL1, intid); /* drops the priority */
        take(cpu, intid);
    }
}
