/* SPDX-License-Identifier: BSD-2-Clause */
/* The virtual timer and counter, and waiting with a limit. Times in ticks of CNTVCT_EL0. */
#pragma once

#include "sysreg.h"

#include <stdbool.h>

#define TIMER_ENABLE  1u
#define TIMER_IMASK   2u
#define TIMER_ISTATUS 4u

static inline uint64_t timer_now(void) {
    isb(); /* CNTVCT may be read early otherwise, Arm ARM D11.2.1 */
    return sysreg_read(cntvct_el0);
}

static inline uint64_t timer_ticks(uint64_t microseconds) {
    return sysreg_read(cntfrq_el0) * microseconds / 1000000;
}

static inline void timer_set(uint64_t deadline, unsigned control) {
    sysreg_write(cntv_cval_el0, deadline);
    sysreg_write(cntv_ctl_el0, control);
    isb();
}

static inline void timer_off(void) {
    sysreg_write(cntv_ctl_el0, 0);
    isb();
}

/* Spins until `condition` holds, at most `microseconds`; whether it did. The clock is read first,
 * so that a CPU that its host took away for long still looks once more. Without the YIELD, QEMU's
 * other CPUs would wait for the end of this one's turn under -icount. */
#define TIMER_WAIT(condition, microseconds)                                                        \
    ({                                                                                             \
        uint64_t end_ = timer_now() + timer_ticks(microseconds);                                   \
        bool over_, holds_;                                                                        \
        do {                                                                                       \
            over_ = timer_now() >= end_;                                                           \
            holds_ = (condition);                                                                  \
            __asm__ volatile("yield");                                                             \
        } while (!holds_ && !over_);                                                               \
        holds_;                                                                                    \
    })

static inline void timer_spin(uint64_t microseconds) { (void)TIMER_WAIT(false, microseconds); }
