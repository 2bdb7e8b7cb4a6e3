/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One PL011 as a guest sees it (pure): DDI 0183, chapter 3. It is kinder than the manual: it sends
 * and receives without UARTEN, TXE and RXE, as QEMU's does, keeps characters when FEN changes, ends
 * the receive timeout at once. It sends no break, and its modem inputs are connected to nothing but
 * LBE's loop. Reserved bits are zero and ignore writes.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <pl011_regs.h>

#define PL011_FIFO 16u

struct pl011_fifo {
    uint8_t first, count;
    uint16_t slot[PL011_FIFO]; /* as in DR: data and, if received, error bits */
};

struct pl011 {
    uint32_t fr, ris, imsc, cr; /* fr follows the FIFOs: most accesses only read it */
    uint32_t rsr, ilpr, ibrd, fbrd, lcr_h, ifls, dmacr;
    uint32_t overrun; /* DR.OE, to go with the next character received, or 0 */
    bool line;        /* main.c's: the level that the kernel was last told */
    struct pl011_fifo rx, tx;
} __attribute__((aligned(128))); /* a VM's number is scaled by a shift */

void pl011_reset(struct pl011 *uart);

/* One access of 1 to 8 bytes, aligned to its size; see libvmm/regs.h for the lanes. A write to DR
 * puts a character into the transmit FIFO, or loses it if that is full. */
uint64_t pl011_read(struct pl011 *uart, uint64_t offset, unsigned size);
void pl011_write(struct pl011 *uart, uint64_t offset, unsigned size, uint64_t value);

/* The wire. pl011_receive takes a character with error bits as in DR, which is not lost if
 * pl011_accepts was true before. pl011_take gives the next character to send, or -1. */
bool pl011_accepts(const struct pl011 *uart);
void pl011_receive(struct pl011 *uart, uint16_t character);
int pl011_take(struct pl011 *uart);

/* The combined interrupt output, UARTINTR. */
bool pl011_level(const struct pl011 *uart);
