/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The physical PL011, for the one server that has its frame (symbol = "uart_port_base" in the
 * description) and its interrupt, which must be bit 0 of `notified`; and the kernel's log, which
 * goes out between the guests' lines. It knows no guest: the server hands characters over in three
 * functions of its own. The server's timer is the port's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "pl011_regs.h"

#define PORT_NONE (-1)
#define PORT_NEAR __attribute__((visibility("hidden"))) /* no global offset table */

extern uint64_t uart_port_base PORT_NEAR;

struct port {
    bool waiting; /* to be sent: for room, or for the end of a guest's line */
    bool stalled; /* arrived: until the server has room */
    uint8_t last; /* the character sent last */
};
extern struct port port PORT_NEAR;

/* The server's: its next character to send, or PORT_NONE; whether it has room for one that has
 * arrived; that one, with its error bits as in DR. */
int port_take(void);
bool port_has_room(void);
void port_deliver(uint16_t character);

static inline volatile uint32_t *port_register(enum pl011_register offset) {
    return (volatile uint32_t *)(uart_port_base + offset);
}

/* Sends bits 7:0 at once, if nothing is before them and there is room; else false. */
static inline bool port_try(uint32_t character) {
    if (port.waiting || (*port_register(PL011_FR) & PL011_FR_TXFF) != 0) return false;
    *port_register(PL011_DR) = character;
    port.last = (uint8_t)character;
    return true;
}

/* Sets the port up; the first port_run then sends what the log holds. */
void port_open(void);

/* Takes the port's bits of `notified`, before port_run. */
void port_notified(uint64_t bits);

/* Sends what the log and then the server have, and delivers what has arrived: a burst of each at
 * most, as far as there is room. Interrupts ask for the rest. */
void port_run(void);
