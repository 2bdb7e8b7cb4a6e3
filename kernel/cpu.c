/* SPDX-License-Identifier: BSD-2-Clause */
/* One loop in which a CPU waits for anything: it contains WFE or WFI, so that an emulator runs the
 * other CPUs meanwhile, and it answers, so that two CPUs that wait for each other get on (model:
 * tests/model/wait.pml). A kick is SGI 0 and carries nothing: cpu.requests says what is wanted.
 * Besides, the other CPUs' start and the machine's end, by the firmware's PSCI. */
#include "cpu.h"

#include "ring.h"
#include "vcpu.h"

void lock_take(struct lock *lock) {
    uint32_t taken;
    /* The exclusive load arms the monitor: the store in lock_give is the event (D1.6.1). */
    __asm__ volatile("1: ldaxrb %w0, %1\n cbnz %w0, 2f\n stxrb %w0, %w2, %1\n cbz %w0, 3f\n b 1b\n"
                     "2: wfe\n b 1b\n3:\n"
                     : "=&r"(taken), "+Q"(lock->taken)
                     : "r"(1)
                     : "memory");
}

void lock_give(struct lock *lock) {
    atomic_store_explicit(&lock->taken, false, memory_order_release);
}

bool cpu_wait(struct cpu *cpu, bool (*done)(void *argument), void *argument, uint32_t rounds) {
    for (uint32_t round = 0;; round++) {
        bool more = gic_take(cpu);
        cpu_answer(cpu);
        if (done(argument)) return true;
        if (rounds != WAIT_IDLE && rounds != WAIT_FOREVER && round >= rounds) return false;
        if (more) continue;
        if (rounds == WAIT_IDLE) {
            isb();   /* the GIC has what was written to it (IHI 0069, 12.1.6), */
            dsb(sy); /* and what is due is visible (D11.5), before the CPU sleeps */
            wfi();
        } else {
            wfe();
        }
    }
}

void cpu_request(struct cpu *cpu, unsigned request) {
    atomic_fetch_add(&cpu->asked, request & REQUEST_LISTS); /* 1; others are not counted */
    atomic_fetch_or(&cpu->requests, request);
    dsb(ish); /* the request is there before the interrupt says so */
    gic_kick(cpu);
    sev();
}

void cpu_answer_lists(struct cpu *cpu) {
    atomic_fetch_and(&cpu->requests, ~REQUEST_LISTS);
    unsigned asked = atomic_load(&cpu->asked); /* before the work: wait.pml, PLANT 2 */
    if (asked != cpu->answered) gic_poll(cpu); /* takes what was released to fire again: irq.c */
    deliver_sync(cpu);
    atomic_store(&cpu->answered, asked);
    sev();
}

/* The kernel's own calls to the firmware: PSCI 1.0 (Arm DEN0022), by its only SMC instruction. No
 * guest's call gets here. Gives the error's number. x4 to x17 are the firmware's (SMCCC 2.6). */
static NOINLINE unsigned psci(uint64_t function, uint64_t cpu, uint64_t entry, uint64_t argument) {
    register uint64_t x0 __asm__("x0") = function, x1 __asm__("x1") = cpu;
    register uint64_t x2 __asm__("x2") = entry, x3 __asm__("x3") = argument;
    __asm__ volatile("smc #0"
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
                     :
                     : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15",
                       "x16", "x17", "memory");
    return (unsigned)-x0;
}

_Noreturn void cpu_power_off(void) {
    (void)psci(PSCI_SYSTEM_OFF, 0, 0, 0);
    for (;;) wfi(); /* it did not: nothing is left to do */
}

static bool is_online(void *argument) { return atomic_load(&((struct cpu *)argument)->online); }

void cpu_start_others(void) {
    extern LINKED char start_secondary[];
    for (uint32_t i = 1; i < cpu_count; i++) {
        unsigned error = psci(PSCI_CPU_ON, cpus[i].mpidr, space_physical(start_secondary),
                              (uint64_t)&cpus[i]); /* its x0 */
        if (error != 0)
            panic("CPU %u: the firmware does not start it (PSCI -%u); too many?", i, error);
        if (!cpu_wait(cpu_this(), is_online, &cpus[i], 10000000)) /* some seconds */
            panic("CPU %u does not come", i);
    }
}
