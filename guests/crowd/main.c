/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * crowd: four CPUs in servers that each may enter at any time, and that die under them, several at
 * once and in the middle of calls to one another (servers/crowd-server). Every access is answered,
 * with what it must be, and no server is made anew while anybody is inside.
 */
#include "guest.h"
#include "mmio.h"
#include "psci.h"
#include "smp.h"
#include "tap.h"
#include "timer.h"

#include <stdatomic.h>

#define WINDOW(server) (0x0a000000ul + (server)*0x10000ul)
#define SERVERS        3u /* each but the first calls the one before */

enum crowd_register {
    CROWD_DIE = 0x00,
    CROWD_VALUE = 0x08,
    CROWD_RESTARTS = 0x10,
    CROWD_INTRUDERS = 0x18,
    CROWD_CALL = 0x20,
    CROWD_SIGNAL = 0x28,
    CROWD_NOTIFIED = 0x30,
};

#define CALL_WHO_AM_I 0xc6000000u /* the server answers with the number of the vCPU */

#define RUN_US        2000000
#define PACE_US       40000 /* between deaths by a CPU: a server may restart 255 times a second */

static atomic_uint wrong, deaths;
static uint64_t end;

static uint64_t random_next(uint64_t *state) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

static void set(uint64_t window, uint64_t value) {
    mmio_write64(window + CROWD_VALUE, value);
    if (mmio_read64(window + CROWD_VALUE) != value) atomic_fetch_add(&wrong, 1);
}

/* All CPUs die at about the same time: `pace` divides the clock that they share. */
static void hammer(uint64_t seed) {
    uint64_t pace = timer_ticks(PACE_US), next = timer_now() / pace + 1;
    for (uint64_t now; (now = timer_now()) < end;) {
        uint64_t value = random_next(&seed), server = value % SERVERS;
        uint64_t window = WINDOW(server);
        bool dies = now / pace >= next;
        if (psci_call(CALL_WHO_AM_I, 0, 0, 0) != (int64_t)smp_self()) atomic_fetch_add(&wrong, 1);
        if (dies) {
            next = now / pace + 1;
            atomic_fetch_add(&deaths, 1);
        }
        switch (server != 0 ? value / SERVERS % 4 : 0) {
        case 0:
        case 1:
            if (dies) mmio_write64(window + CROWD_DIE, 1);
            set(window, value);
            break;
        case 2:
            mmio_write64(window + CROWD_CALL, (value & ~UINT64_C(1)) | dies);
            if (!dies && mmio_read64(window + CROWD_VALUE) == ~UINT64_C(0))
                atomic_fetch_add(&wrong, 1);
            break;
        case 3: mmio_write64(window + CROWD_SIGNAL, 0); break;
        }
    }
}

static void die_in_a_crowd(void) {
    end = timer_now() + timer_ticks(RUN_US);
    for (unsigned cpu = 1; cpu < smp_count(); cpu++) TAP_TRUE(smp_call(cpu, hammer, cpu));
    hammer(smp_count());
    for (unsigned cpu = 1; cpu < smp_count(); cpu++) TAP_TRUE(TIMER_WAIT(smp_idle(cpu), 5000000));
    TAP_EQUAL(wrong, 0);
    TAP_TRUE(deaths > 20);
    for (unsigned server = 0; server < SERVERS; server++) {
        uint64_t restarts = mmio_read64(WINDOW(server) + CROWD_RESTARTS);
        TAP_TRUE(restarts > 0);
        TAP_EQUAL(mmio_read64(WINDOW(server) + CROWD_INTRUDERS), 0);
    }
    TAP_TRUE(mmio_read64(WINDOW(0) + CROWD_NOTIFIED) > 0);
}

static void start(void) {
    TAP_EQUAL(smp_count(), 4);
    TAP_TRUE(smp_start());
}

static const struct tap_test tests[] = {
    {"four CPUs start",                                              start         },
    {"a server is made anew when everybody has left, and only then", die_in_a_crowd},
};

int main(void) {
    TAP_RUN(tests);
    return 0;
}
