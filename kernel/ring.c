/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One ring of bytes for all CPUs, under a lock that is held for a line at most. Writers never
 * wait for a reader: what does not fit is dropped, and the count is told once there is room.
 */
#include "ring.h"

#include <stdint.h>

#include "cpu.h"
#include "text.h"

#define RING_BYTES 16384

static char ring[RING_BYTES];
static uint32_t head, tail; /* head: next byte written; both run free */
static uint32_t dropped;
static bool line_start = true;
static atomic_bool news;
static struct lock ring_lock;

static void ring_put(void *context, char c) {
    (void)context;
    if (head - tail >= RING_BYTES) {
        dropped++;
        return;
    }
    ring[head++ % RING_BYTES] = c;
}

static void ring_format(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    text_format(ring_put, NULL, format, arguments);
    va_end(arguments);
}

/* Before new text: what was lost, if the notice fits. */
static void ring_account(void) {
    if (dropped == 0 || head - tail > RING_BYTES - 64) return;
    uint32_t lost = dropped;
    dropped = 0;
    ring_format("skerry: log: %u bytes dropped\r\n", lost);
}

void ring_print(const char *format, ...) {
    va_list arguments;
    lock_take(&ring_lock);
    ring_account();
    if (!line_start) ring_format("\r\n");
    line_start = true;
    ring_format("skerry: ");
    va_start(arguments, format);
    text_format(ring_put, NULL, format, arguments);
    va_end(arguments);
    ring_format("\r\n");
    lock_give(&ring_lock);
    atomic_store(&news, true);
}

void ring_write(const char *name, const char *text, unsigned count) {
    lock_take(&ring_lock);
    ring_account();
    for (unsigned i = 0; i < count; i++) {
        if (line_start) ring_format("%s: ", name);
        line_start = text[i] == '\n';
        if (line_start) ring_put(NULL, '\r');
        /* No escapes, and no return to the start of a line that would then seem the kernel's. */
        ring_put(NULL, line_start || (text[i] >= ' ' && text[i] <= '~') ? text[i] : '?');
    }
    lock_give(&ring_lock);
    atomic_store(&news, true);
}

unsigned ring_read(char *text) {
    unsigned count = 0;
    lock_take(&ring_lock);
    while (count < RING_READ_BYTES && tail != head) text[count++] = ring[tail++ % RING_BYTES];
    lock_give(&ring_lock);
    return count;
}

bool ring_has_news(void) {
    return atomic_load_explicit(&news, memory_order_relaxed) && atomic_exchange(&news, false);
}
