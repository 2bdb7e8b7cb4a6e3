/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Device accesses by one plain load or store each: no compiler may turn them into a pair or a
 * write-back form, which would test another path than the caller means.
 */
#pragma once

#include <stdint.h>

#define MMIO_ACCESSORS(bits, suffix, register)                                                     \
    static inline uint##bits##_t mmio_read##bits(uint64_t address) {                               \
        uint##bits##_t value;                                                                      \
        __asm__ volatile("ldr" suffix " %" register "0, [%1]"                                      \
                         : "=r"(value)                                                             \
                         : "r"(address)                                                            \
                         : "memory");                                                              \
        return value;                                                                              \
    }                                                                                              \
    static inline void mmio_write##bits(uint64_t address, uint##bits##_t value) {                  \
        __asm__ volatile("str" suffix " %" register "0, [%1]" ::"r"(value), "r"(address)           \
                         : "memory");                                                              \
    }

MMIO_ACCESSORS(8, "b", "w")
MMIO_ACCESSORS(16, "h", "w")
MMIO_ACCESSORS(32, "", "w")
MMIO_ACCESSORS(64, "", "x")
