/* SPDX-License-Identifier: BSD-2-Clause */
/* System registers, PSTATE masks and barriers, in the manual's spelling. */
#pragma once

#include <stdint.h>

#define sysreg_read(name)                                                                          \
    ({                                                                                             \
        uint64_t value_;                                                                           \
        __asm__ volatile("mrs %0, " #name : "=r"(value_)::"memory");                               \
        value_;                                                                                    \
    })

#define sysreg_write(name, value)                                                                  \
    ({                                                                                             \
        uint64_t write_ = (value);                                                                 \
        __asm__ volatile("msr " #name ", %0" ::"r"(write_) : "memory");                            \
    })

static inline void isb(void) { __asm__ volatile("isb" ::: "memory"); }

static inline void dsb(void) { __asm__ volatile("dsb sy" ::: "memory"); }

static inline void wfi(void) { __asm__ volatile("dsb sy\n\twfi" ::: "memory"); }

#define DAIF_I 0x80u
#define DAIF_F 0x40u

static inline void interrupts_unmask(void) { __asm__ volatile("msr daifclr, #3" ::: "memory"); }

static inline void interrupts_mask(void) { __asm__ volatile("msr daifset, #3" ::: "memory"); }

/* A bit field of a register: bits high..low. */
static inline uint64_t field(uint64_t value, unsigned high, unsigned low) {
    return value >> low & (~UINT64_C(0) >> (63 - (high - low)));
}
