/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System registers in the manual's spelling, barriers, and the bits that the kernel sets. Section
 * numbers are those of the Arm ARM (DDI 0487). Registers that binutils 2.40 does not know for
 * armv8-a are named by their encoding.
 */
#pragma once

#include <stdint.h>

#define SYSREG_STRING_(name) #name
#define SYSREG_STRING(name)  SYSREG_STRING_(name)

#define READ_SYSREG(name)                                                                          \
    ({                                                                                             \
        uint64_t sysreg_value_;                                                                    \
        __asm__ volatile("mrs %0, " SYSREG_STRING(name) : "=r"(sysreg_value_));                    \
        sysreg_value_;                                                                             \
    })

#define WRITE_SYSREG(name, value)                                                                  \
    __asm__ volatile("msr " SYSREG_STRING(name) ", %x0" : : "rZ"((uint64_t)(value)) : "memory")

#define isb()    __asm__ volatile("isb" ::: "memory")
#define dsb(dom) __asm__ volatile("dsb " #dom ::: "memory")
#define wfe()    __asm__ volatile("wfe" ::: "memory")
#define wfi()    __asm__ volatile("wfi" ::: "memory")
#define sev()                                                                                      \
    __asm__ volatile("dsb ishst\n sev" ::                                                          \
                         : "memory") /* the news first, then the event                             \
                                      */

/* The guest's EL1 registers as EL2 names them with HCR_EL2.E2H=1 (D13.1.4). */
#define sctlr_el12      S3_5_C1_C0_0
#define cpacr_el12      S3_5_C1_C0_2
#define ttbr0_el12      S3_5_C2_C0_0
#define ttbr1_el12      S3_5_C2_C0_1
#define tcr_el12        S3_5_C2_C0_2
#define spsr_el12       S3_5_C4_C0_0
#define elr_el12        S3_5_C4_C0_1
#define afsr0_el12      S3_5_C5_C1_0
#define afsr1_el12      S3_5_C5_C1_1
#define esr_el12        S3_5_C5_C2_0
#define far_el12        S3_5_C6_C0_0
#define mair_el12       S3_5_C10_C2_0
#define amair_el12      S3_5_C10_C3_0
#define vbar_el12       S3_5_C12_C0_0
#define contextidr_el12 S3_5_C13_C0_1
#define cntkctl_el12    S3_5_C14_C1_0
#define cntp_ctl_el02   S3_5_C14_C2_1
#define cntp_cval_el02  S3_5_C14_C2_2
#define cntv_ctl_el02   S3_5_C14_C3_1
#define cntv_cval_el02  S3_5_C14_C3_2
#define ttbr1_el2       S3_4_C2_C0_1

/* HCR_EL2, D17.2.48 */
#define HCR_VM          (UINT64_C(1) << 0)
#define HCR_SWIO        (UINT64_C(1) << 1)
#define HCR_FMO         (UINT64_C(1) << 3)
#define HCR_IMO         (UINT64_C(1) << 4)
#define HCR_AMO         (UINT64_C(1) << 5)
#define HCR_FB          (UINT64_C(1) << 9)
#define HCR_BSU_IS      (UINT64_C(1) << 10)
#define HCR_DC          (UINT64_C(1) << 12)
#define HCR_TWI         (UINT64_C(1) << 13)
#define HCR_TWE         (UINT64_C(1) << 14)
#define HCR_TID1        (UINT64_C(1) << 16)
#define HCR_TID2        (UINT64_C(1) << 17)
#define HCR_TID3        (UINT64_C(1) << 18)
#define HCR_TSC         (UINT64_C(1) << 19)
#define HCR_TIDCP       (UINT64_C(1) << 20)
#define HCR_TACR        (UINT64_C(1) << 21)
#define HCR_TSW         (UINT64_C(1) << 22)
#define HCR_TPCP        (UINT64_C(1) << 23)
#define HCR_TPU         (UINT64_C(1) << 24)
#define HCR_TTLB        (UINT64_C(1) << 25)
#define HCR_TVM         (UINT64_C(1) << 26)
#define HCR_TGE         (UINT64_C(1) << 27)
#define HCR_TDZ         (UINT64_C(1) << 28)
#define HCR_TRVM        (UINT64_C(1) << 30)
#define HCR_RW          (UINT64_C(1) << 31)
#define HCR_E2H         (UINT64_C(1) << 34)
#define HCR_TLOR        (UINT64_C(1) << 35)
#define HCR_TERR        (UINT64_C(1) << 36)
#define HCR_APK         (UINT64_C(1) << 40)
#define HCR_API         (UINT64_C(1) << 41)

/* PSTATE as SPSR_EL2 holds it, C5.2.19 */
#define SPSR_EL0T       UINT64_C(0x0)
#define SPSR_EL1T       UINT64_C(0x4)
#define SPSR_EL1H       UINT64_C(0x5)
#define SPSR_EL2T       UINT64_C(0x8)
#define SPSR_DAIF       UINT64_C(0x3c0)

#define ESR_IL          (UINT64_C(1) << 25) /* a 32-bit instruction */

/* Exception classes of ESR_EL2, D17.2.37; access.h has those of aborts */
enum {
    EC_WFX = 0x01,
    EC_SVC64 = 0x15,
    EC_HVC64 = 0x16,
    EC_SMC64 = 0x17,
    EC_SYSREG = 0x18,
    EC_FETCH_LOWER = 0x20,
    EC_DATA_LOWER = 0x24,
    EC_COUNT = 64
};
