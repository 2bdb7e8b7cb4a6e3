/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's printf: %s, %c, %%, %u, %x with l (64 bits) and width with zero padding for %x.
 * Pure; the caller says where characters go.
 */
#pragma once

#include <stdarg.h>

typedef void text_put(void *context, char c);

void text_format(text_put *put, void *context, const char *format, va_list arguments);
