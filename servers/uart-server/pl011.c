/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PL011 model: registers, FIFOs and interrupts of pl011.h. RIS holds latched bits: an event
 * sets a bit, ICR or the opposite event clears it. TX is set when a character leaves the FIFO and
 * no more than its level remain (DDI 0183, 2.8.2: "only set after written data leaves").
 */
#include "pl011.h"

#include <regs.h>

#define IDENTITY UINT64_C(0xb105f00d00141011) /* UARTPeriphID0-3, UARTPCellID0-3 */

static unsigned capacity(const struct pl011 *uart) {
    return (uart->lcr_h & PL011_LCR_H_FEN) != 0 ? PL011_FIFO : 1;
}

/* A FIFO's level in characters by IFLS, whose field for TX is at bit 0, for RX at bit 3: 1/8, 1/4,
 * 1/2, 3/4, 7/8; reserved values count as the last. */
static unsigned level(const struct pl011 *uart, unsigned shift) {
    static const uint8_t characters[8] = {2, 4, 8, 12, 14, 14, 14, 14};
    if (capacity(uart) == 1) return shift == 0 ? 0 : 1;
    return characters[uart->ifls >> shift & 7];
}

static void put(struct pl011_fifo *fifo, uint32_t character) {
    fifo->slot[(fifo->first + fifo->count++) % PL011_FIFO] = (uint16_t)character;
}

static uint16_t get(struct pl011_fifo *fifo) {
    uint16_t character = fifo->slot[fifo->first];
    fifo->first = (fifo->first + 1) % PL011_FIFO;
    fifo->count--;
    return character;
}

/* LBE also makes the modem's outputs its inputs: RTS is CTS, DTR DSR, Out1 DCD, Out2 RI. A change
 * of one is an interrupt: RIM, CTSM, DCDM, DSRM. */
static void set_flags(struct pl011 *uart) {
    uint32_t modem = (uart->cr & PL011_CR_LBE) != 0 ? uart->cr : 0;
    uint32_t fr = uart->tx.count == 0 ? PL011_FR_TXFE : PL011_FR_BUSY;
    fr |= uart->tx.count >= capacity(uart) ? PL011_FR_TXFF : 0;
    fr |= uart->rx.count >= capacity(uart) ? PL011_FR_RXFF : 0;
    fr |= uart->rx.count == 0 ? PL011_FR_RXFE : 0;
    fr |= (modem >> 11 & 1) | (modem >> 9 & 2) | (modem >> 10 & 4) | (modem >> 5 & 0x100);
    uint32_t changed = uart->fr ^ fr;
    uart->ris |= (changed >> 8 & 1) | (changed << 1 & 2) | (changed & 4) | (changed << 2 & 8);
    uart->fr = fr;
}

void pl011_reset(struct pl011 *uart) {
    *uart = (struct pl011){.cr = 0x300, .ifls = 0x12};
    set_flags(uart);
}

bool pl011_level(const struct pl011 *uart) { return (uart->ris & uart->imsc) != 0; }

bool pl011_accepts(const struct pl011 *uart) {
    return uart->rx.count < capacity(uart) && (uart->cr & PL011_CR_LBE) == 0;
}

void pl011_receive(struct pl011 *uart, uint16_t character) {
    uart->ris |= PL011_INT_RT;
    if (uart->rx.count >= capacity(uart)) {
        uart->overrun = PL011_DR_OE;
        uart->rsr |= PL011_DR_OE >> 8;
        uart->ris |= PL011_INT_OE;
        return;
    }
    put(&uart->rx, (character & 0xfff) | uart->overrun);
    uart->overrun = 0;
    uart->ris |= (character & 0xf00u) >> 1; /* the port's: OE, BE, PE, FE */
    uart->rsr |= (character & PL011_DR_OE) >> 8;
    if (uart->rx.count >= level(uart, 3)) uart->ris |= PL011_INT_RX;
    set_flags(uart);
}

int pl011_take(struct pl011 *uart) {
    if (uart->tx.count == 0) return -1;
    int character = get(&uart->tx);
    if (uart->tx.count <= level(uart, 0)) uart->ris |= PL011_INT_TX;
    set_flags(uart);
    return character;
}

static uint32_t read_data(struct pl011 *uart) {
    if (uart->rx.count == 0) return 0;
    uint32_t character = get(&uart->rx);
    uart->rsr = (uart->rsr & PL011_DR_OE >> 8) | character >> 8;
    if (uart->rx.count < level(uart, 3)) uart->ris &= ~PL011_INT_RX;
    if (uart->rx.count == 0) uart->ris &= ~PL011_INT_RT;
    set_flags(uart);
    return character;
}

static void write_data(struct pl011 *uart, uint8_t character) {
    if (uart->cr & PL011_CR_LBE) {
        pl011_receive(uart, character);
        uart->ris |= PL011_INT_TX;
    } else if (uart->tx.count < capacity(uart)) {
        put(&uart->tx, character);
        if (uart->tx.count > level(uart, 0)) uart->ris &= ~PL011_INT_TX;
    }
}

static uint32_t read_register(struct pl011 *uart, uint64_t offset) {
    switch (offset) {
    case PL011_DR: return read_data(uart);
    case PL011_RSR: return uart->rsr;
    case PL011_FR: return uart->fr;
    case PL011_ILPR: return uart->ilpr;
    case PL011_IBRD: return uart->ibrd;
    case PL011_FBRD: return uart->fbrd;
    case PL011_LCR_H: return uart->lcr_h;
    case PL011_CR: return uart->cr;
    case PL011_IFLS: return uart->ifls;
    case PL011_IMSC: return uart->imsc;
    case PL011_RIS: return uart->ris;
    case PL011_MIS: return uart->ris & uart->imsc;
    case PL011_DMACR: return uart->dmacr;
    default: return regs_identity(IDENTITY, offset);
    }
}

static void write_register(struct pl011 *uart, uint64_t offset, uint32_t value, uint32_t lanes) {
    switch (offset) {
    case PL011_DR:
        if ((lanes & 0xff) != 0) write_data(uart, (uint8_t)value);
        break;
    case PL011_RSR: uart->rsr = 0; break;
    case PL011_ILPR: regs_store(&uart->ilpr, value, lanes & 0xff); break;
    case PL011_IBRD: regs_store(&uart->ibrd, value, lanes & 0xffff); break;
    case PL011_FBRD: regs_store(&uart->fbrd, value, lanes & 0x3f); break;
    case PL011_LCR_H: regs_store(&uart->lcr_h, value, lanes & 0xff); break;
    case PL011_CR: regs_store(&uart->cr, value, lanes & 0xff87); break;
    case PL011_IFLS: regs_store(&uart->ifls, value, lanes & 0x3f); break;
    case PL011_IMSC: regs_store(&uart->imsc, value, lanes & 0x7ff); break;
    case PL011_ICR: uart->ris &= ~(value & lanes); break;
    case PL011_DMACR: regs_store(&uart->dmacr, value, lanes & 0x7); break;
    }
    set_flags(uart); /* of what FIFOs hold, and can hold, and of the modem */
}

uint64_t pl011_read(struct pl011 *uart, uint64_t offset, unsigned size) {
    uint32_t low = read_register(uart, offset & ~UINT64_C(3));
    if (size == 8) return low | (uint64_t)read_register(uart, offset + 4) << 32;
    return regs_extract(low, offset, size);
}

void pl011_write(struct pl011 *uart, uint64_t offset, unsigned size, uint64_t value) {
    write_register(uart, offset & ~UINT64_C(3), (uint32_t)value << regs_shift(offset),
                   regs_lanes(offset, size));
    if (size == 8) write_register(uart, offset + 4, (uint32_t)(value >> 32), ~0u);
}
