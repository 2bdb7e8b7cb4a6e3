/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registers of 32 bits behind accesses of 1, 2, 4 or 8 bytes (pure). An access of up to 4 bytes
 * touches some byte lanes of one register, as on a bus with write strobes. An access of 8 bytes is
 * two of 4, the lower first, as a bridge from a wider bus splits it. Offsets are in bytes and
 * aligned to the size. The server gives an abort to what regs_aligned refuses: on Device memory
 * that is an Alignment fault already (Arm ARM B2.7.2), so no driver relies on an answer.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

static inline bool regs_aligned(uint64_t offset, unsigned size) {
    return (offset & (size - 1)) == 0;
}

/* The bit of the register that is the access's bit 0. */
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

/* Reads the eight identification registers of an Arm PrimeCell: a byte of `bytes` each, the first
 * is the lowest. 0 at any other offset. */
static inline uint32_t regs_identity(uint64_t bytes, uint64_t offset) {
    return offset - 0xfe0 < 0x20 ? (uint32_t)(bytes >> (offset - 0xfe0) / 4 * 8 & 0xff) : 0;
}
