/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel that the tests of gicd-server link in place of SYS_IRQ_*: one struct an interrupt, and
 * every rule of include/skerry/syscall.h about what may be asked is checked. It can be told to be
 * cut off at the nth call, as a server is that dies there.
 */
#pragma once

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#include <skerry/image.h>
#include <skerry/syscall.h>

struct kernel_irq {
    bool deliver, latch, active, edge, group1, line;
    uint8_t priority;
    unsigned target; /* SPIs */
};

struct kernel {
    uint32_t vm, vcpu_count, spi_end;
    struct kernel_irq private[VCPU_MAX][32];
    struct kernel_irq spi[SPI_END];
    unsigned calls;
    unsigned cut_at; /* 0: never; n: the nth call from here jumps to `cut` before any effect */
    jmp_buf cut;
    uint64_t sgi_where, sgi_mask; /* of the last call for an SGI */
};

extern struct kernel kernel;

/* The interrupt `intid` as the vCPU sees it. */
struct kernel_irq *kernel_irq(uint32_t vcpu, uint32_t intid);
