/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One PL011 as a guest sees it (pure): registers of the Arm PrimeCell UART (PL011) Technical
 * Reference Manual, DDI 0183, chapter 3. main.c passes accesses in and carries characters to and
 * from the physical port. Where this model is kinder than the manual: it sends and receives without
 * UARTEN, TXE and RXE, as QEMU's does, keeps characters when FEN changes, and the modem inputs are
 * not connected. Reserved registers and bits read as zero and ignore writes.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum pl011_register {
    PL011_DR = 0x000,
    PL011_RSR = 0x004, /* ECR when written */
    PL011_FR = 0x018,
    PL011_ILPR = 0x020,
    PL011_IBRD = 0x024,
    PL011_FBRD = 0x028,
    PL011_LCR_H = 0x02c,
    PL011_CR = 0x030,
    PL011_IFLS = 0x034,
    PL011_IMSC = 0x038,
    PL011_RIS = 0x03c,
    PL011_MIS = 0x040,
    PL011_ICR = 0x044,
    PL011_DMACR = 0x048,
    PL011_ID = 0xfe0, /* eight registers of one byte */
};

#define PL011_FR_BUSY   0x08u
#define PL011_FR_RXFE   0x10u
#define PL011_FR_TXFF   0x20u
#define PL011_FR_RXFF   0x40u
#define PL011_FR_TXFE   0x80u
#define PL011_LCR_H_FEN 0x10u
#define PL011_CR_LBE    0x80u
#define PL011_INT_RX    0x10u
#define PL011_INT_TX    0x20u
#define PL011_INT_RT    0x40u
#define PL011_INT_OE    0x400u
#define PL011_DR_OE     0x800u
#define PL011_FIFO      16u

struct pl011 {
    uint16_t fr, ris, imsc, cr; /* fr follows the FIFOs: most accesses only read it */
    bool line;                  /* the level that was last told to the kernel */
    bool overrun;               /* the next character received carries DR.OE */
    uint8_t rx_first, rx_count, tx_first, tx_count;
    uint16_t rsr, ilpr, ibrd, fbrd, lcr_h, ifls, dmacr;
    uint16_t rx[PL011_FIFO]; /* as read from DR: data and error bits */
    uint8_t tx[PL011_FIFO];
} __attribute__((aligned(128))); /* a VM's number is scaled by a shift */

void pl011_reset(struct pl011 *uart);

/* One access of 1 to 8 bytes, aligned to its size; see libvmm/regs.h for the lanes. A write to DR
 * puts a character into the transmit FIFO, or loses it if that is full. */
uint64_t pl011_read(struct pl011 *uart, uint64_t offset, unsigned size);
void pl011_write(struct pl011 *uart, uint64_t offset, unsigned size, uint64_t value);

/* The wire. `accepts`: a character given to `receive` now will not be lost. `idle`: nothing follows
 * for now, which is the receive timeout. `take`: the next character to send, or -1. */
bool pl011_accepts(const struct pl011 *uart);
void pl011_receive(struct pl011 *uart, uint16_t character);
void pl011_idle(struct pl011 *uart);
int pl011_take(struct pl011 *uart);

/* The combined interrupt output, UARTINTR. */
static inline bool pl011_level(const struct pl011 *uart) { return (uart->ris & uart->imsc) != 0; }
