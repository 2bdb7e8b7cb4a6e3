/* SPDX-License-Identifier: BSD-2-Clause */
/* PSCI by HVC (SMCCC: x0 to x3 in and out, x4 to x17 kept since version 1.1, not before). */
#include "psci.h"

#include "sysreg.h"

int64_t psci_call(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3) {
    register uint64_t r0 __asm__("x0") = function;
    register uint64_t r1 __asm__("x1") = a1;
    register uint64_t r2 __asm__("x2") = a2;
    register uint64_t r3 __asm__("x3") = a3;
    __asm__ volatile("hvc #0"
                     : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3)
                     :
                     : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15",
                       "x16", "x17", "memory");
    return (int64_t)r0;
}

_Noreturn void psci_system_off(void) {
    psci_call(PSCI_SYSTEM_OFF, 0, 0, 0);
    for (;;) wfi();
}
