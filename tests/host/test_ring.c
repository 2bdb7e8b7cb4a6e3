/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's log: what a reader has got stays until it is done with that, so that the end of the
 * machine prints what the reader had no time for; and nothing comes out twice by both.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ring.h"

static char printed[40000];
static size_t count;

void lock_take(struct lock *lock) { lock->taken = true; }
void lock_give(struct lock *lock) { lock->taken = false; }

static void print(char c) {
    assert_true(count < sizeof(printed));
    printed[count++] = c;
}

/* What is in the ring goes to `printed`, and back to the ring goes what comes from now on. */
static void flush(void) {
    count = 0;
    ring_divert(print);
    ring_divert(NULL);
}

static void stays_until_done(void **unused) {
    (void)unused;
    char first[RING_READ_BYTES], text[RING_READ_BYTES];
    flush();
    ring_write("server", "sixty bytes or so, in any case more than one read can carry\n", 60);
    assert_int_equal(ring_read(first, 0), RING_READ_BYTES);
    assert_int_equal(ring_read(text, 0), RING_READ_BYTES);
    assert_memory_equal(text, first, RING_READ_BYTES);
    assert_int_equal(ring_read(text, 8), RING_READ_BYTES);
    assert_memory_equal(text, first + 8, RING_READ_BYTES - 8);
    unsigned rest = ring_read(text, RING_READ_BYTES);
    assert_int_equal(rest, strlen("server: ") + 60 + strlen("\r") - 8 - RING_READ_BYTES);
    assert_int_equal(ring_read(text, UINT64_MAX), 0); /* no more than was given */
    flush();
    assert_int_equal(count, 0);
}

static void ends_with_all_of_it(void **unused) {
    (void)unused;
    char text[RING_READ_BYTES];
    flush();
    ring_print("%s: down, %u", "server", 7);
    assert_int_equal(ring_read(text, 0), strlen("skerry: server: down, 7\r\n"));
    flush();
    assert_int_equal(count, strlen("skerry: server: down, 7\r\n"));
    assert_memory_equal(printed, "skerry: server: down, 7\r\n", count);
    /* The reader, on another CPU, comes back with what it was given. */
    assert_int_equal(ring_read(text, strlen("skerry: server: down, 7\r\n")), 0);
    flush();
    assert_int_equal(count, 0);
    ring_print("again");
    assert_int_equal(ring_read(text, UINT64_MAX), strlen("skerry: again\r\n"));
    assert_memory_equal(text, "skerry: again\r\n", strlen("skerry: again\r\n"));
}

static void drops_what_has_no_room(void **unused) {
    (void)unused;
    char text[RING_READ_BYTES];
    flush();
    for (unsigned i = 0; i < 2000; i++) ring_print("line %u", i);
    (void)ring_read(text, 0);
    for (unsigned i = 0; i < 4; i++) (void)ring_read(text, RING_READ_BYTES);
    ring_print("last");
    flush();
    printed[count] = '\0';
    assert_non_null(strstr(printed, "skerry: log: "));
    assert_non_null(strstr(printed, " bytes dropped\r\nskerry: last\r\n"));
    assert_non_null(strstr(printed, "skerry: line 100\r\n"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stays_until_done),
        cmocka_unit_test(ends_with_all_of_it),
        cmocka_unit_test(drops_what_has_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
