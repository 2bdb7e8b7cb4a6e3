/* SPDX-License-Identifier: BSD-2-Clause */
/* See gicd_kernel.h. */
#include "gicd_kernel.h"

#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "gicd-server/gic.h"

struct kernel kernel;

struct kernel_irq *kernel_irq(uint32_t vcpu, uint32_t intid) {
    return intid < 32 ? &kernel.private[vcpu][intid] : &kernel.spi[intid];
}

static void count(uint32_t vm) {
    assert_int_equal(vm, kernel.vm);
    kernel.calls++;
    if (kernel.cut_at != 0 && --kernel.cut_at == 0) longjmp(kernel.cut, 1);
}

static struct kernel_irq *block_at(uint64_t where) {
    if (where < kernel.vcpu_count) return kernel.private[where];
    assert_true(where > IRQ_WHERE_SPI(0) && where < IRQ_WHERE_SPI(kernel.spi_end / 32));
    return &kernel.spi[(where - IRQ_WHERE_SPI(0)) * 32];
}

static void apply(struct kernel_irq *irq, enum irq_op op) {
    switch (op) {
    case IRQ_DELIVER:
    case IRQ_HOLD: irq->deliver = op == IRQ_DELIVER; return;
    case IRQ_PEND:
    case IRQ_UNPEND: irq->latch = op == IRQ_PEND; return;
    case IRQ_ACTIVATE:
    case IRQ_DEACTIVATE: irq->active = op == IRQ_ACTIVATE; return;
    case IRQ_EDGE:
    case IRQ_LEVEL: irq->edge = op == IRQ_EDGE; return;
    case IRQ_GROUP0:
    case IRQ_GROUP1:
        assert_false(irq->deliver); /* not while it may stand in a list register */
        irq->group1 = op == IRQ_GROUP1;
        return;
    case IRQ_OP_COUNT: break;
    }
    fail_msg("operation %d", op);
}

void irq_calls_send(uint32_t vm, uint32_t where, enum irq_op op, uint32_t mask) {
    count(vm);
    assert_int_not_equal(mask, 0); /* a call for nothing */
    if (where >= IRQ_WHERE_SGI(0)) {
        assert_true(where < IRQ_WHERE_SGI(16));
        assert_int_equal(op, IRQ_PEND);
        assert_int_equal(mask >> kernel.vcpu_count, 0);
        kernel.sgi_where = where;
        kernel.sgi_mask = mask;
        return;
    }
    for (uint32_t n = 0; n < 32; n++)
        if ((mask >> n & 1) != 0) apply(&block_at(where)[n], op);
}

void irq_calls_set(uint32_t vm, uint32_t where, uint32_t intid, enum irq_attr attr,
                   uint32_t value) {
    struct kernel_irq *irq = &block_at(where)[intid % 32];

    count(vm);
    assert_int_equal(intid / 32, where < IRQ_WHERE_SPI(0) ? 0 : where - IRQ_WHERE_SPI(0));
    if (attr == IRQ_TARGET) {
        assert_true(intid >= 32 && (value < kernel.vcpu_count || value == IRQ_TARGET_NONE));
        irq->target = value;
        return;
    }
    assert_int_equal(attr, IRQ_PRIORITY);
    assert_int_equal(intid % 4, 0);
    for (uint32_t n = 0; n < 4; n++) irq[n].priority = (uint8_t)(value >> 8 * n);
}

struct irq_masks irq_calls_read(uint32_t vm, uint32_t where) {
    struct irq_masks masks = {0};

    count(vm);
    for (uint32_t n = 0; n < 32; n++) {
        struct kernel_irq *irq = &block_at(where)[n];
        masks.pending |= (uint32_t)(irq->latch || (!irq->edge && irq->line)) << n;
        masks.active |= (uint32_t)irq->active << n;
    }
    return masks;
}
