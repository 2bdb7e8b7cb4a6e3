/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Three function ids of PSCI, and the only SMC instruction of the kernel.
 */
#include "firmware.h"

#include "sysreg.h"

#define PSCI_CPU_ON     0xc4000003
#define PSCI_SYSTEM_OFF 0x84000008

static __attribute__((noinline)) int64_t firmware_call(uint64_t function, uint64_t a1, uint64_t a2,
                                                       uint64_t a3) {
    register uint64_t x0 __asm__("x0") = function;
    register uint64_t x1 __asm__("x1") = a1;
    register uint64_t x2 __asm__("x2") = a2;
    register uint64_t x3 __asm__("x3") = a3;
    /* SMCCC 1.0: x4..x17 are the callee's to change. */
    __asm__ volatile("smc #0"
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
                     :
                     : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15",
                       "x16", "x17", "memory");
    return (int64_t)x0;
}

int64_t firmware_cpu_on(uint64_t mpidr, uint64_t entry, uint64_t argument) {
    return firmware_call(PSCI_CPU_ON, mpidr, entry, argument);
}

_Noreturn void firmware_off(void) {
    (void)firmware_call(PSCI_SYSTEM_OFF, 0, 0, 0);
    for (;;) wfi(); /* the firmware did not: nothing is left to do */
}
