/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PL011 as a table of registers with two rings (pure): the same device as uart-server's pl011.h,
 * designed apart from it. What a register holds and which of its bits can be written are rows of
 * data; FIFOs count ever upwards; flags are worked out when they are read. A test drives both
 * models with the same accesses and compares every answer.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define TABLE_ROWS 19 /* offsets 0x000 to 0x048 */
#define TABLE_ID   (0xfe0 / 4)
#define TABLE_FIFO 16u

struct ring {
    uint32_t put, got; /* characters ever; their difference is what is inside */
    uint32_t slot[TABLE_FIFO];
};

struct table {
    uint32_t reg[TABLE_ROWS]; /* indexed by offset / 4 */
    uint32_t overrun;         /* DR.OE for the next character that arrives, or 0 */
    struct ring in, out;
};

void table_reset(struct table *table);

/* One access of 1 to 8 bytes, aligned to its size. */
uint64_t table_read(struct table *table, uint64_t offset, unsigned size);
void table_write(struct table *table, uint64_t offset, unsigned size, uint64_t value);

/* The wire: room for a character; one arrives, and none follows for a while; the next one to send,
 * or -1. */
bool table_accepts(const struct table *table);
void table_receive(struct table *table, uint16_t character);
int table_take(struct table *table);

/* Whether the interrupt output is high. */
bool table_level(const struct table *table);
