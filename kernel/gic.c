/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers of the physical distributor and redistributors, and the first look at an interrupt: the
 * kernel's own, a server's (notify.c), or a VM's (deliver.c). */
#include "ring.h"
#include "vcpu.h"

#include "gic.def"

static uintptr_t distributor, redistributors;

static uint32_t read32(uintptr_t address) { return *(volatile uint32_t *)address; }
static bool is_v3(uintptr_t frame) { return (read32(frame + GIC_PIDR2) & 0xf0) >= 0x30; }
static void write32(uintptr_t address, uint32_t value) { *(volatile uint32_t *)address = value; }

static void write_wait(uintptr_t address, uint32_t value, uint32_t busy) {
    write32(address, value);
    for (unsigned i = 0; (read32(address) & busy) != 0; i++)
        if (i == POLLS_MAX) panic("GIC: register %lx keeps bits %x", address, busy);
}

/* 32 interrupts: disabled, inactive, group 1, of one priority. */
static void init_block(uintptr_t base, uint32_t block) {
    write32(base + GICD_ICENABLER + block * 4, ~0u);
    write32(base + GICD_ICACTIVER + block * 4, ~0u);
    write32(base + GICD_IGROUPR + block * 4, ~0u);
    for (uint32_t i = 0; i < 32; i += 4)
        write32(base + GICD_IPRIORITYR + block * 32 + i, PRIORITIES);
}

void gic_init(uint64_t gicd, uint64_t gicr) {
    distributor = (uintptr_t)space_pointer(gicd);
    redistributors = (uintptr_t)space_pointer(gicr);
    write_wait(distributor + GICD_CTLR, 0, GICD_CTLR_RWP);
    uint32_t last = read32(distributor + GICD_TYPER) & 0x1f; /* ITLinesNumber */
    for (uint32_t block = 1; block <= last; block++) init_block(distributor, block);
    write_wait(distributor + GICD_CTLR, GICD_CTLR_ON, GICD_CTLR_RWP);
}

/* The redistributor with this affinity (GICR_TYPER 63:32, 12.11.37). */
static uintptr_t find_redistributor(uint64_t mpidr) {
    uint32_t affinity = (uint32_t)((mpidr & 0xffffff) | (mpidr >> 32 & 0xff) << 24);
    uintptr_t frame = redistributors, end = frame + cpu_count * GICR_STRIDE; /* mapped */
    for (; frame < end && is_v3(distributor) && is_v3(frame); frame += GICR_STRIDE)
        if (read32(frame + GICR_TYPER + 4) == affinity) return frame;
    panic("GIC: no CPU %x; are machine.gicd and gicr right?", affinity);
}

void gic_init_cpu(struct cpu *cpu) {
    (void)find_redistributor(READ_SYSREG(mpidr_el1)); /* is this CPU one of the image's? */
    uintptr_t frame = cpu->redistributor = find_redistributor(cpu->mpidr);
    write_wait(frame + GICR_WAKER, read32(frame + GICR_WAKER) & ~(uint32_t)GICR_SLEEP, GICR_ASLEEP);
    init_block(frame + GICR_SGI, 0);
    /* A loader's LPIs pend in memory others have now; and all is disabled before ICFGR1 changes. */
    write_wait(frame + GICR_CTLR, 0, GICR_RWP);
    write32(frame + GICR_SGI + GICD_ICFGR + 4, 0); /* PPIs: levels */
    write32(frame + GICR_SGI + GICD_ISENABLER,
            1u << SGI_KICK | 1u << PPI_MAINTENANCE | 1u << PPI_TICK | PPI_TIMERS);
    WRITE_SYSREG(icc_sre_el1, 7); /* as el2.def's: of guests, 0 at reset if GICv2 is there */
    WRITE_SYSREG(ich_hcr_el2, 0); /* nothing of a loader's: no maintenance interrupt, */
    uint64_t bits = (READ_SYSREG(icc_ctlr_el1) >> 8 & 7) + 1; /* no priority that is active */
    WRITE_SYSREG(icc_pmr_el1, 0x100 >> bits); /* comes back as 0 if EL3 has group 0 */
    bool group0 = READ_SYSREG(icc_pmr_el1) != 0;
#define CLEAR(n, from)                                                                             \
    if (bits >= (from)) WRITE_SYSREG(icc_ap1r##n##_el1, 0);                                        \
    if (bits >= (from) && group0) WRITE_SYSREG(icc_ap0r##n##_el1, 0);
    APR_EACH(CLEAR)
    WRITE_SYSREG(icc_pmr_el1, 0xff);
    WRITE_SYSREG(icc_bpr1_el1, 0);
    WRITE_SYSREG(icc_ctlr_el1, 2); /* EOImode: EOIR drops, DIR deactivates */
    WRITE_SYSREG(icc_igrpen1_el1, 1);
    isb();
}

void gic_enable(uint32_t intid, const struct cpu *cpu, bool edge) {
    uint32_t shift = intid % 16 * 2;
    uintptr_t config = distributor + GICD_ICFGR + intid / 16 * 4;
    write32(config, (read32(config) & ~(3u << shift)) | (edge ? 2u << shift : 0));
    *(volatile uint64_t *)(distributor + GICD_IROUTER + intid * 8) = cpu->mpidr & 0xff00ffffff;
    write32(distributor + GICD_ISENABLER + intid / 32 * 4, 1u << intid % 32);
}

void gic_deactivate(const struct cpu *cpu, uint32_t intid) {
    uintptr_t its = cpu->redistributor + GICR_SGI + GICD_ICACTIVER;
    if (intid >= 32 || cpu == cpu_this()) {
        WRITE_SYSREG(icc_dir_el1, intid);
    } else {
        write32(its, 1u << intid);
        (void)read32(its); /* it is there before that CPU is asked */
    }
}

void gic_kick(struct cpu *cpu) {
    uint64_t mpidr = cpu->mpidr; /* 12.2.21: Aff3.Aff2.Aff1, RS, list of Aff0 */
    WRITE_SYSREG(icc_sgi1r_el1, (mpidr >> 32 & 0xff) << 48 | (mpidr >> 16 & 0xff) << 32 |
                                    (mpidr & 0xf0) << 40 | (uint64_t)SGI_KICK << 24 |
                                    (mpidr >> 8 & 0xff) << 16 | UINT64_C(1) << (mpidr & 0xf));
    isb();
}

/* A VM's stays active at the GIC until the guest's EOI, a server's until `notified` is done. A
 * timer's is nobody's if it is borrowed, or if its vCPU has just been turned off. */
bool gic_take(struct cpu *cpu) {
    uint32_t intid = (uint32_t)READ_SYSREG(icc_iar1_el1) & 0xffffff;
    if (intid >> 2 == INTID_SPURIOUS >> 2) return false;
    /* 4.1.1: from here on it is active, for devices and for other CPUs, which may end it; and
     * cpu.requests are read behind a kick's acknowledgement, never before. */
    dsb(sy);
    WRITE_SYSREG(icc_eoir1_el1, intid); /* drops the priority */
    if (intid >= 32) {
        notify_interrupt(cpu, intid);
    } else if (((PPI_TIMERS & ~cpu->borrowed) >> intid & 1) != 0 && cpu->vcpu != NULL) {
        deliver_fire(cpu, cpu->vcpu->vm, intid);
    } else {
        if (intid == PPI_TICK) timer_interrupt(cpu);
        if (intid == PPI_MAINTENANCE) deliver_sync(cpu);
        gic_deactivate(cpu, intid);
    }
    return true;
}

void gic_poll(struct cpu *cpu) {
    for (unsigned i = 0; i < TAKEN_MAX && gic_take(cpu); i++) {}
}
