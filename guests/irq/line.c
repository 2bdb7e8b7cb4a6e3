/* SPDX-License-Identifier: BSD-2-Clause */
/* A real level line: the UART's interrupt, which follows UARTMIS and nothing else. */
#include "irq.h"

#include "uart.h"

#include <stdio.h>

#define STUBBORN 20u

static const volatile struct gic_log *const taken = &gic_logs[0];

/* The transmit interrupt's condition, which a character that leaves brings about. */
static void raise_transmit(void) {
    uart_write(UARTIMSC, 0);
    uart_write(UARTICR, 0x7ff);
    uart_put('\r');
    TAP_TRUE(TIMER_WAIT((uart_read(UARTRIS) & UARTINT_TX) != 0, SOON_US));
}

static void hook_mask(unsigned intid) {
    if (intid == INTID_UART) uart_write(UARTIMSC, 0);
}

void line_transmit(void) {
    interrupts_unmask();
    gic_hook = hook_mask;
    gic_enable(INTID_UART);
    raise_transmit();
    irq_expect(0);
    uart_write(UARTIMSC, UARTINT_TX);
    irq_expect(1);
    TAP_EQUAL(taken->intid[0], INTID_UART);
    TAP_TRUE(!gic_pending(INTID_UART));
    uart_write(UARTIMSC, UARTINT_TX);
    irq_expect(2);
}

static void hook_stubborn(unsigned intid) {
    if (intid == INTID_UART && taken->count >= STUBBORN) uart_write(UARTICR, UARTINT_TX);
}

void line_stubborn(void) {
    gic_hook = hook_stubborn;
    raise_transmit();
    uart_write(UARTIMSC, UARTINT_TX);
    TAP_TRUE(gic_pending(INTID_UART));
    gic_unpend(INTID_UART); /* clears a latch, not a line */
    TAP_TRUE(gic_pending(INTID_UART));
    gic_enable(INTID_UART);
    interrupts_unmask();
    irq_expect(STUBBORN);
    TAP_TRUE(!gic_pending(INTID_UART));
    uart_write(UARTIMSC, 0);
}

static void hook_receive(unsigned intid) {
    while (intid == INTID_UART && (uart_read(UARTFR) & UARTFR_RXFE) == 0) (void)uart_read(UARTDR);
}

/* Needs a character from outside, after the line "# type a character"; if none comes in half a
 * second, the test is skipped. */
void line_receive(void) {
    gic_hook = hook_receive;
    hook_receive(INTID_UART); /* what came before counts for nothing */
    gic_enable(INTID_UART);
    uart_write(UARTICR, 0x7ff);
    uart_write(UARTIMSC, UARTINT_RX | UARTINT_TIMEOUT);
    interrupts_unmask();
    printf("# type a character\n");
    if (TIMER_WAIT(taken->count >= 1, 500000)) {
        TAP_EQUAL(taken->intid[0], INTID_UART);
        TAP_TRUE((uart_read(UARTFR) & UARTFR_RXFE) != 0);
        TAP_TRUE(TIMER_WAIT(!gic_pending(INTID_UART), SOON_US));
    } else if ((uart_read(UARTFR) & UARTFR_RXFE) == 0) {
        TAP_TRUE(taken->count >= 1); /* it came, but without its interrupt */
    } else {
        tap_skip("nobody typed");
    }
    uart_write(UARTIMSC, 0);
}
