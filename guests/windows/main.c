/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does an access cost more when the VM has more windows? They lie page by page from WINDOWS up; the
 * guest finds out how many there are, and counts reads of the first one alone and of all in turn.
 * Each line: "bench NAME hundredths": instructions of an access under -icount, times 100.
 */
#include "exception.h"
#include "mmio.h"
#include "timer.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#define WINDOWS 0x0a000000ul
#define PAGE    0x1000ul
#define MOST    64u
#define READING 0x800ul /* probe-server answers reads here with constants */
#define ROUNDS  2048u   /* a multiple of MOST */

static char memory[PAGE];

/* Ticks for reads of `count` pages in turn; a power of two, so that no count has a longer loop. */
static __attribute__((noinline)) uint64_t read_in_turn(uint64_t base, uint64_t count) {
    uint64_t start = timer_now();
    for (uint64_t i = 0; i < ROUNDS; i++) (void)mmio_read32(base + (i & (count - 1)) * PAGE);
    return timer_now() - start;
}

static void report(const char *name, uint64_t count) {
    uint64_t idle = read_in_turn((uint64_t)memory, 1);
    (void)read_in_turn(WINDOWS + READING, count);
    uint64_t ticks = read_in_turn(WINDOWS + READING, count) - idle;
    uint64_t hundredths = ticks * UINT64_C(100000000000) / sysreg_read(cntfrq_el0) / ROUNDS;
    /* The read of memory is an instruction more: one that traps is not executed. */
    printf("bench %s %" PRIu64 "\n", name, hundredths + 100);
}

static bool answers(uint64_t address) {
    exception_expect(EXCEPTION_SKIP);
    (void)mmio_read32(address);
    return exception_taken().count == 0;
}

int main(void) {
    uint64_t count = 0;
    while (count < MOST && answers(WINDOWS + READING + count * PAGE)) count++;
    printf("bench windows %" PRIu64 "\n", count);
    report("one", 1);
    report("all", count);
    printf("# done\n");
    return 0;
}
