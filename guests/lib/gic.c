/* SPDX-License-Identifier: BSD-2-Clause */
/* Driver and recorder for the GICv3; see gic.h. It knows no test. */
#include "gic.h"

#include "exception.h"
#include "smp.h"
#include "sysreg.h"

struct gic_log gic_logs[CPU_LIMIT];
void (*volatile gic_hook)(unsigned intid);

unsigned gic_intid_end(void) {
    unsigned end = 32 * ((gicd_read(GICD_TYPER) & 0x1f) + 1);
    return end > 1020 ? 1020 : end;
}

static void gicd_settle(void) {
    while ((gicd_read(GICD_CTLR) & GICD_CTLR_RWP) != 0)
        ;
}

void gic_open(void) {
    unsigned end = gic_intid_end();
    gicd_write(GICD_CTLR, 0);
    gicd_settle();
    for (unsigned block = 1; 32 * block < end; block++) {
        gicd_write(GICD_ICENABLER + 4 * block, ~0u);
        gicd_write(GICD_ICACTIVER + 4 * block, ~0u);
        gicd_write(GICD_ICPENDR + 4 * block, ~0u);
        gicd_write(GICD_IGROUPR + 4 * block, ~0u);
    }
    for (unsigned intid = 32; intid < end; intid += 4)
        gicd_write(GICD_IPRIORITYR + intid, GIC_PRIORITY * 0x01010101u);
    for (unsigned intid = 32; intid < end; intid += 16) gicd_write(GICD_ICFGR + intid / 4, 0);
    gicd_write(GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_GRP1 | GICD_CTLR_GRP0);
    gicd_settle();
    for (unsigned intid = 32; intid < end; intid++) gic_route(intid, smp_affinity(0));
    gic_open_cpu();
    exception_interrupt = gic_take;
}

void gic_open_cpu(void) {
    unsigned cpu = smp_self();
    gicr_write(cpu, GICR_WAKER, gicr_read(cpu, GICR_WAKER) & ~GICR_WAKER_SLEEP);
    while ((gicr_read(cpu, GICR_WAKER) & GICR_WAKER_ASLEEP) != 0)
        ;
    gicr_write(cpu, GICR_SGI + GICD_ICENABLER, ~0u);
    gicr_write(cpu, GICR_SGI + GICD_ICACTIVER, ~0u);
    gicr_write(cpu, GICR_SGI + GICD_ICPENDR, ~0u);
    gicr_write(cpu, GICR_SGI + GICD_IGROUPR, ~0u);
    for (unsigned intid = 0; intid < 32; intid += 4)
        gicr_write(cpu, GICR_SGI + GICD_IPRIORITYR + intid, GIC_PRIORITY * 0x01010101u);
    gicr_write(cpu, GICR_SGI + GICD_ISENABLER, 0xffff);
    sysreg_write(icc_sre_el1, sysreg_read(icc_sre_el1) | 1);
    isb();
    sysreg_write(icc_pmr_el1, 0xff);
    sysreg_write(icc_bpr1_el1, 0);
    sysreg_write(icc_ctlr_el1, 0);
    sysreg_write(icc_igrpen1_el1, 1);
    isb();
}

/* Where register `offset` (of 32 one-bit fields) of this INTID is. */
static uint64_t bank(unsigned intid, uint32_t offset) {
    if (intid < 32) return gicr_address(smp_self(), GICR_SGI + offset);
    return GICD_BASE + offset + intid / 32 * 4;
}

static void bank_write(unsigned intid, uint32_t offset) {
    mmio_write32(bank(intid, offset), 1u << intid % 32);
    dsb();
}

static bool bank_read(unsigned intid, uint32_t offset) {
    return (mmio_read32(bank(intid, offset)) >> intid % 32 & 1) != 0;
}

void gic_enable(unsigned intid) { bank_write(intid, GICD_ISENABLER); }

void gic_disable(unsigned intid) {
    bank_write(intid, GICD_ICENABLER);
    if (intid >= 32) gicd_settle();
}

void gic_pend(unsigned intid) { bank_write(intid, GICD_ISPENDR); }

void gic_unpend(unsigned intid) { bank_write(intid, GICD_ICPENDR); }

bool gic_pending(unsigned intid) { return bank_read(intid, GICD_ISPENDR); }

bool gic_active(unsigned intid) { return bank_read(intid, GICD_ISACTIVER); }

void gic_activate(unsigned intid) { bank_write(intid, GICD_ISACTIVER); }

void gic_deactivate(unsigned intid) { bank_write(intid, GICD_ICACTIVER); }

void gic_set_priority(unsigned intid, unsigned priority) {
    uint64_t base = intid < 32 ? gicr_address(smp_self(), GICR_SGI) : GICD_BASE;
    mmio_write8(base + GICD_IPRIORITYR + intid, (uint8_t)priority);
}

void gic_set_edge(unsigned intid, bool edge) {
    uint64_t base = intid < 32 ? gicr_address(smp_self(), GICR_SGI) : GICD_BASE;
    uint64_t address = base + GICD_ICFGR + intid / 16 * 4;
    uint32_t bit = 2u << intid % 16 * 2;
    uint32_t old = mmio_read32(address);
    mmio_write32(address, edge ? old | bit : old & ~bit);
}

void gic_set_group(unsigned intid, unsigned group) {
    uint64_t address = bank(intid, GICD_IGROUPR);
    uint32_t bit = 1u << intid % 32;
    uint32_t old = mmio_read32(address);
    mmio_write32(address, group != 0 ? old | bit : old & ~bit);
}

void gic_route(unsigned intid, uint64_t affinity) {
    mmio_write64(GICD_BASE + GICD_IROUTER + 8 * intid, affinity);
}

/* ICC_SGI1R_EL1: Aff3 55:48, IRM 40, Aff2 39:32, INTID 27:24, Aff1 23:16, target list 15:0. */
void gic_send(unsigned intid, uint64_t near, uint16_t targets) {
    uint64_t value = field(near, 39, 32) << 48 | field(near, 23, 16) << 32 |
                     field(near, 15, 8) << 16 | (uint64_t)intid << 24 | targets;
    dsb();
    sysreg_write(icc_sgi1r_el1, value);
    isb();
}

void gic_send_others(unsigned intid) {
    dsb();
    sysreg_write(icc_sgi1r_el1, UINT64_C(1) << 40 | (uint64_t)intid << 24);
    isb();
}

void gic_clear_logs(void) {
    for (unsigned cpu = 0; cpu < CPU_LIMIT; cpu++) {
        gic_logs[cpu].count = 0;
        gic_logs[cpu].fiq_count = 0;
    }
    dsb();
}

static void gic_record(unsigned intid) {
    struct gic_log *log = &gic_logs[smp_self()];
    if (log->count < GIC_LOG_SIZE) {
        log->time[log->count] = sysreg_read(cntvct_el0);
        log->intid[log->count] = (uint16_t)intid;
    }
    log->count++;
}

/* FIQ vectors have bit 8 set and bit 7 clear. */
void gic_take(uint64_t vector) {
    bool fiq = (vector & 0x180) == 0x100;
    uint64_t intid = fiq ? sysreg_read(icc_iar0_el1) : gic_ack();
    if (intid >= 1020 && intid < 1024) return;
    gic_record((unsigned)intid);
    if (fiq) gic_logs[smp_self()].fiq_count++;
    if (gic_hook) gic_hook((unsigned)intid);
    if (fiq) {
        sysreg_write(icc_eoir0_el1, intid);
        isb();
    } else {
        gic_end(intid);
    }
}
