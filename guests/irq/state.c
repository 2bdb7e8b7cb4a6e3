/* SPDX-License-Identifier: BSD-2-Clause */
/* The states of one interrupt: enabled, pending, active, edge or level, Group 0 or 1. */
#include "irq.h"

static const volatile struct gic_log *const taken = &gic_logs[0];

void state_enable(void) {
    interrupts_unmask();
    gic_pend(SPI_A);
    irq_expect(0);
    TAP_TRUE(gic_pending(SPI_A));
    gic_enable(SPI_A);
    irq_expect(1);
    TAP_EQUAL(taken->intid[0], SPI_A);
    TAP_TRUE(!gic_pending(SPI_A));
    gic_disable(SPI_A);
    gic_pend(SPI_A);
    irq_expect(1);
    gic_enable(SPI_A);
    irq_expect(2);
}

void state_pending(void) {
    gic_enable(SPI_A);
    gic_pend(SPI_A); /* deliverable, perhaps in a list register already */
    TAP_TRUE(gic_pending(SPI_A));
    gic_unpend(SPI_A);
    TAP_TRUE(!gic_pending(SPI_A));
    interrupts_unmask();
    irq_expect(0);
    gic_pend(SPI_A);
    irq_expect(1);
    interrupts_mask();
    gic_pend(SPI_A);
    gic_disable(SPI_A); /* pending, and taken back */
    interrupts_unmask();
    irq_expect(1);
    TAP_TRUE(gic_pending(SPI_A));
}

void state_groups(void) {
    interrupts_unmask();
    gic_enable(SPI_A);
    gicd_write(GICD_CTLR, GICD_CTLR_ARE);
    gic_pend(SPI_A);
    irq_expect(0);
    gicd_write(GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_GRP1);
    irq_expect(1);
    sysreg_write(icc_igrpen1_el1, 0);
    isb();
    gic_pend(SPI_A);
    irq_expect(1);
    sysreg_write(icc_igrpen1_el1, 1);
    isb();
    irq_expect(2);
}

static struct {
    bool active, pending;
    uint64_t running;
} seen;

static void hook_look(unsigned intid) {
    seen.active = gic_active(intid);
    seen.pending = gic_pending(intid);
    seen.running = sysreg_read(icc_rpr_el1);
}

void state_active(void) {
    interrupts_unmask();
    irq_prepare(SPI_A, 0x60);
    gic_hook = hook_look;
    gic_pend(SPI_A);
    irq_expect(1);
    TAP_TRUE(seen.active);
    TAP_TRUE(!seen.pending);
    TAP_EQUAL(seen.running, 0x60);
    TAP_TRUE(!gic_active(SPI_A));
    TAP_EQUAL(sysreg_read(icc_rpr_el1), 0xff);
    gic_activate(SPI_A); /* by register: it stays away from the CPU until deactivated */
    TAP_TRUE(gic_active(SPI_A));
    gic_pend(SPI_A);
    irq_expect(1);
    gic_deactivate(SPI_A);
    irq_expect(2);
}

static void hook_pend_twice(unsigned intid) {
    if (taken->count == 1) {
        gic_pend(intid);
        gic_pend(intid);
        hook_look(intid);
    }
}

void state_edge(void) {
    gic_set_edge(SPI_A, true);
    gic_enable(SPI_A);
    gic_hook = hook_pend_twice;
    gic_pend(SPI_A);
    gic_pend(SPI_A); /* one latch: no second interrupt */
    interrupts_unmask();
    irq_expect(2);
    TAP_TRUE(seen.active);
    TAP_TRUE(seen.pending);
    TAP_TRUE(!gic_active(SPI_A));
    TAP_TRUE(!gic_pending(SPI_A));
}

void state_private(void) {
    interrupts_unmask();
    for (unsigned intid = 0; intid < 16; intid++) {
        gic_clear_logs();
        gic_pend(intid);
        irq_expect(1);
        TAP_EQUAL(taken->intid[0], intid);
    }
    gic_disable(SGI_A);
    gic_clear_logs();
    gic_pend(SGI_A);
    irq_expect(0);
    TAP_TRUE(gic_pending(SGI_A));
    gic_unpend(SGI_A);
    gic_enable(SGI_A);
    irq_expect(0);
}

void state_spurious(void) {
    TAP_EQUAL(gic_ack(), INTID_SPURIOUS);
    TAP_EQUAL(sysreg_read(icc_hppir1_el1), INTID_SPURIOUS);
    gic_enable(SPI_A);
    gic_pend(SPI_A);
    TAP_TRUE(TIMER_WAIT(sysreg_read(icc_hppir1_el1) == SPI_A, SOON_US));
    TAP_EQUAL(gic_ack(), SPI_A);
    TAP_EQUAL(gic_ack(), INTID_SPURIOUS);
    gic_end(SPI_A);
    TAP_EQUAL(gic_ack(), INTID_SPURIOUS);
}

void state_fiq(void) {
    gic_set_group(SPI_A, 0);
    gic_enable(SPI_A);
    gic_enable(SPI_B);
    sysreg_write(icc_igrpen0_el1, 1);
    isb();
    interrupts_unmask();
    gic_pend(SPI_A);
    irq_expect(1);
    TAP_EQUAL(taken->intid[0], SPI_A);
    TAP_EQUAL(taken->fiq_count, 1);
    gic_pend(SPI_B);
    irq_expect(2);
    TAP_EQUAL(taken->fiq_count, 1);
    sysreg_write(icc_igrpen0_el1, 0);
    isb();
    gic_pend(SPI_A);
    irq_expect(2);
    gic_unpend(SPI_A);
}

void state_wfi(void) {
    gic_enable(SPI_A);
    gic_pend(SPI_A);
    wfi(); /* masked: it ends at once, and nothing is taken */
    TAP_EQUAL(taken->count, 0);
    interrupts_unmask();
    irq_expect(1);
}
