/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rows of table.h (DDI 0183, chapter 3). What has none reads as zero and ignores writes.
 */
#include "table.h"

enum row { DR, RSR, FR = 6, ILPR = 8, IBRD, FBRD, LCR_H, CR, IFLS, IMSC, RIS, MIS, ICR, DMACR };

/* Bits that read as what was written, and what they are after reset. */
static const uint32_t writable[TABLE_ROWS] = {
    [ILPR] = 0x00ff, [IBRD] = 0xffff, [FBRD] = 0x003f, [LCR_H] = 0x00ff,
    [CR] = 0xff87,   [IFLS] = 0x003f, [IMSC] = 0x07ff, [DMACR] = 0x0007,
};
static const struct table reset = {
    .reg = {[CR] = 0x300, [IFLS] = 0x12}
};

#define OE   (1u << 11) /* DR; 8 bits lower in RSR */
#define FEN  (1u << 4)  /* LCR_H */
#define LBE  (1u << 7)  /* CR */
#define RXIS (1u << 4)  /* RIS, IMSC, MIS, ICR */
#define TXIS (1u << 5)
#define RTIS (1u << 6)
#define OEIS (1u << 10)

static uint32_t held(const struct ring *ring) { return ring->put - ring->got; }

static uint32_t depth(const struct table *table) {
    return (table->reg[LCR_H] & FEN) != 0 ? TABLE_FIFO : 1;
}

/* The trigger level in IFLS at bit `shift`, in characters: 1, 2, 4, 6 and 7 eighths of the FIFO.
 * Without FIFOs the receiver's level is its one character, the transmitter's none. */
static uint32_t trigger(const struct table *table, unsigned shift) {
    uint32_t select = table->reg[IFLS] >> shift & 7;
    if ((table->reg[LCR_H] & FEN) == 0) return shift == 0 ? 0 : 1;
    if (select > 3) return TABLE_FIFO * 7 / 8;
    return select == 3 ? TABLE_FIFO * 6 / 8 : TABLE_FIFO / 8 << select;
}

static void raise(struct table *table, uint32_t interrupts, bool condition) {
    table->reg[RIS] |= condition ? interrupts : 0;
}

static void lower(struct table *table, uint32_t interrupts, bool condition) {
    table->reg[RIS] &= condition ? ~interrupts : ~0u;
}

void table_reset(struct table *table) { *table = reset; }

bool table_level(const struct table *table) { return (table->reg[RIS] & table->reg[IMSC]) != 0; }

bool table_accepts(const struct table *table) {
    return (table->reg[CR] & LBE) == 0 && held(&table->in) < depth(table);
}

void table_receive(struct table *table, uint16_t character) {
    bool room = held(&table->in) < depth(table);
    if (room) table->in.slot[table->in.put++ % TABLE_FIFO] = (character & 0xfff) | table->overrun;
    table->overrun = room ? 0 : OE;
    table->reg[RSR] |= (table->overrun | (room ? character & OE : 0)) >> 8;
    raise(table, OEIS, !room);
    raise(table, (uint32_t)character >> 1 & 0x780, room); /* DR.OE, BE, PE, FE: RIS bits 10 to 7 */
    raise(table, RXIS, room && held(&table->in) >= trigger(table, 3));
    raise(table, RTIS, true); /* the timeout is over at once */
}

int table_take(struct table *table) {
    if (held(&table->out) == 0) return -1;
    uint32_t character = table->out.slot[table->out.got++ % TABLE_FIFO];
    raise(table, TXIS, held(&table->out) <= trigger(table, 0));
    return (int)character;
}

static uint32_t fetch(struct table *table) {
    if (held(&table->in) == 0) return 0;
    uint32_t character = table->in.slot[table->in.got++ % TABLE_FIFO];
    table->reg[RSR] = (table->reg[RSR] & OE >> 8) | character >> 8;
    lower(table, RXIS, held(&table->in) < trigger(table, 3));
    lower(table, RTIS, held(&table->in) == 0);
    return character;
}

static void send(struct table *table, uint8_t character) {
    if ((table->reg[CR] & LBE) != 0) {
        table_receive(table, character);
        raise(table, TXIS, true);
    } else if (held(&table->out) < depth(table)) {
        table->out.slot[table->out.put++ % TABLE_FIFO] = character;
        lower(table, TXIS, held(&table->out) > trigger(table, 0));
    }
}

/* The modem's inputs as in RIS: RI, CTS, DCD, DSR. LBE makes them Out2, RTS, Out1 and DTR. */
static uint32_t modem(uint32_t cr) {
    return (cr & LBE) != 0 ? (cr >> 13 & 1) | (cr >> 10 & 6) | (cr >> 7 & 8) : 0;
}

/* FR: BUSY or TXFE, RXFE, TXFF, RXFF; CTS, DSR, DCD, RI. */
static uint32_t flags(const struct table *table) {
    uint32_t in = held(&table->in), out = held(&table->out), full = depth(table);
    uint32_t lines = modem(table->reg[CR]);
    return (out > 0 ? 0x08 : 0x80) | (in == 0 ? 0x10 : 0) | (out >= full ? 0x20 : 0) |
           (in >= full ? 0x40 : 0) | (lines >> 1 & 1) | (lines >> 2 & 2) | (lines & 4) |
           (lines & 1) << 8;
}

static uint32_t load(struct table *table, uint64_t row) {
    /* UARTPeriphID0-3 and UARTPCellID0-3, a byte each, end the page. */
    if (row >= TABLE_ID && row < TABLE_ID + 8)
        return UINT64_C(0xb105f00d00141011) >> (row - TABLE_ID) * 8 & 0xff;
    if (row == DR) return fetch(table);
    if (row == FR) return flags(table);
    if (row == MIS) return table->reg[RIS] & table->reg[IMSC];
    return row < TABLE_ROWS ? table->reg[row] : 0;
}

static void store(struct table *table, uint64_t row, uint32_t value, uint32_t lanes) {
    uint32_t before = modem(table->reg[CR]);
    if (row >= TABLE_ROWS) return;
    table->reg[row] ^= (table->reg[row] ^ value) & lanes & writable[row];
    if (row == DR && (lanes & 0xff) != 0) send(table, (uint8_t)value);
    if (row == RSR) table->reg[RSR] = 0;
    if (row == ICR) lower(table, value & lanes, true);
    raise(table, before ^ modem(table->reg[CR]), true);
}

uint64_t table_read(struct table *table, uint64_t offset, unsigned size) {
    uint64_t value = load(table, offset / 4) >> offset % 4 * 8;
    if (size == 8) return value | (uint64_t)load(table, offset / 4 + 1) << 32;
    return value & ((UINT64_C(1) << size * 8) - 1);
}

void table_write(struct table *table, uint64_t offset, unsigned size, uint64_t value) {
    uint64_t lanes = size == 8 ? ~UINT64_C(0) : (UINT64_C(1) << size * 8) - 1;
    unsigned shift = offset % 4 * 8;
    store(table, offset / 4, (uint32_t)(value << shift), (uint32_t)(lanes << shift));
    if (size == 8) store(table, offset / 4 + 1, (uint32_t)(value >> 32), ~0u);
}
