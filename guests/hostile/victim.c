/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The victim beside guests/hostile: it fills memory and looks whether it stays, says so by a
 * heartbeat, and says nothing on the console. Its registers are part of it: EL1 state, V registers.
 */
#include "victim.h"

#include "guest.h"
#include "mmio.h"
#include "sysreg.h"
#include "timer.h"

#define WORDS 8192

static uint64_t memory[WORDS];

static uint64_t value_of(uint64_t round, unsigned word) {
    return (round + word) * UINT64_C(0x9e3779b97f4a7c15);
}

int main(void) {
    uint64_t damage = 0;
    for (uint64_t round = 1; mmio_read64(VICTIM_STOP) == 0; round++) {
        sysreg_write(tpidrro_el0, value_of(round, 1));
        sysreg_write(par_el1, value_of(round, 2) & UINT64_C(0xfffffff000));
        sysreg_write(contextidr_el1, (uint32_t)value_of(round, 3));
        for (unsigned i = 0; i < WORDS; i++) memory[i] = value_of(round, i);
        timer_spin(1000);
        for (unsigned i = 0; i < WORDS; i++)
            damage += *(volatile uint64_t *)&memory[i] != value_of(round, i);
        damage += sysreg_read(tpidrro_el0) != value_of(round, 1);
        damage += sysreg_read(par_el1) != (value_of(round, 2) & UINT64_C(0xfffffff000));
        damage += sysreg_read(contextidr_el1) != (uint32_t)value_of(round, 3);
        mmio_write64(VICTIM_DAMAGE, damage);
        mmio_write64(VICTIM_BEAT, round);
    }
    return 0;
}
