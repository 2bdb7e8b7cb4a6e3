/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PL031 model. The counter is not kept: DR is worked out when it is read, and the one event, DR
 * coming to MR, is a second on the caller's clock. A match that is set to the present second is due
 * at once; the next one is a turn of the 32-bit counter later.
 */
#include "pl031.h"

#include <regs.h>

#define IDENTITY UINT64_C(0xb105f00d00041031) /* RTCPeriphID0-3, RTCPCellID0-3 */

static uint32_t data(const struct pl031 *rtc, uint64_t now) { return (uint32_t)now + rtc->offset; }

static void set_alarm(struct pl031 *rtc, uint64_t now) {
    rtc->alarm = now + (uint32_t)(rtc->match - data(rtc, now));
    pl031_advance(rtc, now);
}

void pl031_reset(struct pl031 *rtc, uint64_t now) {
    *rtc = (struct pl031){.alarm = now + (uint32_t)(0 - (uint32_t)now)};
    if (rtc->alarm == now) rtc->alarm += UINT64_C(1) << 32;
}

void pl031_advance(struct pl031 *rtc, uint64_t now) {
    if (now < rtc->alarm) return;
    rtc->raised = 1;
    rtc->alarm += (((now - rtc->alarm) >> 32) + 1) << 32;
}

static uint32_t read_register(const struct pl031 *rtc, uint64_t now, uint64_t offset) {
    switch (offset) {
    case PL031_DR: return data(rtc, now);
    case PL031_MR: return rtc->match;
    case PL031_LR: return rtc->load;
    case PL031_CR: return 1;
    case PL031_IMSC: return rtc->unmasked;
    case PL031_RIS: return rtc->raised;
    case PL031_MIS: return pl031_level(rtc);
    default: return regs_identity(IDENTITY, offset);
    }
}

static void write_register(struct pl031 *rtc, uint64_t now, uint64_t offset, uint32_t value,
                           uint32_t lanes) {
    switch (offset) {
    case PL031_MR:
        regs_store(&rtc->match, value, lanes);
        set_alarm(rtc, now);
        break;
    case PL031_LR:
        regs_store(&rtc->load, value, lanes);
        rtc->offset = rtc->load - (uint32_t)now;
        set_alarm(rtc, now);
        break;
    case PL031_IMSC: regs_store(&rtc->unmasked, value, lanes & 1); break;
    case PL031_ICR: rtc->raised &= ~(value & lanes); break;
    }
}

uint64_t pl031_read(const struct pl031 *rtc, uint64_t now, uint64_t offset, unsigned size) {
    uint32_t low = read_register(rtc, now, offset & ~UINT64_C(3));
    if (size == 8) return low | (uint64_t)read_register(rtc, now, offset + 4) << 32;
    return regs_extract(low, offset, size);
}

void pl031_write(struct pl031 *rtc, uint64_t now, uint64_t offset, unsigned size, uint64_t value) {
    write_register(rtc, now, offset & ~UINT64_C(3), (uint32_t)value << regs_shift(offset),
                   regs_lanes(offset, size));
    if (size == 8) write_register(rtc, now, offset + 4, (uint32_t)(value >> 32), ~0u);
}
