/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of an interrupt: EOImode 0 and 1, and more active ones than list registers. Interrupts
 * stay masked here, and are acknowledged by hand. */
#include "irq.h"

#define ACTIVE_COUNT 12u /* list registers are 4 to 16; QEMU has 4 */
#define FIRST        48u

static void set_split(bool split) {
    sysreg_write(icc_ctlr_el1, split ? 2 : 0);
    isb();
}

static uint64_t ack_soon(void) {
    uint64_t intid = INTID_SPURIOUS;
    (void)TIMER_WAIT((intid = gic_ack()) != INTID_SPURIOUS, SOON_US);
    return intid;
}

static void deactivate(uint64_t intid) {
    sysreg_write(icc_dir_el1, intid);
    isb();
}

void end_split(void) {
    set_split(true);
    irq_prepare(SPI_A, 0xa0);
    gic_pend(SPI_A);
    TAP_EQUAL(ack_soon(), SPI_A);
    TAP_EQUAL(sysreg_read(icc_rpr_el1), 0xa0);
    gic_end(SPI_A);
    TAP_EQUAL(sysreg_read(icc_rpr_el1), 0xff);
    TAP_TRUE(gic_active(SPI_A));
    gic_pend(SPI_A);
    timer_spin(QUIET_US);
    TAP_EQUAL(gic_ack(), INTID_SPURIOUS);
    deactivate(SPI_A);
    TAP_EQUAL(ack_soon(), SPI_A);
    gic_end(SPI_A);
    deactivate(SPI_A);
    TAP_TRUE(!gic_active(SPI_A));
    set_split(false);
}

/* All active at once, pended again, deactivated in an order that is not theirs: each comes again
 * when its own turn has come, and not before. */
void end_any_order(void) {
    set_split(true);
    for (unsigned i = 0; i < ACTIVE_COUNT; i++) {
        gic_set_edge(FIRST + i, true);
        irq_prepare(FIRST + i, 0xa0);
        gic_pend(FIRST + i);
    }
    for (unsigned i = 0; i < ACTIVE_COUNT; i++) {
        uint64_t intid = ack_soon();
        TAP_TRUE(intid >= FIRST && intid < FIRST + ACTIVE_COUNT);
        gic_end(intid);
    }
    for (unsigned i = 0; i < ACTIVE_COUNT; i++) {
        TAP_TRUE(gic_active(FIRST + i));
        gic_pend(FIRST + i);
    }
    timer_spin(QUIET_US);
    TAP_EQUAL(gic_ack(), INTID_SPURIOUS);
    for (unsigned i = 0; i < ACTIVE_COUNT; i++) {
        unsigned intid = FIRST + i * 5 % ACTIVE_COUNT;
        deactivate(intid);
        TAP_EQUAL(ack_soon(), intid);
        gic_end(intid);
        TAP_TRUE(gic_active(intid));
        TAP_EQUAL(gic_ack(), INTID_SPURIOUS);
    }
    for (unsigned i = ACTIVE_COUNT; i-- > 0;) deactivate(FIRST + i * 7 % ACTIVE_COUNT);
    for (unsigned i = 0; i < ACTIVE_COUNT; i++) TAP_TRUE(!gic_active(FIRST + i));
    set_split(false);
}

#define NEST_COUNT 10u

/* Ten priorities deep, with EOImode 0: ends in the reverse of the order of acknowledgement, and by
 * ICC_EOIR1_EL1 only. */
void end_nested(void) {
    for (unsigned i = 0; i < NEST_COUNT; i++) {
        irq_prepare(FIRST + i, 0xa0 - i * GIC_PRIORITY_STEP);
        gic_pend(FIRST + i);
        TAP_EQUAL(ack_soon(), FIRST + i);
        TAP_EQUAL(sysreg_read(icc_rpr_el1), 0xa0 - i * GIC_PRIORITY_STEP);
    }
    for (unsigned i = NEST_COUNT; i-- > 0;) {
        deactivate(FIRST + i);
        TAP_TRUE(gic_active(FIRST + i));
        gic_end(FIRST + i);
        TAP_TRUE(!gic_active(FIRST + i));
    }
    TAP_EQUAL(sysreg_read(icc_rpr_el1), 0xff);
    TAP_EQUAL(gic_ack(), INTID_SPURIOUS);
}
