/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PL011 model: registers, FIFOs and interrupts of pl011.h. RIS holds latched bits: an event
 * sets one, ICR or the opposite event clears it. The transmit interrupt is set whenever a character
 * leaves the FIFO at or below its level (DDI 0183, 2.8.2: "only set after written data leaves").
 */
#include "pl011.h"

#include <regs.h>

static const uint8_t id[8] = {0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

static unsigned capacity(const struct pl011 *uart) {
    return uart->lcr_h & PL011_LCR_H_FEN ? PL011_FIFO : 1;
}

/* IFLS: 1/8, 1/4, 1/2, 3/4, 7/8 of the FIFO; the reserved values count as 7/8. */
static unsigned level(unsigned select) {
    static const uint8_t characters[8] = {2, 4, 8, 12, 14, 14, 14, 14};
    return characters[select & 7];
}

static unsigned rx_level(const struct pl011 *uart) {
    return uart->lcr_h & PL011_LCR_H_FEN ? level(uart->ifls >> 3) : 1;
}

static unsigned tx_level(const struct pl011 *uart) {
    return uart->lcr_h & PL011_LCR_H_FEN ? level(uart->ifls) : 0;
}

static void set_flags(struct pl011 *uart) {
    unsigned fr = uart->tx_count == 0 ? PL011_FR_TXFE : PL011_FR_BUSY;

    fr |= uart->tx_count >= capacity(uart) ? PL011_FR_TXFF : 0;
    fr |= uart->rx_count >= capacity(uart) ? PL011_FR_RXFF : 0;
    fr |= uart->rx_count == 0 ? PL011_FR_RXFE : 0;
    uart->fr = (uint16_t)fr;
}

void pl011_reset(struct pl011 *uart) {
    *uart = (struct pl011){.cr = 0x300, .ifls = 0x12};
    set_flags(uart);
}

bool pl011_accepts(const struct pl011 *uart) {
    return uart->rx_count < capacity(uart) && (uart->cr & PL011_CR_LBE) == 0;
}

void pl011_receive(struct pl011 *uart, uint16_t character) {
    if (uart->rx_count >= capacity(uart)) {
        uart->overrun = true;
        uart->rsr |= PL011_DR_OE >> 8;
        uart->ris |= PL011_INT_OE;
        return;
    }
    if (uart->overrun) character |= PL011_DR_OE;
    uart->overrun = false;
    uart->rx[(uart->rx_first + uart->rx_count++) % PL011_FIFO] = character & 0xfff;
    uart->ris |= (uint16_t)((character & 0x700) >> 1); /* FE, PE, BE */
    if (uart->rx_count >= rx_level(uart)) uart->ris |= PL011_INT_RX;
    set_flags(uart);
}

void pl011_idle(struct pl011 *uart) {
    if (uart->rx_count > 0) uart->ris |= PL011_INT_RT;
}

int pl011_take(struct pl011 *uart) {
    if (uart->tx_count == 0) return -1;
    uint8_t character = uart->tx[uart->tx_first];
    uart->tx_first = (uart->tx_first + 1) % PL011_FIFO;
    uart->tx_count--;
    if (uart->tx_count <= tx_level(uart)) uart->ris |= PL011_INT_TX;
    set_flags(uart);
    return character;
}

static uint32_t read_data(struct pl011 *uart) {
    if (uart->rx_count == 0) return 0;
    uint16_t character = uart->rx[uart->rx_first];
    uart->rx_first = (uart->rx_first + 1) % PL011_FIFO;
    uart->rx_count--;
    uart->rsr = (uint16_t)((uart->rsr & PL011_DR_OE >> 8) | character >> 8);
    if (uart->rx_count < rx_level(uart)) uart->ris &= (uint16_t)~PL011_INT_RX;
    if (uart->rx_count == 0) uart->ris &= (uint16_t)~PL011_INT_RT;
    set_flags(uart);
    return character;
}

static void write_data(struct pl011 *uart, uint8_t character) {
    if (uart->cr & PL011_CR_LBE) {
        pl011_receive(uart, character);
        pl011_idle(uart);
        uart->ris |= PL011_INT_TX;
    } else if (uart->tx_count < capacity(uart)) {
        uart->tx[(uart->tx_first + uart->tx_count++) % PL011_FIFO] = character;
        if (uart->tx_count > tx_level(uart)) uart->ris &= (uint16_t)~PL011_INT_TX;
        set_flags(uart);
    }
}

struct stored {
    uint16_t *reg; /* null: not one of these */
    uint16_t writable;
};

/* The registers that read as what was written to them. */
static struct stored stored(struct pl011 *uart, uint64_t offset) {
    switch (offset) {
    case PL011_ILPR: return (struct stored){&uart->ilpr, 0xff};
    case PL011_IBRD: return (struct stored){&uart->ibrd, 0xffff};
    case PL011_FBRD: return (struct stored){&uart->fbrd, 0x3f};
    case PL011_LCR_H: return (struct stored){&uart->lcr_h, 0xff};
    case PL011_CR: return (struct stored){&uart->cr, 0xff87};
    case PL011_IFLS: return (struct stored){&uart->ifls, 0x3f};
    case PL011_IMSC: return (struct stored){&uart->imsc, 0x7ff};
    case PL011_DMACR: return (struct stored){&uart->dmacr, 0x7};
    default: return (struct stored){0, 0};
    }
}

static uint32_t read_register(struct pl011 *uart, uint64_t offset) {
    struct stored plain = stored(uart, offset);

    if (plain.reg) return *plain.reg;
    if (offset >= PL011_ID && offset < PL011_ID + sizeof(id) * 4)
        return id[(offset - PL011_ID) / 4];
    switch (offset) {
    case PL011_DR: return read_data(uart);
    case PL011_RSR: return uart->rsr;
    case PL011_FR: return uart->fr;
    case PL011_RIS: return uart->ris;
    case PL011_MIS: return uart->ris & uart->imsc;
    default: return 0;
    }
}

static void write_register(struct pl011 *uart, uint64_t offset, uint32_t value, uint32_t lanes) {
    struct stored plain = stored(uart, offset);

    if (plain.reg) {
        *plain.reg = (uint16_t)regs_merge(*plain.reg, value, lanes, plain.writable);
        set_flags(uart); /* LCR_H.FEN is the FIFOs' capacity */
    } else if (offset == PL011_DR && (lanes & 0xff) != 0) {
        write_data(uart, (uint8_t)value);
    } else if (offset == PL011_RSR) {
        uart->rsr = 0;
    } else if (offset == PL011_ICR) {
        uart->ris &= (uint16_t) ~(value & lanes);
    }
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
