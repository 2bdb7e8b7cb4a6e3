/* SPDX-License-Identifier: BSD-2-Clause */
/* Slots of a page that EL1 and EL0 see, each with one trial in it; see trials.h. */
#include "trials.h"

#include "mmu.h"
#include "platform.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#define SVC      0xd4000001u /* ESR.EC 0x15 */
#define SVC_A32  0xef000000u /* 0x11 */
#define USER_GIB 2u          /* below 4 GiB, for AArch32 */

_Static_assert(offsetof(struct trial, sp_el0) == TRIAL_SP0, "trial.S");
_Static_assert(offsetof(struct trial, pc) == TRIAL_PC, "trial.S");
_Static_assert(offsetof(struct trial, pstate) == TRIAL_PSTATE, "trial.S");
_Static_assert(offsetof(struct trial, vector) == TRIAL_VECTOR, "trial.S");
_Static_assert(offsetof(struct trial, inside) == TRIAL_INSIDE, "trial.S");

const struct mode modes[] = {
    [MODE_EL1] = {'1', false, 0x3c5, 0x200},
    [MODE_EL0] = {'0', false, 0x3c0, 0x400},
    [MODE_OPEN] = {'o', false, 0x3c0, 0x400},
    [MODE_A32] = {'a', true,  0x1d0, 0x600},
};

static volatile uint32_t slots[MMU_PAGE / 4] __attribute__((aligned(4096)));

void trials_open(void) { mmu_set_top(USER_GIB, RAM_BASE | MMU_LEAF_BLOCK | MMU_NORMAL | MMU_USER); }

void trials_put(const struct mode *mode, unsigned number, const uint32_t words[SLOT_WORDS - 1]) {
    volatile uint32_t *slot = &slots[number * SLOT_WORDS];
    for (unsigned i = 0; i < SLOT_WORDS - 1; i++) slot[i] = words[i];
    slot[SLOT_WORDS - 1] = mode->a32 ? SVC_A32 : SVC;
}

void trials_sync(unsigned count) {
    for (unsigned i = 0; i < count * SLOT_WORDS; i += 4) /* the smallest line there may be */
        __asm__ volatile("dc cvau, %0" ::"r"(&slots[i]) : "memory");
    __asm__ volatile("dsb ish\n\tic ialluis\n\tdsb ish\n\tisb" ::: "memory");
}

struct trial trials_run(const struct mode *mode, unsigned number, const uint64_t x[4]) {
    struct trial trial = {.sp_el0 = FILL(31), .pstate = mode->pstate, .inside = mode->inside};
    trial.pc = (uint64_t)&slots[number * SLOT_WORDS];
    if (mode->vector >= 0x400) trial.pc += USER_GIB * MMU_GIB - RAM_BASE;
    for (unsigned n = 0; n < 31; n++) trial.x[n] = n < 4 ? x[n] : FILL(n);
    trial_run(&trial);
    trial.elr -= trial.pc;
    return trial;
}

bool trials_undefined(const struct mode *mode, const struct trial *trial) {
    return trial->esr == 0x02000000 && trial->elr == 0 && trial->spsr == mode->pstate &&
           trial->vector == mode->vector;
}

bool trials_done(const struct mode *mode, const struct trial *trial) {
    return trial->esr >> 26 == (mode->a32 ? 0x11 : 0x15) && (trial->esr & 0xffff) == 0;
}

void trials_print(const struct mode *mode, const struct trial *trial) {
    if (!trials_done(mode, trial)) {
        printf(" esr=%" PRIx64, trial->esr);
        if (trial->elr != 0) printf(" at=%" PRIx64, trial->elr);
        if (trial->esr >> 29 == 4) printf(" far=%" PRIx64, trial->far); /* aborts */
    }
    if (trial->spsr != mode->pstate) printf(" spsr=%" PRIx64, trial->spsr);
    if (trial->vector != mode->vector) printf(" vector=%" PRIx64, trial->vector);
    if (trial->sp_el0 != FILL(31)) printf(" sp0=%" PRIx64, trial->sp_el0);
    for (unsigned n = 4; n < 31 && !mode->a32; n++)
        if (trial->x[n] != FILL(n)) printf(" x%u=%" PRIx64, n, trial->x[n]);
}
