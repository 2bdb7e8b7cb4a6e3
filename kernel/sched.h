/* SPDX-License-Identifier: BSD-2-Clause */
/* What a CPU does next, and what becomes of a vCPU when its access has been answered. */
#pragma once

#include <skerry/access.h>

struct cpu;
struct frame;
struct vcpu;

/* Notifications first, then the vCPU, otherwise sleep. Always finds something in the end. */
struct frame *sched_next(struct cpu *cpu);

/* The flight of the vCPU has been answered with DONE, FOUR, BLOCK or OFF. */
void sched_finish(struct vcpu *vcpu, const uint64_t x[4], enum verdict verdict);

/* It has been answered with ABORT or UNDEF. */
void sched_refuse(struct vcpu *vcpu, enum verdict verdict);
