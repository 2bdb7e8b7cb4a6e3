/* SPDX-License-Identifier: BSD-2-Clause */
/* The PL011: polled output for stdout, and the registers that interrupt tests touch themselves. */
#pragma once

#include "mmio.h"
#include "platform.h"

/* Arm DDI 0183, table 3-1 */
enum uart_register {
    UARTDR = 0x00,
    UARTFR = 0x18,
    UARTLCR_H = 0x2c,
    UARTCR = 0x30,
    UARTIFLS = 0x34,
    UARTIMSC = 0x38,
    UARTRIS = 0x3c,
    UARTMIS = 0x40,
    UARTICR = 0x44,
};

#define UARTFR_RXFE     0x10u
#define UARTFR_TXFF     0x20u
#define UARTFR_TXFE     0x80u
#define UARTFR_BUSY     0x08u
#define UARTINT_RX      0x10u
#define UARTINT_TX      0x20u
#define UARTINT_TIMEOUT 0x40u
#define UARTLCR_8N1     0x60u
#define UARTLCR_FIFO    0x10u
#define UARTCR_ENABLE   0x301u /* UARTEN, TXE, RXE */

static inline uint32_t uart_read(enum uart_register offset) {
    return mmio_read32(UART_BASE + offset);
}

static inline void uart_write(enum uart_register offset, uint32_t value) {
    mmio_write32(UART_BASE + offset, value);
}

/* Before the first output: FIFOs on, all interrupts masked. */
void uart_open(void);

/* Waits for room, then sends one character as it is. */
void uart_put(char character);
