/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The GICv3 as a test sees it: every register within reach, the usual set-up, and a recorder of
 * what each CPU took, in which order. Group 1, affinity routing, one Security state.
 */
#pragma once

#include "mmio.h"
#include "platform.h"

#include <stdbool.h>

/* Arm IHI 0069, table 12-25 */
enum gicd_register {
    GICD_CTLR = 0x0000,
    GICD_TYPER = 0x0004,
    GICD_IIDR = 0x0008,
    GICD_IGROUPR = 0x0080,
    GICD_ISENABLER = 0x0100,
    GICD_ICENABLER = 0x0180,
    GICD_ISPENDR = 0x0200,
    GICD_ICPENDR = 0x0280,
    GICD_ISACTIVER = 0x0300,
    GICD_ICACTIVER = 0x0380,
    GICD_IPRIORITYR = 0x0400,
    GICD_ICFGR = 0x0c00,
    GICD_IROUTER = 0x6000,
    GICD_PIDR2 = 0xffe8,
};
#define GICD_CTLR_GRP0 1u
#define GICD_CTLR_GRP1 2u
#define GICD_CTLR_ARE  0x10u
#define GICD_CTLR_RWP  0x80000000u

/* the banked registers: GICR_SGI + the distributor's offsets */
enum gicr_register {
    GICR_CTLR = 0x0000,
    GICR_IIDR = 0x0004,
    GICR_TYPER = 0x0008,
    GICR_WAKER = 0x0014,
    GICR_PIDR2 = 0xffe8,
    GICR_SGI = 0x10000,
};
#define GICR_TYPER_LAST   0x10u
#define GICR_WAKER_SLEEP  2u
#define GICR_WAKER_ASLEEP 4u

#define GIC_PRIORITY      0xa0u /* what gic_open gives to every interrupt */
#define GIC_PRIORITY_STEP 0x10u /* the coarsest grain that version 3 allows with two groups */
#define GIC_LOG_SIZE      1024u

static inline uint32_t gicd_read(uint32_t offset) { return mmio_read32(GICD_BASE + offset); }

static inline void gicd_write(uint32_t offset, uint32_t value) {
    mmio_write32(GICD_BASE + offset, value);
}

static inline uint64_t gicr_address(unsigned cpu, uint32_t offset) {
    return GICR_BASE + cpu * GICR_STRIDE + offset;
}

static inline uint32_t gicr_read(unsigned cpu, uint32_t offset) {
    return mmio_read32(gicr_address(cpu, offset));
}

static inline void gicr_write(unsigned cpu, uint32_t offset, uint32_t value) {
    mmio_write32(gicr_address(cpu, offset), value);
}

static inline uint64_t gicr_read64(unsigned cpu, uint32_t offset) {
    return mmio_read64(gicr_address(cpu, offset));
}

/* Distributor, then this CPU: all SPIs disabled, not pending, Group 1, GIC_PRIORITY, to CPU 0. */
void gic_open(void);

/* This CPU's redistributor and CPU interface: EOImode 0, PMR open. */
void gic_open_cpu(void);

/* One past the last INTID that GICD_TYPER reports, at most 1020. */
unsigned gic_intid_end(void);

/* One interrupt; below 32 that of the calling CPU. */
void gic_enable(unsigned intid);
void gic_disable(unsigned intid);
void gic_pend(unsigned intid);
void gic_unpend(unsigned intid);
bool gic_pending(unsigned intid);
bool gic_active(unsigned intid);
void gic_activate(unsigned intid);
void gic_deactivate(unsigned intid);
void gic_set_priority(unsigned intid, unsigned priority);
void gic_set_edge(unsigned intid, bool edge);
void gic_set_group(unsigned intid, unsigned group);
void gic_route(unsigned intid, uint64_t affinity); /* SPI only */

/* SGI `intid` to the CPUs of `targets` that share the affinity Aff3.Aff2.Aff1 of `near`. */
void gic_send(unsigned intid, uint64_t near, uint16_t targets);
void gic_send_others(unsigned intid);

/*
 * What a CPU took. The default handler acknowledges, records, calls the hook if there is one, and
 * ends the interrupt with EOIR1 (or EOIR0, if it came as FIQ).
 */
struct gic_log {
    volatile unsigned count;
    volatile uint16_t intid[GIC_LOG_SIZE];
    volatile uint64_t time[GIC_LOG_SIZE]; /* CNTVCT at the acknowledge */
    volatile unsigned fiq_count;
};
extern struct gic_log gic_logs[CPU_LIMIT];
extern void (*volatile gic_hook)(unsigned intid);

void gic_clear_logs(void);
void gic_take(uint64_t vector); /* the default handler */

static inline uint64_t gic_ack(void) {
    uint64_t intid;
    __asm__ volatile("mrs %0, icc_iar1_el1\n\tdsb sy" : "=r"(intid)::"memory");
    return intid & 0xffffff;
}

static inline void gic_end(uint64_t intid) {
    __asm__ volatile("msr icc_eoir1_el1, %0\n\tisb" ::"r"(intid) : "memory");
}
