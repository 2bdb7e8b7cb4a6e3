/* SPDX-License-Identifier: BSD-2-Clause */
/* Polled output on the PL011, and picolibc's stdout on top of it. One CPU at a time prints. */
#include "uart.h"

#include <stdio.h>

void uart_open(void) {
    uart_write(UARTCR, 0);
    uart_write(UARTIMSC, 0);
    uart_write(UARTICR, 0x7ff);
    uart_write(UARTLCR_H, UARTLCR_8N1 | UARTLCR_FIFO);
    uart_write(UARTCR, UARTCR_ENABLE);
}

void uart_put(char character) {
    while ((uart_read(UARTFR) & UARTFR_TXFF) != 0)
        ;
    uart_write(UARTDR, (uint8_t)character);
}

static int uart_put_stdout(char character, FILE *file) {
    (void)file;
    if (character == '\n') uart_put('\r');
    uart_put(character);
    return (unsigned char)character;
}

static FILE uart_file = FDEV_SETUP_STREAM(uart_put_stdout, NULL, NULL, _FDEV_SETUP_WRITE);
FILE *const stdout = &uart_file;
