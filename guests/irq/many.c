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
