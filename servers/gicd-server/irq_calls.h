/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the model asks of the kernel, which alone knows what is pending, active or on its way to a
 * vCPU (include/skerry/syscall.h, SYS_IRQ_*). main.c makes the system calls; the host tests have
 * a kernel of their own here. No call fails if the system description grants the right `irq`.
 */
#pragma once

#include <skerry/syscall.h>

struct irq_masks { /* bit n: INTID n of the block */
    uint32_t pending, active;
};

void irq_calls_send(uint32_t vm, uint32_t where, enum irq_op op, uint32_t mask);
void irq_calls_set(uint32_t vm, uint32_t where, uint32_t intid, enum irq_attr attr, uint32_t value);
struct irq_masks irq_calls_read(uint32_t vm, uint32_t where);
