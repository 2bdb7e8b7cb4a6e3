/* SPDX-License-Identifier: BSD-2-Clause */
/* Wakes from WFI twice in each of the kernel's ticks, and echoes what is typed. */
#include "gic.h"
#include "guest.h"
#include "timer.h"
#include "uart.h"

#include <stdio.h>

#define RXFE 0x10u /* of UARTFR */

static void hook_stop(unsigned intid) {
    (void)intid;
    timer_off();
}

int main(void) {
    gic_open();
    gic_open_cpu();
    gic_hook = hook_stop;
    gic_enable(INTID_VTIMER);
    interrupts_unmask();
    printf("ready\n");
    for (uint32_t got = 0; got != '.';) {
        timer_set(timer_now() + timer_ticks(500), TIMER_ENABLE);
        wfi();
        while ((uart_read(UARTFR) & RXFE) == 0) {
            got = uart_read(UARTDR) & 0xff;
            uart_put((char)got);
        }
    }
    interrupts_mask();
    return 0;
}
