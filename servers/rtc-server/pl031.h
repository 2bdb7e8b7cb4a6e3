/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One PL031 as a guest sees it (pure): registers of the Arm PrimeCell Real Time Clock (PL031)
 * Technical Reference Manual, DDI 0224, chapter 3. Time comes in with every call, in seconds of a
 * clock that never goes back; DR is that clock plus an offset, modulo 2^32. The clock runs from
 * reset (CR reads 1), as firmware would have left it. Reserved: reads as zero, ignores writes.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum pl031_register {
    PL031_DR = 0x000,
    PL031_MR = 0x004,
    PL031_LR = 0x008,
    PL031_CR = 0x00c,
    PL031_IMSC = 0x010,
    PL031_RIS = 0x014,
    PL031_MIS = 0x018,
    PL031_ICR = 0x01c,
};

struct pl031 {
    uint64_t alarm; /* the second in which DR comes to MR next, on the caller's clock */
    uint32_t offset, match, load;
    uint32_t unmasked, raised; /* IMSC, RIS */
    bool line;                 /* main.c's: the level that the kernel was told */
};

void pl031_reset(struct pl031 *rtc, uint64_t now);

/* Raises the interrupt if the alarm is due. */
void pl031_advance(struct pl031 *rtc, uint64_t now);

/* One access of 1 to 8 bytes, aligned to its size; see libvmm/regs.h for the lanes. The caller has
 * advanced the model to `now`. */
uint64_t pl031_read(const struct pl031 *rtc, uint64_t now, uint64_t offset, unsigned size);
void pl031_write(struct pl031 *rtc, uint64_t now, uint64_t offset, unsigned size, uint64_t value);

/* The interrupt output, RTCINTR. */
static inline bool pl031_level(const struct pl031 *rtc) {
    return (rtc->raised & rtc->unmasked) != 0;
}
