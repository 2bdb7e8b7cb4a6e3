/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

struct cpu;
struct frame;

/* CPU 0, until the VMs run: the next step of starting the system, null when there is none left. */
struct frame *main_start(struct cpu *cpu);
