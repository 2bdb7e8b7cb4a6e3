/* SPDX-License-Identifier: BSD-2-Clause */
/* Exceptions from below EL2, as vectors.S delivers them; back goes the frame of what runs next. */
#pragma once

#include "frame.h"

struct cpu;

struct frame *trap_sync(struct cpu *cpu, uint64_t esr); /* a guest, or a server at EL0 or EL1 */
struct frame *trap_irq(struct cpu *cpu);
struct frame *trap_serror(struct cpu *cpu, uint64_t esr);
