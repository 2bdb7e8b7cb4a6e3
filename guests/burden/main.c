/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * burden: vCPU 1's access kills a server of 16 MiB, and the CPU makes that anew. Meanwhile vCPU 0
 * wants to know what is in vCPU 1's list registers, and does not wait for the server. Run under
 * -icount: 1 ns is an instruction.
 */
#include "gic.h"
#include "guest.h"
#include "mmio.h"
#include "smp.h"
#include "tap.h"
#include "timer.h"

#include <stdio.h>

#define BURDEN  0x0a000000ul
#define SPI     40u
#define LONGEST 200u /* microseconds */

static volatile bool dying;

static void kill_it(uint64_t argument) {
    dying = true;
    mmio_write64(BURDEN, argument);
}

static void not_kept_waiting(void) {
    uint64_t worst = 0;
    unsigned looks = 0;
    gic_open();
    TAP_TRUE(smp_start());
    gic_route(SPI, smp_affinity(1));
    gic_enable(SPI);
    TAP_TRUE(smp_call(1, kill_it, 0));
    while (!dying) {}
    for (; !smp_idle(1); looks++) {
        gic_pend(SPI);
        uint64_t start = timer_now();
        (void)gicd_read(GICD_ISPENDR + SPI / 32 * 4);
        uint64_t time = timer_now() - start;
        if (time > worst) worst = time;
    }
    printf("# looked %u times, at most %u us\n", looks, (unsigned)(worst / timer_ticks(1)));
    TAP_TRUE(looks > 10);
    TAP_TRUE(worst < timer_ticks(LONGEST));
}

static void made_anew(void) { TAP_EQUAL(mmio_read64(BURDEN), 2u << 8); }

static const struct tap_test tests[] = {
    {"a CPU that makes a server anew answers others", not_kept_waiting},
    {"the server is as at first",                     made_anew       },
};

int main(void) {
    TAP_RUN(tests);
    return 0;
}
