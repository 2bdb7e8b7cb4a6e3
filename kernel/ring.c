/* SPDX-License-Identifier: BSD-2-Clause */
/* One ring of bytes for all CPUs, under a lock that is held for a line at most. Writers never wait
 * for a reader: what does not fit is dropped, and the count is told once there is room. */
#include "ring.h"

#include <stdarg.h>

#define RING_BYTES 16384
#define UNGUARDED  __attribute__((no_stack_protector)) /* panic's, too: it must get through */

static char ring[RING_BYTES];
static uint32_t head, tail; /* head: next byte written; both run free */
static uint32_t given;      /* bytes from `tail` on: the reader's, and ours until it is done */
static uint32_t dropped;
static void (*sink)(char c); /* instead of the ring, if not null */
static const char *line;     /* whose line has no end yet; null: none */
static atomic_bool news;
static struct lock ring_lock;

static void put(char c) {
    if (sink != NULL)
        sink(c);
    else if (head - tail < RING_BYTES)
        ring[head++ % RING_BYTES] = c;
    else
        dropped++;
}

static void put_string(const char *string) {
    while (*string != '\0') put(*string++);
}

UNGUARDED static void put_number(uint64_t value, unsigned base) {
    char digits[21], *first = &digits[20];
    *first = '\0';
    do *--first = "0123456789abcdef"[value % base];
    while ((value /= base) != 0);
    put_string(first);
}

/* A line of `name`, null: the kernel's. One that another has begun ends here. */
static void begin(const char *name) {
    lock_take(&ring_lock);
    if (line != NULL && line != name) put_string("\r\n");
    if (line != name) line = NULL;
    if (dropped == 0 || head - tail > RING_BYTES - 64) return;
    uint32_t lost = dropped;
    dropped = 0;
    put_string("skerry: log: ");
    put_number(lost, 10);
    put_string(" bytes dropped\r\n");
}

static void end(void) {
    lock_give(&ring_lock);
    atomic_store(&news, true);
}

UNGUARDED void ring_print(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    begin(NULL);
    put_string("skerry: ");
    for (; *format != '\0'; format++) {
        if (*format != '%') {
            put(*format);
            continue;
        }
        uint64_t value = va_arg(arguments, uint64_t); /* each has 8 bytes of its own (AAPCS64) */
        bool wide = *++format == 'l';
        if (wide) format++;
        if (*format == 's')
            put_string((const char *)value);
        else
            put_number(wide ? value : (uint32_t)value, *format == 'u' ? 10 : 16);
    }
    put_string("\r\n");
    va_end(arguments);
    end();
}

void ring_write(const char *name, const char *text, unsigned count) {
    begin(name);
    for (unsigned i = 0; i < count; i++) {
        if (line == NULL) {
            put_string(name);
            put_string(": ");
        }
        bool ends = text[i] == '\n';
        line = ends ? NULL : name;
        if (ends) put('\r');
        /* No escapes, and no return to the start of a line that would then seem the kernel's. */
        put(ends || (text[i] >= ' ' && text[i] <= '~') ? text[i] : '?');
    }
    end();
}

unsigned ring_read(char *text, uint64_t done) {
    unsigned count = 0;
    lock_take(&ring_lock);
    tail += done < given ? (uint32_t)done : given;
    while (count < RING_READ_BYTES && tail + count != head)
        text[count] = ring[(tail + count) % RING_BYTES], count++;
    given = count;
    lock_give(&ring_lock);
    return count;
}

void ring_divert(void (*to)(char c)) {
    lock_take(&ring_lock);
    while (tail != head) to(ring[tail++ % RING_BYTES]);
    given = 0;
    sink = to;
    lock_give(&ring_lock);
}

bool ring_has_news(void) {
    return atomic_load_explicit(&news, memory_order_relaxed) && atomic_exchange(&news, false);
}
