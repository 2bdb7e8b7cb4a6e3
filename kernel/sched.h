/* SPDX-License-Identifier: BSD-2-Clause */
/* What a CPU does next. */
#pragma once

struct cpu;
struct frame;

/* Notifications first, then the vCPU, otherwise sleep. Always finds something in the end. */
struct frame *sched_next(struct cpu *cpu);
