/* SPDX-License-Identifier: BSD-2-Clause */
/* The registers themselves: what they say, which widths they take, which bits stick. */
#include "irq.h"

#include "smp.h"

#define MPIDR_AFFINITY UINT64_C(0xff00ffffff)

void registers_identify(void) {
    TAP_TRUE(gic_intid_end() >= 64);
    uint32_t revision = gicd_read(GICD_PIDR2) >> 4 & 0xf;
    TAP_TRUE(revision == 3 || revision == 4);
    TAP_EQUAL(gicd_read(GICD_TYPER) >> 10 & 1, 0); /* one Security state */
    TAP_EQUAL(smp_affinity(0), sysreg_read(mpidr_el1) & MPIDR_AFFINITY);
    for (unsigned cpu = 0; cpu < smp_count(); cpu++) {
        TAP_EQUAL(gicr_read(cpu, GICR_PIDR2) >> 4 & 0xf, revision);
        TAP_EQUAL(gicr_read64(cpu, GICR_TYPER) >> 8 & 0xffff, cpu);
        TAP_EQUAL((gicr_read64(cpu, GICR_TYPER) & GICR_TYPER_LAST) != 0, cpu + 1 == smp_count());
        for (unsigned other = 0; other < cpu; other++)
            TAP_TRUE(smp_affinity(cpu) != smp_affinity(other));
    }
}

void registers_wake(void) {
    gicr_write(0, GICR_WAKER, GICR_WAKER_SLEEP);
    TAP_TRUE(TIMER_WAIT((gicr_read(0, GICR_WAKER) & GICR_WAKER_ASLEEP) != 0, SOON_US));
    TAP_TRUE((gicr_read(0, GICR_WAKER) & GICR_WAKER_SLEEP) != 0);
    gicr_write(0, GICR_WAKER, 0);
    TAP_TRUE(TIMER_WAIT((gicr_read(0, GICR_WAKER) & GICR_WAKER_ASLEEP) == 0, SOON_US));
    TAP_EQUAL(gicr_read(0, GICR_WAKER) & GICR_WAKER_SLEEP, 0);
}

static void widths_priority(uint64_t base, unsigned intid) {
    uint64_t address = base + GICD_IPRIORITYR + intid;
    mmio_write32(address, 0x40608020);
    TAP_EQUAL(mmio_read32(address), 0x40608020);
    TAP_EQUAL(mmio_read8(address), 0x20);
    TAP_EQUAL(mmio_read8(address + 3), 0x40);
    mmio_write8(address + 1, 0xc0);
    TAP_EQUAL(mmio_read32(address), 0x4060c020);
}

static void widths_router(unsigned intid) {
    uint64_t address = GICD_BASE + GICD_IROUTER + 8 * intid;
    mmio_write64(address, smp_affinity(0));
    TAP_EQUAL(mmio_read64(address), smp_affinity(0));
    mmio_write32(address, (uint32_t)smp_affinity(smp_count() - 1));
    TAP_EQUAL(mmio_read64(address) & 0xffffffff, smp_affinity(smp_count() - 1) & 0xffffffff);
    TAP_EQUAL(mmio_read32(address), smp_affinity(smp_count() - 1) & 0xffffffff);
    mmio_write32(address + 4, 0);
    TAP_EQUAL(mmio_read32(address + 4), 0);
    TAP_EQUAL(mmio_read32(address), smp_affinity(smp_count() - 1) & 0xffffffff);
}

void registers_widths(void) {
    widths_priority(GICD_BASE, SPI_A);
    widths_priority(gicr_address(0, GICR_SGI), 4);
    widths_router(SPI_A);
    uint64_t typer = gicr_read64(0, GICR_TYPER);
    TAP_EQUAL(gicr_read(0, GICR_TYPER), typer & 0xffffffff);
    TAP_EQUAL(gicr_read(0, GICR_TYPER + 4), typer >> 32);
}

/* Set and clear registers are two views of the same bits. */
static void fields_pair(uint64_t set, uint64_t clear, uint32_t bits) {
    mmio_write32(clear, ~0u);
    TAP_EQUAL(mmio_read32(set) & bits, 0);
    mmio_write32(set, bits);
    TAP_EQUAL(mmio_read32(set) & bits, bits);
    TAP_EQUAL(mmio_read32(clear) & bits, bits);
    mmio_write32(set, 0);
    mmio_write32(clear, bits & 0x5a5a5a5a);
    TAP_EQUAL(mmio_read32(set) & bits, bits & ~0x5a5a5a5au);
    mmio_write32(clear, ~0u);
    TAP_EQUAL(mmio_read32(clear) & bits, 0);
}

void registers_fields(void) {
    TAP_EQUAL(gicd_read(GICD_CTLR) & (GICD_CTLR_ARE | GICD_CTLR_GRP1),
              GICD_CTLR_ARE | GICD_CTLR_GRP1);
    for (unsigned block = 1; 32 * (block + 1) <= gic_intid_end(); block++) {
        uint64_t base = GICD_BASE + 4 * block;
        uint32_t bits = block == 1 ? ~2u : ~0u; /* the UART has a line of its own */
        fields_pair(base + GICD_ISENABLER, base + GICD_ICENABLER, bits);
        fields_pair(base + GICD_ISPENDR, base + GICD_ICPENDR, bits);
        fields_pair(base + GICD_ISACTIVER, base + GICD_ICACTIVER, bits);
    }
    uint64_t own = gicr_address(0, GICR_SGI);
    fields_pair(own + GICD_ISENABLER, own + GICD_ICENABLER, 0xffff);
    fields_pair(own + GICD_ISPENDR, own + GICD_ICPENDR, 0xffff);
    fields_pair(own + GICD_ISACTIVER, own + GICD_ICACTIVER, 0xffff);

    uint64_t config = GICD_BASE + GICD_ICFGR + SPI_A / 16 * 4;
    mmio_write32(config, ~0u);
    TAP_EQUAL(mmio_read32(config) & 0xaaaaaaaa, 0xaaaaaaaa);
    mmio_write32(config, 0);
    TAP_EQUAL(mmio_read32(config) & 0xaaaaaaaa, 0);
    TAP_EQUAL(gicr_read(0, GICR_SGI + GICD_ICFGR) & 0xaaaaaaaa, 0xaaaaaaaa); /* SGIs are edges */
}

void registers_reserved(void) {
    /* With affinity routing the private interrupts are the redistributor's alone. */
    static const uint32_t distributor[] = {
        0x0030, GICD_ISENABLER, GICD_ICENABLER, GICD_ISPENDR, GICD_IPRIORITYR,      GICD_ICFGR,
        0x0800, 0x0820,         0x0f00,         0x5000,       GICD_IROUTER + 8 * 31};
    static const uint32_t redistributor[] = {
        0x0024,           0x0028, 0x0200, GICR_SGI + 0x0010, GICR_SGI + 0x0184, GICR_SGI + 0x0420,
        GICR_SGI + 0x2000};
    for (unsigned i = 0; i < sizeof(distributor) / sizeof(distributor[0]); i++) {
        gicd_write(distributor[i], ~0u);
        tap_check(gicd_read(distributor[i]) == 0, "GICD", distributor[i], 0);
    }
    for (unsigned i = 0; i < sizeof(redistributor) / sizeof(redistributor[0]); i++) {
        gicr_write(0, redistributor[i], ~0u);
        tap_check(gicr_read(0, redistributor[i]) == 0, "GICR", redistributor[i], 0);
    }
    if (gic_intid_end() < 992) /* read only: QEMU's own GIC keeps what is written there */
        TAP_EQUAL(gicd_read(GICD_ISENABLER + gic_intid_end() / 32 * 4), 0);
}
