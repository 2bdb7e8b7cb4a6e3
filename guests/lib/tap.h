/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Test Anything Protocol on stdout: "1..N", then a line for each test, then "# done". A check
 * that fails is remembered (the first of a test is printed) and the test goes on.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tap_test {
    const char *name;
    void (*run)(void);
};

/* Plan, all tests of the table in order, "# done". */
void tap_run(const struct tap_test *tests, size_t count);
#define TAP_RUN(table) tap_run(table, sizeof(table) / sizeof((table)[0]))

/* The same step by step, for tests that no table lists. */
void tap_plan(size_t count);
void tap_begin(const char *name);
void tap_end(void);
void tap_done(void);

/* Inside a test. */
void tap_skip(const char *reason);
bool tap_check(bool good, const char *what, uint64_t got, uint64_t want);
bool tap_failed(void); /* this test, so far */

#define TAP_EQUAL(got, want)                                                                       \
    ({                                                                                             \
        uint64_t got_ = (uint64_t)(got), want_ = (uint64_t)(want);                                 \
        tap_check(got_ == want_, #got, got_, want_);                                               \
    })
#define TAP_TRUE(condition) tap_check((condition), #condition, 0, 1)
