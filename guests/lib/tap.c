/* SPDX-License-Identifier: BSD-2-Clause */
/* The TAP reporter. Only the CPU that runs the tests uses it. */
#include "tap.h"

#include <inttypes.h>
#include <stdio.h>

static struct {
    unsigned number;
    const char *name;
    const char *skipped;
    unsigned failures;
    const char *what;
    uint64_t got, want;
} current;

void tap_plan(size_t count) {
    current.number = 0;
    printf("1..%u\n", (unsigned)count);
}

void tap_begin(const char *name) {
    current.number++;
    current.name = name;
    current.skipped = NULL;
    current.failures = 0;
}

void tap_skip(const char *reason) { current.skipped = reason; }

bool tap_check(bool good, const char *what, uint64_t got, uint64_t want) {
    if (!good && current.failures++ == 0) {
        current.what = what;
        current.got = got;
        current.want = want;
    }
    return good;
}

bool tap_failed(void) { return current.failures != 0; }

void tap_end(void) {
    if (current.failures != 0)
        printf("not ok %u - %s # %s: got 0x%" PRIx64 " want 0x%" PRIx64 " (%u failed)\n",
               current.number, current.name, current.what, current.got, current.want,
               current.failures);
    else if (current.skipped != NULL)
        printf("ok %u - %s # SKIP %s\n", current.number, current.name, current.skipped);
    else
        printf("ok %u - %s\n", current.number, current.name);
}

void tap_done(void) { printf("# done\n"); }

void tap_run(const struct tap_test *tests, size_t count) {
    tap_plan(count);
    for (size_t i = 0; i < count; i++) {
        tap_begin(tests[i].name);
        tests[i].run();
        tap_end();
    }
    tap_done();
}
