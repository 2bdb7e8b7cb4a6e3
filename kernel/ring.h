/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's log: lines from boot, from failures of servers, and from servers themselves. A
 * server with the log right drains it; when it is full, new text is dropped and counted. And the
 * end of the kernel (panic.c): a bug of its own, or an image that it cannot start. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#define RING_READ_BYTES 48 /* what one SYS_LOG carries in registers */

/* One line, "skerry: " in front and the end of line added. Knows %s, %u, %x, %lu, %lx. */
void ring_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
void ring_print_list(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));

/* Text of a server, as it comes; `name` is put in front of each line. */
void ring_write(const char *name, const char *text, unsigned count);

/* Takes up to RING_READ_BYTES bytes out; the number taken. */
unsigned ring_read(char *text);

/* What is in the ring, and from now on what comes, goes to `put`. */
void ring_divert(void (*put)(char c));

/* True once after something was put in. */
bool ring_has_news(void);

/* Prints what is left in the log; nobody will read it any more. */
void panic_flush(void);

/* Prints "skerry: " and the text on the UART, polled, then turns the machine off. */
_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* From vectors.S: an exception at EL2 itself. `sp`, `x0` and `x30` as they were then. */
_Noreturn void panic_exception(uint64_t sp, uint64_t vector, uint64_t x0, uint64_t x30);
