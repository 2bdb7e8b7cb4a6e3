/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of kernel/irq.c start from: a VM of two vCPUs with three routes, everything
 * deliverable, and vCPU 0 with four list registers. Included once a program. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "irq.h"

#define TIMER   27
#define UART    33
#define DISK    40
#define KEY     41
#define BLOCK   IRQ_WHERE_SPI(1)
#define BIT(n)  (UINT64_C(1) << (n) % 32)
#define PRIO(p) ((uint64_t)(p) << 48)

static struct irq_vm vm;
static struct lr_state lists;

/* The physical interrupts that were deactivated. */
static uint32_t ended_count, ended_intid, ended_vcpu;

void irq_physical_end(struct irq_vm *at, uint32_t vcpu, uint32_t intid) {
    assert_ptr_equal(at, &vm);
    ended_count++;
    ended_intid = intid;
    ended_vcpu = vcpu;
}

static int fresh(void **state) {
    (void)state;
    vm = (struct irq_vm){.vcpu_count = 2};
    irq_reset(&vm);
    ended_count = 0;
    irq_route(&vm, TIMER, TIMER, false);
    irq_route(&vm, DISK, 140, false);
    irq_route(&vm, KEY, 141, true);
    lists = (struct lr_state){.count = 4, .vmcr = 0xff000003, .hcr = ICH_HCR_EN};
    irq_attr(&vm, IRQ_WHERE_PRIVATE(0), 24, IRQ_PRIORITY, 0xa0a0a0a0);
    irq_op(&vm, IRQ_WHERE_PRIVATE(0), IRQ_GROUP1, 0xffffffff);
    irq_op(&vm, IRQ_WHERE_PRIVATE(0), IRQ_DELIVER, 0xffffffff);
    irq_op(&vm, BLOCK, IRQ_DELIVER, 0xffffffff);
    return 0;
}

static void sync(void) {
    irq_sync(&vm, 0, &lists);
    lists.touched = 0;
}

/* What the guest does to list register 0. */
static inline void guest(uint64_t clear, uint64_t set) {
    lists.lr[0] = (lists.lr[0] & ~clear) | set;
}

#define TEST(name) cmocka_unit_test_setup(name, fresh)
