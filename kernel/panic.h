/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of the kernel: a bug of its own, or an image that it cannot start. */
#pragma once

#include "frame.h"

/* Prints what is left in the log; nobody will read it any more. */
void panic_flush(void);

/* Prints "skerry: " and the text on the UART, polled, then turns the machine off. */
_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* From vectors.S: an exception at EL2 itself. `sp` as it was then. */
_Noreturn void trap_kernel(struct frame *frame, uint64_t sp, uint64_t vector);
