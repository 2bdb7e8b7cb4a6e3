/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls of servers (include/skerry/syscall.h). */
#pragma once

#include <stdint.h>

struct cpu;
struct frame;
struct visit;

/* The innermost visit made gate call `number`, below GATE_ENTRIES; what runs next. */
__attribute__((noinline)) struct frame *syscall_enter(struct cpu *cpu, struct visit *visit,
                                                      unsigned number);
