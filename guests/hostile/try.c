/* SPDX-License-Identifier: BSD-2-Clause */
/* Canaries in all registers around one instruction; the generator of numbers. See try.h. */
#include "try.h"

#include "../probe/state.h"
#include "tap.h"

#include <string.h>

#define ARGUMENTS 10u

static uint64_t seed = UINT64_C(0x5eed5eed5eed5eed);

uint64_t random_next(void) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return seed ^ seed >> 31;
}

uint64_t random_below(uint64_t limit) { return (random_next() >> 16) % limit; }

struct fault try_word(uint32_t word, uint64_t x[10], unsigned kept) {
    static struct state before, after;
    uint64_t *fill = (uint64_t *)&before;
    for (unsigned i = 0; i < sizeof(before) / sizeof(*fill); i++)
        fill[i] = UINT64_C(0xca4a51e500000000) + i * 0x9e3779b9 + word;
    before.nzcv = UINT64_C(0x60000000);
    before.fpcr = 0x03c00000;
    before.fpsr = 0x0800009f;
    memcpy(before.x, x, ARGUMENTS * sizeof(*x));
    memcpy(&after, &before, sizeof(after));
    *(volatile uint32_t *)state_slot = word;
    __asm__ volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb" ::"r"(state_slot)
                     : "memory");
    exception_expect(EXCEPTION_SKIP);
    state_execute(&after);
    struct fault fault = exception_taken();
    const uint64_t *got = (const uint64_t *)&after;
    for (unsigned i = kept; i < sizeof(after) / sizeof(*got); i++)
        if (got[i] != fill[i])
            tap_check(false, "a register that the instruction does not name", word, i);
    tap_check(fault.count <= 1, "faults", fault.count, word);
    memcpy(x, after.x, ARGUMENTS * sizeof(*x));
    return fault;
}

void try_undefined(uint32_t word) {
    uint64_t x[ARGUMENTS] = {0};
    struct fault fault = try_word(word, x, 0);
    tap_check(fault.count == 1 && ESR_EC(fault.esr) == EC_UNKNOWN, "not undefined", word,
              fault.esr);
}
