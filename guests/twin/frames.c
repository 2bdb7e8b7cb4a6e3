/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any access to the GIC's frames, and device lines beside them: all widths, any aligned offset,
 * with values that no driver writes (Arm IHI 0069H, 12.1.3, 12.9, 12.11). Nothing is acknowledged.
 * Left out are registers of what only one of the two machines has, and bits that are RES0 on Skerry
 * alone: see is_shared and op_access.
 */
#include "twin.h"

#include "gic.h"
#include "smp.h"
#include "timer.h"
#include "uart.h"

#define BLOCKS       3u /* of 32 INTIDs; the bare machine has more */
#define PRIORITIES   UINT64_C(0xf8f8f8f8f8f8f8f8)
#define AFFINITY     UINT64_C(0xff00ffffff)
#define GICD_ITARGET 0x0800u /* where the priorities end */
#define GICD_IGRPMOD 0x0d00u /* and the configurations */
#define IDENTITY     0xffd0u /* each machine has its own GIC */
#define LPIS         0x70u   /* GICR_PROPBASER, GICR_PENDBASER */
#define RTCMR        0x004u
#define RTCIMSC      0x010u

enum frame { GICD, RD, SGI };

static unsigned cpus;

static uint64_t random64(void) { return (uint64_t)twin_random(~0u) << 32 | twin_random(~0u); }

static uint64_t any_value(void) {
    switch (twin_random(4)) {
    case 0: return twin_random(2) * UINT64_MAX;
    case 1: return UINT64_MAX / 3 << twin_random(2); /* every other bit */
    case 2: return UINT64_C(1) << twin_random(64) | UINT64_C(1) << twin_random(32);
    }
    return twin_random(2) == 0 ? random64() : random64() & random64() & random64();
}

static uint32_t any_offset(enum frame frame) {
    static const uint16_t starts[] = {GICD_IGROUPR,    GICD_ISENABLER,  GICD_ICENABLER,
                                      GICD_ISPENDR,    GICD_ISPENDR,    GICD_ICPENDR,
                                      GICD_ISACTIVER,  GICD_ICACTIVER,  GICD_ICFGR,
                                      GICD_IPRIORITYR, GICD_IPRIORITYR, GICD_IPRIORITYR};
    uint32_t start = starts[twin_random(sizeof(starts) / sizeof(starts[0]))];
    uint32_t bits = start == GICD_IPRIORITYR ? 8 : start == GICD_ICFGR ? 2 : 1;
    switch (twin_random(8)) {
    case 0: return twin_random(0x10000);
    case 1: return twin_random(GICD_IGROUPR);
    case 2: return frame == GICD ? GICD_CTLR : GICR_WAKER;
    case 3: return GICD_IROUTER + twin_random(BLOCKS * 32 * 8);
    }
    return start + twin_random((frame == GICD ? BLOCKS : 1) * 32 / 8 * bits);
}

static bool is_within(uint32_t offset, uint32_t start, uint32_t end) {
    return offset >= start && offset < end;
}

/* Not: identification, LPIs, and SPIs that Skerry's distributor does not have. */
static bool is_shared(enum frame frame, uint32_t offset) {
    if (offset >= IDENTITY) return false;
    if (frame == RD) return offset >= 0x10 && !is_within(offset, LPIS, LPIS + 16);
    if (frame == SGI) return true;
    if (is_within(offset, GICD_IGROUPR, GICD_IPRIORITYR)) return offset % 0x80 < BLOCKS * 4;
    return !is_within(offset, GICD_TYPER, GICD_IIDR + 4) &&
           !is_within(offset, GICD_IPRIORITYR + BLOCKS * 32, GICD_ITARGET) &&
           !is_within(offset, GICD_ICFGR + BLOCKS * 8, GICD_IGRPMOD) &&
           !is_within(offset, GICD_IROUTER + BLOCKS * 32 * 8, GICD_IROUTER + 1024 * 8);
}

static uint64_t read(uint64_t address, unsigned size) {
    if (size == 1) return mmio_read8(address);
    if (size == 2) return mmio_read16(address);
    return size == 4 ? mmio_read32(address) : mmio_read64(address);
}

static void write(uint64_t address, unsigned size, uint64_t value) {
    if (size == 1) mmio_write8(address, (uint8_t)value);
    if (size == 2) mmio_write16(address, (uint16_t)value);
    if (size == 4) mmio_write32(address, (uint32_t)value);
    if (size == 8) mmio_write64(address, value);
}

/* QEMU keeps 8 bits of a priority and 64 of a route. */
static void op_access(void) {
    enum frame frame = twin_random(5) < 3 ? GICD : twin_random(4) == 0 ? RD : SGI;
    unsigned cpu = twin_random(cpus), size = twin_random(2) != 0 ? 4 : 1u << twin_random(4);
    uint32_t offset = any_offset(frame) & ~(size - 1);
    uint64_t value = any_value(), base = GICD_BASE;
    if (!is_shared(frame, offset)) return;
    if (frame != GICD) base = gicr_address(cpu, frame == SGI ? GICR_SGI : 0);
    if (is_within(offset, GICD_IPRIORITYR, GICD_ITARGET)) value &= PRIORITIES;
    if (is_within(offset, GICD_IROUTER, GICD_IROUTER + 1024 * 8))
        value &= AFFINITY >> offset % 8 * 8;
    twin_note("at", base + offset);
    twin_note("size", size);
    if (twin_random(3) != 0) {
        twin_note("write", value);
        write(base + offset, size, value);
    }
    twin_note("read", read(base + offset, size));
    if (size != 4) twin_note("word", mmio_read32(base + (offset & ~3u)));
}

/* To affinities that are there, or not, or to all others. Of both groups QEMU sends each by its own
 * register only (step.c). */
static void op_send(void) {
    unsigned intid = twin_random(16), group1 = 1;
    uint64_t value = intid << 24 | twin_random(twin_random(2) != 0 ? 4 : 0x10000);
    for (unsigned cpu = 0; cpu < cpus; cpu++)
        group1 &= gicr_read(cpu, GICR_SGI + GICD_IGROUPR) >> intid;
    if (twin_random(4) == 0) value |= UINT64_C(1) << (16 + twin_random(8)); /* Aff1 */
    if (twin_random(4) == 0) value |= UINT64_C(1) << (32 + twin_random(9)); /* Aff2, IRM */
    if (twin_random(4) == 0) value |= UINT64_C(1) << (48 + twin_random(8)); /* Aff3 */
    if (group1 != 0)
        sysreg_write(icc_sgi1r_el1, value);
    else
        sysreg_write(icc_sgi0r_el1, value);
    isb();
    twin_note(group1 != 0 ? "sgi1r" : "sgi0r", value);
    (void)gicd_read(GICD_ISPENDR + 4); /* what others have done is done now */
    for (unsigned cpu = 0; cpu < cpus; cpu++) {
        twin_note("pends", gicr_read(cpu, GICR_SGI + GICD_ISPENDR));
        gicr_write(cpu, GICR_SGI + GICD_ICPENDR, 0xffff);
    }
}

/* Both devices have a raw interrupt that nothing clears: the mask is the line. */
void twin_line(void) {
    bool high = twin_random(2) != 0, uart = twin_random(2) != 0;
    if (uart)
        uart_write(UARTIMSC, high ? UARTINT_TX : 0);
    else
        mmio_write32(RTC_BASE + RTCIMSC, high);
    twin_note(uart ? "uart" : "rtc", high);
}

void twin_lines_open(void) {
    uart_write(UARTIMSC, 0); /* the transmitter's is raised by what is printed */
    mmio_write32(RTC_BASE + RTCIMSC, 0);
    mmio_write32(RTC_BASE + RTCMR, mmio_read32(RTC_BASE));
}

static void frames_make(uint64_t unused) {
    (void)unused;
    switch (twin_random(8)) {
    case 0: op_send(); break;
    case 1: twin_line(); break;
    default: op_access();
    }
}

static uint64_t level(uint64_t intid) {
    uint64_t base = intid < 32 ? gicr_address(smp_self(), GICR_SGI) : GICD_BASE;
    return intid >= 1020 ? intid : mmio_read8(base + GICD_IPRIORITYR + intid);
}

/* Of several that have the best priority any may be the one, of either group. */
static void frames_look(uint64_t all) {
    uint64_t best0 = level(sysreg_read(icc_hppir0_el1)), best1 = level(sysreg_read(icc_hppir1_el1));
    twin_note("isr", sysreg_read(isr_el1) != 0);
    twin_note("best", best0 < best1 ? best0 : best1);
    for (uint32_t offset = GICD_IGROUPR; all != 0 && offset < GICD_IPRIORITYR; offset += 0x80) {
        twin_note("private", gicr_read(smp_self(), GICR_SGI + offset));
        for (uint32_t n = 1; n < BLOCKS; n++) twin_note("spi", gicd_read(offset + 4 * n));
    }
}

static void frames_reset(uint64_t unused) {
    (void)unused;
    interrupts_mask();
    sysreg_write(cntp_ctl_el0, 0); /* histories of other kinds may have gone before */
    timer_off();
    gic_open_cpu();
    sysreg_write(icc_ap0r0_el1, 0);
    sysreg_write(icc_ap1r0_el1, 0);
    sysreg_write(icc_igrpen0_el1, 1);
    gicr_write(smp_self(), GICR_SGI + GICD_ICFGR + 4, 0);
    isb();
}

static void frames_begin(uint64_t seed, unsigned count) {
    (void)seed;
    cpus = count;
    twin_lines_open();
    gic_open();
}

const struct twin_kind twin_frames = {TWIN_CPUS, frames_begin, frames_reset, frames_make,
                                      frames_look};
