/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The frame round a guest's main: start.S comes here with the MMU on, and when main returns the
 * machine goes off.
 */
#include "guest.h"
#include "psci.h"
#include "uart.h"

_Noreturn void guest_main(void) {
    uart_open();
    main();
    while ((uart_read(UARTFR) & UARTFR_BUSY) != 0)
        ;
    psci_system_off();
}
