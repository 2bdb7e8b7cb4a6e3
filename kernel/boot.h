/* SPDX-License-Identifier: BSD-2-Clause */
/* The order of boot; from the image's tables to the objects of the kernel. */
#pragma once

#include "cpu.h"

struct frame;
struct vm;

extern bool fast_path; /* fast.S may be used: the CPU has VHE, and the image does not forbid it */

/* From start.S, on the CPU's own stack. */
_Noreturn void main(struct cpu *cpu);

/* CPU 0, until the VMs run: the next step of starting the system, null when there is none left. */
struct frame *boot_start(struct cpu *cpu);

/* Where a load or segment of the payload is. */
const void *boot_payload(uint64_t offset);

/* A VM's memory as its description says: loads where they belong, zeros elsewhere. */
void boot_fill_vm(struct vm *vm);
