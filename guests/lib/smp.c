/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CPU bring-up. A CPU that has nothing to do waits in WFE for its mailbox; interrupts that reach it
 * there are taken by the vectors. These CPUs do not print and do not use libc.
 */
#include "smp.h"

#include "gic.h"
#include "platform.h"
#include "psci.h"
#include "sysreg.h"
#include "timer.h"

#include <stdatomic.h>
#include <stddef.h>

void guest_secondary(void);

static struct mailbox {
    void (*work)(uint64_t argument);
    uint64_t argument;
    atomic_bool arrived, full;
} mailboxes[CPU_LIMIT];

unsigned smp_self(void) { return (unsigned)sysreg_read(tpidr_el1); }

unsigned smp_count(void) {
    unsigned count = 1;
    while (count < CPU_LIMIT && (gicr_read64(count - 1, GICR_TYPER) & GICR_TYPER_LAST) == 0)
        count++;
    return count;
}

uint64_t smp_affinity(unsigned cpu) {
    uint64_t affinity = gicr_read64(cpu, GICR_TYPER) >> 32;
    return (affinity & 0xff000000) << 8 | (affinity & 0xffffff);
}

_Noreturn void smp_run(uint64_t cpu) {
    struct mailbox *mailbox = &mailboxes[cpu];
    gic_open_cpu();
    interrupts_unmask();
    atomic_store(&mailbox->arrived, true);
    for (;;) {
        while (!atomic_load(&mailbox->full)) __asm__ volatile("wfe" ::: "memory");
        mailbox->work(mailbox->argument);
        atomic_store(&mailbox->full, false);
    }
}

bool smp_turn_on(unsigned cpu) {
    return psci_call(PSCI_CPU_ON, smp_affinity(cpu), (uint64_t)guest_secondary, cpu) ==
           PSCI_SUCCESS;
}

bool smp_start_one(unsigned cpu) {
    return smp_turn_on(cpu) && TIMER_WAIT(atomic_load(&mailboxes[cpu].arrived), 1000000);
}

bool smp_start(void) {
    bool all = true;
    for (unsigned cpu = 1; cpu < smp_count(); cpu++) all &= smp_start_one(cpu);
    return all;
}

bool smp_idle(unsigned cpu) { return !atomic_load(&mailboxes[cpu].full); }

bool smp_call(unsigned cpu, void (*work)(uint64_t argument), uint64_t argument) {
    struct mailbox *mailbox = &mailboxes[cpu];
    if (!smp_idle(cpu)) return false;
    mailbox->work = work;
    mailbox->argument = argument;
    atomic_store(&mailbox->full, true);
    __asm__ volatile("dsb sy\n\tsev" ::: "memory");
    return true;
}
