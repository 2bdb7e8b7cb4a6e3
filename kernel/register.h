/* SPDX-License-Identifier: BSD-2-Clause */
/* Trapped system registers of guests (ESR_EL2.EC 0x18). */
#pragma once

#include <stdint.h>

struct cpu;
struct frame;
struct vcpu;
struct vm;

struct frame *register_access(struct cpu *cpu, struct vcpu *vcpu, uint64_t esr);

/* The ID registers as guests of this machine see them: only what is switched. */
void register_identify(struct vm *vm);
