/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registers of 32 bits behind accesses of 1, 2, 4 or 8 bytes (pure). An access of up to 4 bytes
 * touches some byte lanes of one register, as on a bus with write strobes; one of 8 bytes is two of
 * 4, the lower first, which is what a bridge from a wider bus makes of it. Offsets are in bytes and
 * aligned to the size. What regs_aligned refuses gets an abort: on Device memory it would have been
 * an Alignment fault (Arm ARM B2.7.2), so no driver relies on an answer.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

static inline bool regs_aligned(uint64_t offset, unsigned size) {
    return (offset & (size - 1)) == 0;
}

/* How far the access's bit 0 is up in its register. */
static inline unsigned regs_shift(uint64_t offset) { return (unsigned)(offset & 3) * 8; }

/* The bits of the register at offset & ~3 that the access touches. */
static inline uint32_t regs_lanes(uint64_t offset, unsigned size) {
    return size >= 4 ? ~0u : ((1u << size * 8) - 1) << regs_shift(offset);
}

/* What an access of up to 4 bytes reads, given its whole register. */
static inline uint32_t regs_extract(uint32_t reg, uint64_t offset, unsigned size) {
    return (reg & regs_lanes(offset, size)) >> regs_shift(offset);
}

/* A write: only the bits in `mask`, which are both touched and writable, change. */
static inline void regs_store(uint32_t *reg, uint32_t value, uint32_t mask) {
    *reg = (*reg & ~mask) | (value & mask);
}

/* The eight identification registers of an Arm PrimeCell, a byte each and the first one lowest;
 * elsewhere 0. */
static inline uint32_t regs_identity(uint64_t bytes, uint64_t offset) {
    return offset - 0xfe0 < 0x20 ? (uint32_t)(bytes >> (offset - 0xfe0) / 4 * 8 & 0xff) : 0;
}
