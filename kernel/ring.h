/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's log: lines from boot, from failures of servers, and from servers themselves. A
 * server with the log right drains it; when the log is full, new text is dropped and counted. Also
 * the kernel's own end (panic.c), by a bug of its own or an image that it cannot start. */
#pragma once

#include "cpu.h"

#define RING_READ_BYTES 48 /* what one SYS_LOG carries in registers */

/* Puts in one line: "skerry: ", the text, and the end of the line. Knows %s, %u, %x, %lu, %lx. */
void ring_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Puts in a server's text as it comes; `name` goes in front of each line. */
void ring_write(const char *name, const char *text, unsigned count);

/* Takes out `done` of the bytes that it gave last; gives the next, up to RING_READ_BYTES. */
unsigned ring_read(char *text, uint64_t done);

/* Gives `to` what is in the ring and, from now on, all that would go in. */
void ring_divert(void (*to)(char c));

/* True the first time that it is asked after something was put in. */
bool ring_has_news(void);

void panic_flush(void); /* prints what is left in the log, which nobody will read any more */

/* Prints "skerry: " and the text on the UART, polled, then turns the machine off. */
#define panic(...) (panic_flush(), ring_print(__VA_ARGS__), cpu_power_off())

/* From vectors.S: an exception at EL2 itself, and `sp`, `x0`, `x30` at that moment. */
_Noreturn void panic_exception(uint64_t sp, uint64_t vector, uint64_t x0, uint64_t x30);
