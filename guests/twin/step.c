/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The operations of a history: what software may do by the manual (Arm IHI 0069H), less what that
 * leaves open and what QEMU 7.2 or Skerry is known to do its own way. Each such rule is said here.
 */
#include "twin.h"

#include "gic.h"
#include "smp.h"
#include "sysreg.h"
#include "timer.h"

#define BIT(n)     (1u << (n))
#define BLOCKS     3u  /* of 32 INTIDs */
#define LEVELS     31u /* priorities in steps of 8; the lowest is never signalled */
#define SGI_COUNT  6u
#define NOBODY     0x010203u /* an affinity */
#define FEW        3u        /* of QEMU's four list registers one is left to what is pending */
#define ENDED_SIZE 32u
#define CTLR_CBPR  1u /* ICC_CTLR_EL1 */
#define CTLR_SPLIT 2u

/* The timer, the lines of twin_line, and what no device on either machine drives. */
static const uint32_t used[BLOCKS] = {(BIT(SGI_COUNT) - 1) | 0x70000 | BIT(INTID_VTIMER),
                                      0x7f00 | BIT(INTID_UART % 32) | BIT(INTID_RTC % 32), 0x7f};

/* QEMU's GIC looks for the best that is pending among the groups that ICC_IGRPENn disables, too: a
 * history has one group, or switches both together. */
static enum { ALL_1, ALL_0, MIXED } groups;

/* EOImode 0, 1, or now this, now that. Of an EOI whose interrupt is in no list register the
 * hardware tells the number alone, and Skerry takes it for the last that went out: what was made
 * active by register, or has had its EOI already, must then not be among those. */
static enum { WHOLE, SPLIT, BOTH } ends;

static unsigned cpus, steps;
static bool climbing;
static uint32_t free_levels;
static uint8_t levels[BLOCKS * 32];

static struct interface {
    unsigned depth, ended_count;
    uint16_t running[LEVELS + 1]; /* acknowledged */
    uint8_t group[LEVELS + 1];
    uint16_t ended[ENDED_SIZE]; /* with EOImode 1: to be deactivated */
    uint64_t control;           /* ICC_CTLR_EL1 */
} interfaces[TWIN_CPUS];

static struct interface *own(void) { return &interfaces[smp_self()]; }

static uint64_t frame(unsigned block, unsigned cpu) {
    return block == 0 ? gicr_address(cpu, GICR_SGI) : GICD_BASE + 4 * block;
}

static void put(uint64_t address, uint32_t value) {
    mmio_write32(address, value);
    twin_note("at", address & 0xfffff);
    twin_note("put", value);
}

static unsigned any_intid(void) {
    unsigned intid;
    do intid = twin_random(BLOCKS * 32);
    while ((used[intid / 32] >> intid % 32 & 1) == 0);
    return intid;
}

static unsigned running_count(void) { return interfaces[0].depth + interfaces[1].depth; }

static bool is_running(unsigned intid) {
    for (unsigned cpu = 0; cpu < cpus; cpu++)
        for (unsigned i = 0; i < interfaces[cpu].depth; i++)
            if (interfaces[cpu].running[i] == intid) return true;
    return false;
}

static void op_bits(void) {
    static const uint16_t registers[] = {
        GICD_ISENABLER, GICD_ISENABLER, GICD_ISENABLER, GICD_ICENABLER, GICD_ISPENDR,
        GICD_ISPENDR,   GICD_ISPENDR,   GICD_ICPENDR,   GICD_ICPENDR,   GICD_ISACTIVER,
        GICD_ICACTIVER, GICD_ICACTIVER, GICD_IGROUPR};
    unsigned block = twin_random(BLOCKS);
    uint16_t offset = registers[twin_random(sizeof(registers) / sizeof(registers[0]))];
    uint32_t mask = used[block] & twin_random(~0u);
    uint64_t address = frame(block, twin_random(cpus)) + offset;
    if (offset != GICD_ICACTIVER && twin_random(8) != 0)
        mask &= twin_random(~0u) & twin_random(~0u);
    for (unsigned n = 0; ends != SPLIT && offset == GICD_ICACTIVER && n < 32; n++)
        if (is_running(32 * block + n)) mask &= ~BIT(n);
    if (offset == GICD_ISACTIVER && (ends == WHOLE || (ends == BOTH && running_count() != 0)))
        return;
    if (offset == GICD_IGROUPR && groups != MIXED) return;
    put(address, offset == GICD_IGROUPR ? mask ^ mmio_read32(address) : mask);
}

/* One alone, and one that may interrupt what runs: few would nest otherwise. */
static void op_climb(void) {
    unsigned best = any_intid(), running = (unsigned)sysreg_read(icc_rpr_el1) / 8;
    for (unsigned i = 0; i < 6; i++) {
        unsigned other = any_intid();
        if (levels[best] >= running || (levels[other] > levels[best] && levels[other] < running))
            best = other;
    }
    for (unsigned block = 0; block < BLOCKS; block++)
        put(frame(block, smp_self()) + GICD_ICPENDR, used[block]);
    put(frame(best / 32, smp_self()) + GICD_ISENABLER, BIT(best % 32));
    put(frame(best / 32, smp_self()) + GICD_ISPENDR, BIT(best % 32));
}

/* No two interrupts have one priority: which of them comes first is not said. */
static uint8_t any_level(unsigned old) {
    unsigned level;
    do level = twin_random(LEVELS);
    while ((free_levels >> level & 1) == 0);
    free_levels ^= BIT(level) | (old < LEVELS ? BIT(old) : 0);
    return (uint8_t)level;
}

static void op_priority(void) {
    unsigned intid = any_intid(), block = intid / 32, word = intid & ~3u, value = 0;
    bool byte = twin_random(2) != 0;
    for (unsigned i = word; i < word + 4; i++) {
        if ((used[block] >> i % 32 & 1) != 0 && (!byte || i == intid))
            levels[i] = any_level(levels[i]);
        value |= (unsigned)levels[i] * 8 << i % 4 * 8;
    }
    for (unsigned cpu = 0; cpu < (block == 0 ? cpus : 1); cpu++) {
        uint64_t address = (block == 0 ? frame(0, cpu) : GICD_BASE) + GICD_IPRIORITYR;
        if (byte)
            mmio_write8(address + intid, (uint8_t)(levels[intid] * 8));
        else
            put(address + word, value);
        twin_note("priority", mmio_read32(address + word));
        twin_note("of", mmio_read8(address + intid));
    }
}

/* While it is disabled (GICD_ICFGRn). */
static void op_config(void) {
    unsigned block = 1 + twin_random(BLOCKS - 1), half = twin_random(2);
    uint32_t off = used[block] & ~gicd_read(GICD_ISENABLER + 4 * block), bits = 0;
    uint64_t address = GICD_BASE + GICD_ICFGR + 8 * block + 4 * half;
    for (unsigned n = 0; n < 16; n++) bits |= (off >> (16 * half + n) & 1) << (2 * n + 1);
    put(address, mmio_read32(address) ^ (bits & twin_random(~0u)));
    twin_note("config", mmio_read32(address));
}

static void op_route(void) {
    unsigned intid = any_intid();
    uint64_t address = GICD_BASE + GICD_IROUTER + 8 * intid;
    uint64_t target = twin_random(4) == 0 ? NOBODY : smp_affinity(twin_random(cpus));
    if (intid < 32) return;
    if (twin_random(2) != 0)
        mmio_write64(address, target);
    else
        put(address, (uint32_t)target);
    twin_note("route", intid);
    twin_note("to", mmio_read64(address));
}

/* Binary points with nothing running: what an EOI is held against would have changed. */
static void op_interface(void) {
    struct interface *face = own();
    unsigned point = twin_random(twin_random(3) != 0 ? 4 : 8), on = twin_random(6) != 0;
    switch (twin_random(4)) {
    case 0: sysreg_write(icc_pmr_el1, twin_random(3) == 0 ? twin_random(256) : 0xff); break;
    case 1:
        sysreg_write(icc_igrpen0_el1, on);
        sysreg_write(icc_igrpen1_el1, on);
        break;
    case 2:
        if (ends == BOTH) face->control ^= CTLR_SPLIT;
        break;
    default:
        if (face->depth != 0) return;
        face->control ^= twin_random(2) * CTLR_CBPR;
        sysreg_write(icc_bpr0_el1, point);
        sysreg_write(icc_bpr1_el1, twin_random(8));
    }
    sysreg_write(icc_ctlr_el1, face->control);
    isb();
    twin_note("pmr", sysreg_read(icc_pmr_el1));
    twin_note("bpr0", sysreg_read(icc_bpr0_el1));
    twin_note("bpr1", sysreg_read(icc_bpr1_el1));
    twin_note("ctlr", sysreg_read(icc_ctlr_el1) & (CTLR_CBPR | CTLR_SPLIT));
    twin_note("on", on);
}

static void op_distributor(void) {
    uint32_t on = twin_random(4) == 0 ? twin_random(4) : GICD_CTLR_GRP0 | GICD_CTLR_GRP1;
    put(GICD_BASE + GICD_CTLR, GICD_CTLR_ARE | on);
    twin_note("ctlr", gicd_read(GICD_CTLR));
}

/* ICC_SGI1R_EL1 sends an SGI of group 0, too (8.1.10); QEMU does not. */
static void op_send(void) {
    unsigned intid = twin_random(SGI_COUNT), cpu = twin_random(cpus);
    bool group1 = (gicr_read(cpu, GICR_SGI + GICD_IGROUPR) >> intid & 1) != 0;
    uint64_t value = cpus > 1 && twin_random(8) == 0 ? UINT64_C(1) << 40 : BIT(cpu);
    bool to_all = group1 && twin_random(8) != 0 && value == BIT(cpu);
    value |= intid << 24;
    if (to_all)
        sysreg_write(icc_sgi1r_el1, value);
    else
        sysreg_write(icc_sgi0r_el1, value);
    twin_note(to_all ? "sgi1r" : "sgi0r", value);
}

static unsigned active_count(void) {
    unsigned count = 0;
    for (unsigned block = 0; block < BLOCKS; block++)
        count +=
            (unsigned)__builtin_popcount(mmio_read32(frame(block, smp_self()) + GICD_ISACTIVER));
    return count;
}

static void op_take(void) {
    struct interface *face = own();
    bool group1 = groups == ALL_1 || (groups == MIXED && (sysreg_read(isr_el1) & DAIF_F) == 0);
    if (groups == MIXED && twin_random(8) == 0) group1 = !group1;
    if (face->depth > LEVELS || (ends == BOTH && active_count() >= FEW)) return;
    uint64_t intid = group1 ? gic_ack() : sysreg_read(icc_iar0_el1);
    twin_note(group1 ? "iar1" : "iar0", intid);
    if (intid >= 1020) return;
    face->group[face->depth] = group1;
    face->running[face->depth++] = (uint16_t)intid;
}

static void op_end(void) {
    struct interface *face = own();
    if (face->depth == 0 || (climbing && twin_random(4) != 0)) return;
    uint16_t intid = face->running[--face->depth];
    if (face->group[face->depth] != 0)
        sysreg_write(icc_eoir1_el1, intid);
    else
        sysreg_write(icc_eoir0_el1, intid);
    twin_note("eoi", intid);
    if ((face->control & CTLR_SPLIT) == 0) return;
    face->ended[face->ended_count] = intid;
    face->ended_count = (face->ended_count + 1) % ENDED_SIZE;
}

/* An SPI on either CPU. What was deactivated by register and has come again is left alone. */
static void op_deactivate(void) {
    struct interface *face = &interfaces[twin_random(cpus)];
    if (face->ended_count == 0 || (own()->control & CTLR_SPLIT) == 0) return;
    uint16_t *place = &face->ended[twin_random(face->ended_count)], intid = *place;
    if ((intid < 32 && face != own()) || is_running(intid)) return;
    *place = face->ended[--face->ended_count];
    sysreg_write(icc_dir_el1, intid);
    twin_note("dir", intid);
}

/* Skerry does not look again at the line of a timer that waits in a list register: the line falls
 * after the acknowledgement, or while the interrupt is disabled. */
static void op_timer(void) {
    uint64_t base = frame(0, smp_self());
    uint32_t waits = mmio_read32(base + GICD_ISPENDR) & mmio_read32(base + GICD_ISENABLER) &
                     ~mmio_read32(base + GICD_ISACTIVER);
    unsigned control = (waits >> INTID_VTIMER & 1) != 0 ? TIMER_ENABLE : twin_random(4);
    timer_set(0, control);
    twin_note("timer", control);
}

/* Ends at once: something is signalled. */
static void op_wait(void) {
    if (sysreg_read(isr_el1) != 0) wfi();
}

static void (*const ops[])(void) = {
    op_bits,   op_bits,       op_bits,       op_bits,       op_bits,  op_bits, op_bits,
    op_config, op_route,      op_interface,  op_interface,  op_send,  op_send, op_distributor,
    op_take,   op_take,       op_take,       op_take,       op_take,  op_take, op_priority,
    op_end,    op_end,        op_end,        op_end,        op_timer, op_end,  op_priority,
    op_take,   op_deactivate, op_deactivate, op_deactivate, op_wait,  op_wait, twin_line,
    twin_line, twin_line};

static void step_make(uint64_t unused) {
    (void)unused;
    if (steps++ % 64 == 0) climbing = twin_random(2) != 0;
    if (climbing && twin_random(3) == 0)
        op_climb();
    else
        ops[twin_random(sizeof(ops) / sizeof(ops[0]))]();
    isb();
}

static void step_look(uint64_t all) {
    if (cpus > 1) (void)gicd_read(GICD_ISPENDR + 4); /* what others have done is done now */
    twin_note("isr", sysreg_read(isr_el1));
    twin_note("hppir0", sysreg_read(icc_hppir0_el1));
    twin_note("hppir1", sysreg_read(icc_hppir1_el1));
    twin_note("rpr", sysreg_read(icc_rpr_el1));
    twin_note("ap0r", sysreg_read(icc_ap0r0_el1));
    twin_note("ap1r", sysreg_read(icc_ap1r0_el1));
    for (unsigned block = 0; all != 0 && block < BLOCKS; block++) {
        uint64_t base = frame(block, smp_self());
        uint32_t active = mmio_read32(base + GICD_ISACTIVER) & used[block];
        /* On Skerry a timer is active or pending. */
        uint32_t shown = used[block] & ~(block == 0 ? active & BIT(INTID_VTIMER) : 0);
        twin_note("group", mmio_read32(base + GICD_IGROUPR) & used[block]);
        twin_note("enabled", mmio_read32(base + GICD_ICENABLER) & used[block]);
        twin_note("pending", mmio_read32(base + GICD_ICPENDR) & shown);
        twin_note("active", active);
    }
}

static void step_reset(uint64_t unused) {
    struct interface *face = own();
    (void)unused;
    interrupts_mask();
    timer_off();
    gic_open_cpu();
    *face = (struct interface){.control = ends == SPLIT ? CTLR_SPLIT : 0};
    sysreg_write(icc_ctlr_el1, face->control);
    sysreg_write(icc_ap0r0_el1, 0);
    sysreg_write(icc_ap1r0_el1, 0);
    sysreg_write(icc_bpr0_el1, 0);
    sysreg_write(icc_igrpen0_el1, 1);
    for (unsigned intid = 0; intid < 32; intid++) gic_set_priority(intid, levels[intid] * 8);
    gicr_write(smp_self(), GICR_SGI + GICD_IGROUPR, groups == ALL_0 ? 0 : ~0u);
}

static void step_begin(uint64_t seed, unsigned count) {
    cpus = count;
    steps = 0;
    groups = (unsigned)(seed % 3);
    ends = (unsigned)(seed / 3 % 3);
    free_levels = BIT(LEVELS) - 1;
    twin_lines_open();
    gic_open();
    for (unsigned intid = 0; intid < 32 * BLOCKS; intid++)
        levels[intid] = (used[intid / 32] >> intid % 32 & 1) != 0 ? any_level(LEVELS) : LEVELS;
    for (unsigned intid = 32; intid < 32 * BLOCKS; intid++)
        gic_set_priority(intid, levels[intid] * 8);
    for (unsigned block = 1; block < BLOCKS; block++)
        gicd_write(GICD_IGROUPR + 4 * block, groups == ALL_0 ? 0 : ~0u);
}

const struct twin_kind twin_gic = {TWIN_CPUS, step_begin, step_reset, step_make, step_look};
