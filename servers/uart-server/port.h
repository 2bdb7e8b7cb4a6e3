/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The physical PL011, for the one server that it is mapped into, and the kernel's log on its way
 * there. It knows no guest: guests' characters come by a function of the server's. `notified` bit 0
 * must be its interrupt, and the server's timer is the port's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define PORT_NONE (-1)
#define PORT_NEAR __attribute__((visibility("hidden"))) /* no global offset table */

/* The address of its registers: the frame in the description says symbol = "uart_port_base". */
extern uint64_t uart_port_base PORT_NEAR;

struct port {
    bool waiting; /* something is queued, for room or for the end of a guest's line */
    uint8_t last; /* the character sent last */
};
extern struct port port PORT_NEAR;

#define PORT_DR      0x00
#define PORT_FR      0x18
#define PORT_FR_RXFE 0x10u
#define PORT_FR_TXFF 0x20u

static inline volatile uint32_t *port_register(unsigned offset) {
    return (volatile uint32_t *)(uart_port_base + offset);
}

/* Sends bits 7:0 at once, if nothing is before them and there is room; else false. */
static inline bool port_try(uint32_t character) {
    if (port.waiting || (*port_register(PORT_FR) & PORT_FR_TXFF) != 0) return false;
    *port_register(PORT_DR) = character;
    port.last = (uint8_t)character;
    return true;
}

/* Sets the port up and starts with what the kernel's log holds. */
void port_open(void);

/* Answers the port's bits of `notified`, before port_pump. */
void port_notified(uint64_t bits);

/* Sends what the log and then `take` (a character, or PORT_NONE) have, as far as there is room and
 * at most a burst; the transmit interrupt asks for the rest. */
void port_pump(int (*take)(void));

/* The next character that arrived, with its error bits, or PORT_NONE. */
int port_receive(void);

/* Whether to be notified of characters. What is not fetched stays in the port's FIFO. */
void port_listen(bool on);
