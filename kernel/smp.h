/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Several CPUs: the one wait loop of the kernel, requests to other CPUs, locks, bring-up.
 */
#pragma once

#include "cpu.h"

/* A lock for short critical sections that contain no wait. Order: server entry, VM, ring. */
struct lock {
    atomic_bool taken;
};

void lock_take(struct lock *lock);
void lock_give(struct lock *lock);

#define WAIT_FOREVER UINT32_MAX /* spin with WFE until done */
#define WAIT_IDLE    0          /* sleep with WFI until done */

/* Waits until done(argument), answering other CPUs and recording interrupts meanwhile; false after
 * `rounds` looks. The caller holds no lock. */
bool cpu_wait(struct cpu *cpu, bool (*done)(void *argument), void *argument, uint32_t rounds);

/* Asks another CPU for something (REQUEST_*) and makes it look; its `answered` reaches the result.
 */
unsigned cpu_request(struct cpu *cpu, unsigned request);

/* Answers what other CPUs asked of this one, as far as it can be done with a guest's state loaded.
 */
void cpu_answer(struct cpu *cpu);

/* Starts the CPUs of the image; waits until each is there. */
void smp_start(void);
