/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formatting for the log and the panic line. picolibc's printf would bring V registers and a heap
 * of state to EL2; this knows the few conversions that the kernel uses and nothing of where the
 * characters go.
 */
#include <stddef.h>
#include <stdint.h>

#include "text.h"

static void put_string(text_put *put, void *context, const char *string) {
    for (; string != NULL && *string != '\0'; string++) put(context, *string);
}

static void put_number(text_put *put, void *context, uint64_t value, unsigned base,
                       unsigned width) {
    char digits[20];
    unsigned count = 0;
    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    for (unsigned i = count; i < width; i++) put(context, '0');
    while (count > 0) put(context, digits[--count]);
}

void text_format(text_put *put, void *context, const char *format, va_list arguments) {
    for (; *format != '\0'; format++) {
        if (*format != '%') {
            put(context, *format);
            continue;
        }
        unsigned width = 0;
        unsigned longs = 0;
        for (format++; *format >= '0' && *format <= '9'; format++)
            width = width * 10 + (unsigned)(*format - '0');
        for (; *format == 'l'; format++) longs++;
        if (*format == '\0') return;
        if (*format == 's')
            put_string(put, context, va_arg(arguments, const char *));
        else if (*format == 'c')
            put(context, (char)va_arg(arguments, int));
        else if (*format == 'u' || *format == 'x')
            put_number(put, context,
                       longs > 0 ? va_arg(arguments, uint64_t) : va_arg(arguments, unsigned),
                       *format == 'u' ? 10 : 16, width);
        else
            put(context, *format);
    }
}
