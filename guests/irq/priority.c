/* SPDX-License-Identifier: BSD-2-Clause */
/* Priorities: which comes first, which interrupts which. Lower numbers are higher priorities. */
#include "irq.h"

static const volatile struct gic_log *const taken = &gic_logs[0];

void priority_order(void) {
    irq_prepare(SPI_A, 0xb0);
    irq_prepare(SPI_B, 0x40);
    irq_prepare(SPI_C, 0x80);
    irq_prepare(SGI_A, 0x60);
    gic_pend(SPI_A);
    gic_pend(SPI_B);
    gic_pend(SPI_C);
    gic_pend(SGI_A);
    interrupts_unmask();
    irq_expect(4);
    TAP_EQUAL(taken->intid[0], SPI_B);
    TAP_EQUAL(taken->intid[1], SGI_A);
    TAP_EQUAL(taken->intid[2], SPI_C);
    TAP_EQUAL(taken->intid[3], SPI_A);
}

/* In the handler of SPI_A: SPI_B becomes pending while interrupts are unmasked. */
static volatile bool nested;

static void hook_nest(unsigned intid) {
    if (intid != SPI_A) return;
    uint64_t elr = sysreg_read(elr_el1), spsr = sysreg_read(spsr_el1);
    gic_pend(SPI_B);
    interrupts_unmask();
    nested = TIMER_WAIT(taken->count == 2, 20 * QUIET_US);
    interrupts_mask();
    sysreg_write(elr_el1, elr);
    sysreg_write(spsr_el1, spsr);
}

/* Both are taken in any case; the answer is whether SPI_B was inside SPI_A. */
static bool preempts(unsigned outer, unsigned inner) {
    gic_clear_logs();
    gic_hook = hook_nest;
    irq_prepare(SPI_A, outer);
    irq_prepare(SPI_B, inner);
    interrupts_unmask();
    gic_pend(SPI_A);
    irq_expect(2);
    interrupts_mask();
    TAP_EQUAL(taken->intid[0], SPI_A);
    TAP_EQUAL(taken->intid[1], SPI_B);
    return nested;
}

void priority_preempt(void) {
    TAP_TRUE(preempts(0xa0, 0x80));
    TAP_TRUE(preempts(0xa0, 0x00));
    TAP_TRUE(preempts(0x20, 0x10));
    TAP_TRUE(!preempts(0xa0, 0xa0));
    TAP_TRUE(!preempts(0x80, 0xa0));
}

void priority_mask(void) {
    irq_prepare(SPI_A, 0xa0);
    irq_prepare(SPI_B, 0x60);
    interrupts_unmask();
    sysreg_write(icc_pmr_el1, 0x80);
    isb();
    gic_pend(SPI_A);
    gic_pend(SPI_B);
    irq_expect(1);
    TAP_EQUAL(taken->intid[0], SPI_B);
    sysreg_write(icc_pmr_el1, 0xa0); /* equal is masked as well */
    isb();
    irq_expect(1);
    sysreg_write(icc_pmr_el1, 0xf0);
    isb();
    irq_expect(2);
    sysreg_write(icc_pmr_el1, 0);
    isb();
    gic_set_priority(SPI_B, 0);
    gic_pend(SPI_B);
    irq_expect(2);
    sysreg_write(icc_pmr_el1, 0xff);
    isb();
    irq_expect(3);
}

/* With a binary point of 7 only the top bit preempts. */
void priority_group(void) {
    sysreg_write(icc_bpr1_el1, 7);
    isb();
    TAP_EQUAL(sysreg_read(icc_bpr1_el1), 7);
    TAP_TRUE(!preempts(0xa0, 0x80));
    TAP_TRUE(preempts(0xa0, 0x40));
    sysreg_write(icc_bpr1_el1, 0);
    isb();
}

void priority_change(void) {
    irq_prepare(SPI_A, 0x80);
    irq_prepare(SPI_B, 0x90);
    gic_pend(SPI_A);
    gic_pend(SPI_B);
    gic_set_priority(SPI_B, 0x70);
    interrupts_unmask();
    irq_expect(2);
    TAP_EQUAL(taken->intid[0], SPI_B);
    TAP_EQUAL(taken->intid[1], SPI_A);
}
