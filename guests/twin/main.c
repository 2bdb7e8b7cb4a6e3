/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * twin: random histories of operations. What CPUs see of one is the same under Skerry and on the
 * bare machine, or one of the two is wrong: tests/qemu/twin.py compares. A history is a line of
 * input, "KIND SEED CPUS STEPS FROM": a hash over all that was seen is printed every 64 steps, and
 * from step FROM on the steps. CPUS 0 ends the guest. CPUs take turns, and nothing depends on time.
 */
#include "twin.h"

#include "guest.h"
#include "smp.h"
#include "uart.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#define HASH_EVERY 64

static uint64_t state, hash;
static bool traced;

/* xorshift64* */
unsigned twin_random(unsigned limit) {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (unsigned)((state * UINT64_C(0x2545f4914f6cdd1d) >> 32) % limit);
}

void twin_note(const char *what, uint64_t value) {
    hash = (hash ^ value) * UINT64_C(0x100000001b3) + 1;
    if (traced) printf(" %s=%" PRIx64, what, value);
}

/* One CPU at a time works, so printf and all above are its alone. */
static void on(unsigned cpu, void (*work)(uint64_t argument), uint64_t argument) {
    if (cpu == 0) {
        work(argument);
        return;
    }
    smp_call(cpu, work, argument);
    while (!smp_idle(cpu)) __asm__ volatile("yield");
}

static uint64_t number(void) {
    uint64_t value = 0;
    for (uint32_t got = '0'; got >= '0'; got = uart_read(UARTDR) & 0xff) {
        value = value * 10 + got - '0';
        while ((uart_read(UARTFR) & UARTFR_RXFE) != 0)
            ;
    }
    return value;
}

static void history(const struct twin_kind *kind, uint64_t seed, uint64_t cpu_count, uint64_t steps,
                    uint64_t from) {
    unsigned cpus = cpu_count < kind->turns ? 1 : kind->turns;
    state = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
    hash = 0;
    traced = false;
    kind->begin(seed, cpus);
    for (unsigned cpu = 0; cpu < cpus; cpu++) on(cpu, kind->reset, 0);
    for (uint64_t step = 0; step < steps; step++) {
        unsigned cpu = twin_random(cpus), all = twin_random(8) == 0;
        traced = step >= from;
        if (traced) printf("%" PRIu64 ", CPU %u:", step, cpu);
        on(cpu, kind->make, 0);
        for (cpu = 0; cpu < cpus; cpu++) on(cpu, kind->look, all);
        if (traced) printf("\n");
        if (step % HASH_EVERY == HASH_EVERY - 1) printf("%" PRIu64 " %" PRIx64 "\n", step, hash);
    }
    printf("end of %" PRIu64 "\n", seed);
}

int main(void) {
    static const struct twin_kind *const kinds[] = {&twin_gic, &twin_clock, &twin_power,
                                                    &twin_frames};
    bool started = smp_start();
    printf(started ? "ready\n" : "a CPU does not start\n");
    for (;;) {
        uint64_t kind = number(), seed = number(), cpus = number(), steps = number(),
                 from = number();
        if (cpus == 0) return 0;
        history(kinds[kind % (sizeof(kinds) / sizeof(kinds[0]))], seed, cpus, steps, from);
    }
}
