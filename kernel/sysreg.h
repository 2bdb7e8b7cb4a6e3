/* SPDX-License-Identifier: BSD-2-Clause */
/* System registers in the manual's spelling, barriers, and the architecture's numbers. Section
 * numbers are those of the Arm ARM, issue I.a (DDI 0487I.a), here and elsewhere. Registers that
 * binutils 2.40 does not know for armv8-a are named by their encoding. */
#pragma once

#include <stdint.h>

#define SYSREG_STRING_(name) #name
#define SYSREG_STRING(name)  SYSREG_STRING_(name)

#define SYSREG_READ_(name, note)                                                                   \
    ({                                                                                             \
        uint64_t sysreg_value_;                                                                    \
        __asm__ volatile("1: mrs %0, " SYSREG_STRING(name) note : "=r"(sysreg_value_));            \
        sysreg_value_;                                                                             \
    })
#define SYSREG_WRITE_(name, value, note)                                                           \
    __asm__ volatile("1: msr " SYSREG_STRING(name) ", %x0" note                                    \
                     :                                                                             \
                     : "rZ"((uint64_t)(value))                                                     \
                     : "memory")

#define READ_SYSREG(name)         SYSREG_READ_(name, "")
#define WRITE_SYSREG(name, value) SYSREG_WRITE_(name, value, "")
#define ID_FIELD(name, low)       (READ_SYSREG(name) >> low & 0xf)

/* A guest's register that EL2 reaches by the name of its own with HCR_EL2.E2H=1: sctlr_el1 stands
 * for SCTLR_EL12 then, cntv_ctl_el0 for CNTV_CTL_EL02 (D13.1.4). These differ in op1 only, which
 * vcpu_init writes into the instructions listed in .spelled. */
#define SPELLED_                  "\n .pushsection .spelled, \"a\"\n .word 1b - .\n .popsection"
#define READ_GUEST(name)          SYSREG_READ_(name, SPELLED_)
#define WRITE_GUEST(name, value)  SYSREG_WRITE_(name, value, SPELLED_)

#define isb()                     __asm__ volatile("isb" ::: "memory")
#define dsb(dom)                  __asm__ volatile("dsb " #dom ::: "memory")
#define wfe()                     __asm__ volatile("wfe" ::: "memory")
#define wfi()                     __asm__ volatile("wfi" ::: "memory")
/* The news first, then the event. */
#define sev()                     __asm__ volatile("dsb ishst\n sev" ::: "memory")

/* Of tables: a field, of a register or another word, as a mask of its bits; and a number. */
#define FIELD(type, name, bit, width)                                                              \
    static const type name = ((UINT64_C(1) << (width)) - 1) << (bit);
#define NUMBER(name, value) enum { name = (value) };
#include "sysreg.def"

static inline uint32_t field_get(uint64_t value, uint64_t field) {
    return (uint32_t)((value & field) >> __builtin_ctzll(field));
}
