/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The physical PL011, for the one server that has its frame (symbol = "uart_port_base" in the
 * description) and its interrupt, which must be bit 0 of `notified`; and the kernel's log, which
 * goes out between the guests' lines. The port knows no guest: it calls three functions of the
 * server's, which give it characters and take them. It uses the server's timer for itself.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "pl011_regs.h"

#define PORT_NONE (-1)
#define PORT_NEAR __attribute__((visibility("hidden"))) /* no global offset table */

extern uint64_t uart_port_base PORT_NEAR;

struct port {
    bool waiting; /* text to send waits for room, or for the end of a guest's line */
    bool stalled; /* a character has arrived, and the server has no room yet */
    uint8_t last; /* the character sent last */
};
extern struct port port PORT_NEAR;

/* The server defines these. port_take: its next character to send, or PORT_NONE. port_has_room: has
 * it room for one that arrived? port_deliver: here it is, with its error bits as in DR. */
int port_take(void);
bool port_has_room(void);
void port_deliver(uint16_t character);

static inline volatile uint32_t *port_register(enum pl011_register offset) {
    return (volatile uint32_t *)(uart_port_base + offset);
}

/* Sends bits 7:0 at once, if nothing waits to be sent before and there is room; else false. */
static inline bool port_try(uint32_t character) {
    if (port.waiting || (*port_register(PL011_FR) & PL011_FR_TXFF) != 0) return false;
    *port_register(PL011_DR) = character;
    port.last = (uint8_t)character;
    return true;
}

/* Sets the port up; the first port_run then sends what the log holds. */
void port_open(void);

/* Takes note of the bits of `notified` that are the port's; port_run comes after. */
void port_notified(uint64_t bits);

/* Sends text of the log, then of the server, and delivers what has arrived: of each at most a
 * burst, as far as there is room. The next interrupt does the rest. */
void port_run(void);
