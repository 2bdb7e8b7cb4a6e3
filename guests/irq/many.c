/* SPDX-License-Identifier: BSD-2-Clause */
/* More interrupts at a time than any CPU has list registers: none lost, none twice, in order. */
#include "irq.h"

#define FIRST 32u
#define LIMIT 200u

static const volatile struct gic_log *const taken = &gic_logs[0];

static unsigned many_end(void) {
    unsigned end = gic_intid_end();
    return end - FIRST > LIMIT ? FIRST + LIMIT : end;
}

/* 16 levels, in an order that has nothing to do with the INTID's. */
static unsigned scrambled(unsigned intid) { return intid * 7 % 15 * GIC_PRIORITY_STEP; }

static void check_once(unsigned end, unsigned times) {
    for (unsigned intid = FIRST; intid < end; intid++) {
        unsigned count = 0;
        for (unsigned i = 0; i < taken->count && i < GIC_LOG_SIZE; i++)
            count += taken->intid[i] == intid;
        tap_check(count == times, "times taken", count, times);
    }
}

static void prepare(bool scramble) {
    for (unsigned intid = FIRST; intid < many_end(); intid++) {
        gic_set_edge(intid, true);
        irq_prepare(intid, scramble ? scrambled(intid) : GIC_PRIORITY);
    }
}

static void pend_all(void) {
    for (unsigned block = FIRST / 32; 32 * block < many_end(); block++) {
        unsigned count = many_end() - 32 * block;
        gicd_write(GICD_ISPENDR + 4 * block, count >= 32 ? ~0u : (1u << count) - 1);
    }
}

void many_once(void) {
    unsigned end = many_end();
    prepare(false);
    pend_all();
    interrupts_unmask();
    irq_expect(end - FIRST);
    check_once(end, 1);
}

void many_sorted(void) {
    unsigned end = many_end();
    prepare(true);
    pend_all();
    interrupts_unmask();
    irq_expect(end - FIRST);
    check_once(end, 1);
    for (unsigned i = 1; i < taken->count && i < GIC_LOG_SIZE; i++)
        tap_check(scrambled(taken->intid[i - 1]) <= scrambled(taken->intid[i]), "order",
                  taken->intid[i - 1], taken->intid[i]);
}

/* Each is pended once more by its own handler. */
static void hook_again(unsigned intid) {
    if (taken->count <= many_end() - FIRST) gic_pend(intid);
}

void many_again(void) {
    unsigned end = many_end();
    prepare(false);
    gic_hook = hook_again;
    pend_all();
    interrupts_unmask();
    irq_expect(2 * (end - FIRST));
    TAP_EQUAL(taken->count, 2 * (end - FIRST));
}

/* Those of odd blocks of four are in Group 0; what a CPU has switched off waits, and keeps nothing
 * of the other group out, whichever of them stood in the list registers. */
static void half_on(uint64_t group0, uint64_t group1) {
    sysreg_write(icc_igrpen0_el1, group0);
    sysreg_write(icc_igrpen1_el1, group1);
    isb();
}

static void halves(bool group0_first, bool both_before) {
    unsigned end = many_end() & ~7u, half = (end - FIRST) / 2;
    prepare(false);
    for (unsigned intid = FIRST; intid < end; intid++)
        if (intid & 4) {
            gic_set_group(intid, 0);
            gic_set_priority(intid, group0_first ? GIC_PRIORITY : 0x20);
        }
    half_on(both_before, both_before);
    pend_all();
    half_on(group0_first, !group0_first);
    interrupts_unmask();
    irq_expect(half);
    TAP_EQUAL(taken->fiq_count, group0_first ? half : 0);
    half_on(1, 1);
    irq_expect(2 * half);
    check_once(end, 1);
}

void many_halves(void) {
    for (unsigned way = 0; way < 4; way++) {
        interrupts_mask();
        gic_clear_logs();
        halves((way & 1) == 0, way >= 2);
        for (unsigned intid = FIRST; intid < many_end(); intid++) gic_set_group(intid, 1);
    }
    half_on(0, 1);
}
