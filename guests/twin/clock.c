/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Histories of the two timers of EL1 behind a GIC (Arm ARM D11.2, IHI 0069H). A deadline is far
 * away or has certainly passed when something looks, so nothing seen depends on time. Left out, and
 * known: Skerry does not look again at the line of a timer that waits in a list register, nor at
 * that of an active one.
 */
#include "twin.h"

#include "exception.h"
#include "gic.h"
#include "psci.h"
#include "smp.h"
#include "timer.h"
#include "uart.h"

#define BIT(n)       (1u << (n))
#define TIMERS       (BIT(INTID_VTIMER) | BIT(INTID_PTIMER))
#define SGI          5u
#define USED         (TIMERS | BIT(SGI))
#define DEPTH        8u
#define NEAR_US      20u
#define CTLR_SPLIT   2u /* ICC_CTLR_EL1.EOImode */
#define CNTKCTL_BITS 0x3ffu
#define FAR_AWAY     (UINT64_C(1) << 31)

static const uint8_t intids[] = {INTID_VTIMER, INTID_PTIMER, SGI};

static bool split;
static unsigned cpus, patience; /* how often a timer is taken before its handler silences it */

static struct face {
    unsigned depth, ended; /* acknowledged; BIT(INTID): not deactivated yet */
    uint8_t running[DEPTH];
} faces[TWIN_CPUS];

static struct face *own(void) { return &faces[smp_self()]; }

static uint32_t gicr(unsigned cpu, uint32_t offset) { return gicr_read(cpu, GICR_SGI + offset); }

static uint32_t control(unsigned intid) {
    uint64_t value = intid == INTID_VTIMER ? sysreg_read(cntv_ctl_el0) : sysreg_read(cntp_ctl_el0);
    return (uint32_t)value & ((value & TIMER_ENABLE) != 0 ? ~0u : ~TIMER_ISTATUS);
}

static bool is_high(unsigned intid) {
    return (control(intid) & 7) == (TIMER_ENABLE | TIMER_ISTATUS);
}

static void put_control(unsigned intid, unsigned value) {
    if (intid == INTID_VTIMER)
        sysreg_write(cntv_ctl_el0, value);
    else
        sysreg_write(cntp_ctl_el0, value);
    isb();
    twin_note("ctl", control(intid));
}

static uint64_t compare(unsigned intid) {
    return intid == INTID_VTIMER ? sysreg_read(cntv_cval_el0) : sysreg_read(cntp_cval_el0);
}

static void put_compare(unsigned intid, uint64_t value) {
    if (intid == INTID_VTIMER)
        sysreg_write(cntv_cval_el0, value);
    else
        sysreg_write(cntp_cval_el0, value);
    isb();
    twin_note("kept", compare(intid) == value);
}

/* CVAL is the counter plus the signed value; what TVAL reads is what is left. */
static void put_left(unsigned intid, uint32_t value) {
    uint64_t before = timer_now();
    if (intid == INTID_VTIMER)
        sysreg_write(cntv_tval_el0, value | UINT64_C(0xabcd) << 32);
    else
        sysreg_write(cntp_tval_el0, value | UINT64_C(0xabcd) << 32);
    uint64_t after = timer_now(), at = compare(intid) - (uint64_t)(int32_t)value;
    twin_note("tval", at >= before && at <= after);
    before = timer_now();
    uint64_t left = intid == INTID_VTIMER ? sysreg_read(cntv_tval_el0) : sysreg_read(cntp_tval_el0);
    after = timer_now();
    uint32_t age = (uint32_t)compare(intid) - (uint32_t)left - (uint32_t)before;
    twin_note("left", left >> 32 == 0 && age <= after - before);
}

static void set_deadline(unsigned intid) {
    static const uint64_t edges[] = {0,
                                     1,
                                     FAR_AWAY - 1,
                                     FAR_AWAY,
                                     FAR_AWAY + 1,
                                     INT64_MAX,
                                     UINT64_C(1) << 63,
                                     (UINT64_C(1) << 63) + 1,
                                     UINT64_MAX};
    uint64_t edge = edges[twin_random(sizeof(edges) / sizeof(edges[0]))], now = timer_now();
    unsigned way = twin_random(5);
    twin_note("deadline", way);
    switch (way) {
    case 0: put_compare(intid, edge + FAR_AWAY * 16 * (edge >> 31 == 1)); break;
    case 1: put_compare(intid, now - edge - 1); break;
    case 2: put_compare(intid, 0); break;
    case 3: put_left(intid, 0u - twin_random(1000)); break;
    default: put_left(intid, twin_random(2) != 0 ? 0x80000000u : 0x7fffffffu);
    }
}

/* Below a priority that may be signalled, as far as this CPU's registers say. */
static bool is_waiting(unsigned intid) {
    unsigned cpu = smp_self();
    uint32_t waits =
        gicr(cpu, GICD_ISPENDR) & gicr(cpu, GICD_ISENABLER) & ~gicr(cpu, GICD_ISACTIVER);
    return (waits >> intid & 1) != 0;
}

/* A line that falls while the interrupt waits does so with it disabled. */
static void op_timer(void) {
    unsigned intid = intids[twin_random(2)], what = twin_random(3), value = twin_random(4);
    bool waits = false;
    twin_note("timer", intid);
    for (unsigned part = 0; part < 2; part++) {
        if (what == 1 - part) continue;
        if (!waits && is_waiting(intid)) {
            gic_disable(intid);
            waits = true;
        }
        if (part == 0)
            set_deadline(intid);
        else
            put_control(intid, value);
    }
    twin_note("line", is_high(intid));
    twin_note("pending", gicr(smp_self(), GICD_ISPENDR) & ~gicr(smp_self(), GICD_ISACTIVER) & USED);
    if (waits) gic_enable(intid);
}

/* One of the near future: it comes while nothing, a call or a server's visit runs. */
static void op_soon(void) {
    unsigned intid = intids[twin_random(2)], way = twin_random(4);
    if (is_waiting(intid)) return;
    put_control(intid, 0);
    put_compare(intid, timer_now() + timer_ticks(NEAR_US) + 1);
    put_control(intid, TIMER_ENABLE | (twin_random(4) == 0 ? TIMER_IMASK : 0));
    while ((control(intid) & TIMER_ISTATUS) == 0) {
        if (way == 1) psci_call(PSCI_VERSION, 0, 0, 0);
        if (way == 2) (void)uart_read(UARTFR);
        if (way == 3) (void)gicd_read(GICD_ISENABLER + 4);
    }
    isb();
    twin_note("soon", intid);
    twin_note("by", way);
}

static void op_bits(void) {
    static const uint16_t registers[] = {GICD_ISENABLER, GICD_ISENABLER, GICD_ISENABLER,
                                         GICD_ICENABLER, GICD_ISPENDR,   GICD_ICPENDR,
                                         GICD_ISACTIVER, GICD_ICACTIVER};
    uint16_t offset = registers[twin_random(sizeof(registers) / sizeof(registers[0]))];
    unsigned cpu = twin_random(cpus);
    uint32_t mask = BIT(intids[twin_random(3)]);
    if (twin_random(4) == 0) mask |= BIT(intids[twin_random(3)]);
    for (unsigned i = 0; i < faces[cpu].depth; i++)
        if (offset == GICD_ICACTIVER && !split) mask &= ~BIT(faces[cpu].running[i]);
    if (offset == GICD_ISACTIVER && !split) return; /* of an EOI of that Skerry cannot know */
    gicr_write(cpu, GICR_SGI + offset, mask);
    if (offset == GICD_ICACTIVER) faces[cpu].ended &= ~mask;
    twin_note("gicr", cpu);
    twin_note("at", offset);
    twin_note("put", mask);
}

static void op_interface(void) {
    unsigned intid = intids[twin_random(3)], value = twin_random(4) * 8 + intid / 2 % 4 * 64;
    switch (twin_random(6)) {
    case 0: sysreg_write(icc_pmr_el1, twin_random(2) != 0 ? 0xff : twin_random(256)); break;
    case 1: sysreg_write(icc_igrpen1_el1, twin_random(4) != 0); break;
    case 2: gicd_write(GICD_CTLR, GICD_CTLR_ARE | (twin_random(4) != 0 ? 3 : 0)); break;
    case 3: sysreg_write(cntkctl_el1, twin_random(CNTKCTL_BITS + 1)); break;
    default:
        gicr_write(smp_self(), GICR_SGI + GICD_IPRIORITYR + (intid & ~3u), value << intid % 4 * 8);
    }
    isb();
    twin_note("pmr", sysreg_read(icc_pmr_el1));
    twin_note("cntkctl", sysreg_read(cntkctl_el1) & CNTKCTL_BITS);
}

static void op_send(void) {
    unsigned cpu = twin_random(cpus);
    gic_send(SGI, smp_affinity(cpu), (uint16_t)BIT(smp_affinity(cpu) & 15));
    twin_note("sgi", cpu);
}

static unsigned take(void) {
    struct face *face = own();
    unsigned intid = (unsigned)gic_ack();
    twin_note("iar", intid);
    if (intid < 32) face->running[face->depth++] = (uint8_t)intid;
    return intid;
}

static void end(bool deactivate) {
    struct face *face = own();
    unsigned intid = face->running[--face->depth];
    gic_end(intid);
    twin_note("eoi", intid);
    if (!split) return;
    if (deactivate)
        sysreg_write(icc_dir_el1, intid);
    else
        face->ended |= BIT(intid);
    isb();
    twin_note("dir", deactivate);
}

static void handle(uint64_t vector) {
    twin_note("irq", vector);
    unsigned intid = take();
    if (intid >= 32) return;
    if ((BIT(intid) & TIMERS) != 0 && patience == 0) put_control(intid, twin_random(2) * 2);
    patience -= patience != 0;
    end(twin_random(4) != 0);
}

static void op_take(void) {
    if (own()->depth < DEPTH) (void)take();
}

static void op_end(void) {
    if (own()->depth != 0) end(twin_random(2) != 0);
}

static void op_deactivate(void) {
    unsigned intid = intids[twin_random(3)];
    struct face *face = own();
    for (unsigned i = 0; i < face->depth; i++)
        if (face->running[i] == intid) return;
    if ((face->ended >> intid & 1) == 0) return;
    face->ended ^= BIT(intid);
    sysreg_write(icc_dir_el1, intid);
    isb();
    twin_note("dir", intid);
}

static void op_unmask(void) {
    patience = twin_random(6);
    if (own()->depth >= DEPTH - 1) return;
    interrupts_unmask();
    for (unsigned i = 0; i < 50; i++) isb();
    interrupts_mask();
    twin_note("left", patience);
}

/* Only one that certainly is signalled may be slept for. */
static void op_sleep(void) {
    unsigned intid = intids[twin_random(2)], cpu = smp_self();
    unsigned level = (unsigned)mmio_read8(gicr_address(cpu, GICR_SGI + GICD_IPRIORITYR) + intid);
    bool enabled = (gicr(cpu, GICD_ISENABLER) & ~gicr(cpu, GICD_ISACTIVER)) >> intid & 1;
    if (!enabled || level >= sysreg_read(icc_pmr_el1) || level >= sysreg_read(icc_rpr_el1) ||
        sysreg_read(icc_igrpen1_el1) == 0 || (gicd_read(GICD_CTLR) & GICD_CTLR_GRP1) == 0)
        return;
    bool waits = is_waiting(intid);
    if (!waits) {
        put_control(intid, 0);
        put_compare(intid, timer_now() + timer_ticks(NEAR_US));
        put_control(intid, TIMER_ENABLE);
    }
    do wfi();
    while (sysreg_read(isr_el1) == 0);
    while (!waits && !is_high(intid)) /* something else ended it */
        ;
    twin_note("slept", intid);
    if (twin_random(2) != 0) op_unmask();
}

static void (*const ops[])(void) = {op_timer, op_timer, op_timer,     op_soon,  op_bits,
                                    op_bits,  op_bits,  op_interface, op_send,  op_take,
                                    op_take,  op_end,   op_end,       op_end,   op_deactivate,
                                    op_sleep, op_sleep, op_unmask,    op_unmask};

static void clock_make(uint64_t unused) {
    (void)unused;
    ops[twin_random(sizeof(ops) / sizeof(ops[0]))]();
    isb();
}

static void clock_look(uint64_t all) {
    twin_note("isr", sysreg_read(isr_el1));
    twin_note("hppir", sysreg_read(icc_hppir1_el1));
    twin_note("rpr", sysreg_read(icc_rpr_el1));
    twin_note("cntv", control(INTID_VTIMER));
    twin_note("cntp", control(INTID_PTIMER));
    for (unsigned cpu = 0; all != 0 && cpu < cpus; cpu++) {
        uint32_t active = gicr(cpu, GICD_ISACTIVER) & USED;
        twin_note("active", active);
        twin_note("pending", gicr(cpu, GICD_ISPENDR) & USED & ~(active & TIMERS));
        twin_note("enabled", gicr(cpu, GICD_ISENABLER) & USED);
    }
}

static void clock_reset(uint64_t unused) {
    (void)unused;
    interrupts_mask();
    sysreg_write(cntp_ctl_el0, 0);
    timer_off();
    gic_open_cpu();
    *own() = (struct face){0};
    sysreg_write(icc_ctlr_el1, split ? CTLR_SPLIT : 0);
    sysreg_write(icc_ap1r0_el1, 0);
    sysreg_write(cntkctl_el1, 0);
    for (unsigned i = 0; i < 3; i++) gic_set_priority(intids[i], intids[i] / 2 % 4 * 64);
    isb();
}

static void clock_begin(uint64_t seed, unsigned count) {
    cpus = count;
    split = (seed & 1) != 0;
    gic_open();
    exception_interrupt = handle;
}

const struct twin_kind twin_clock = {TWIN_CPUS, clock_begin, clock_reset, clock_make, clock_look};
