/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A GICv3 as the architecture describes it, one interrupt at a time: what each access must read and
 * leave behind. Written without a look at gicd-server: no masks, no blocks, no shortcuts.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <skerry/image.h>

enum oracle_window { ORACLE_GICD, ORACLE_GICR };

struct oracle_irq {
    bool enabled, group1, edge, pending, active, line;
    uint8_t priority;
    uint64_t route;
};

struct oracle {
    struct config_vm config;
    bool group0_on, group1_on;
    bool asleep[VCPU_MAX];
    struct oracle_irq private[VCPU_MAX][32];
    struct oracle_irq spi[SPI_END];
};

void oracle_reset(struct oracle *oracle);
struct oracle_irq *oracle_irq(struct oracle *oracle, uint32_t vcpu, uint32_t intid);
/* The vCPU that an SPI goes to, or IRQ_TARGET_NONE. */
unsigned oracle_target(const struct oracle *oracle, uint32_t intid);

uint64_t oracle_read(struct oracle *oracle, enum oracle_window window, uint32_t offset,
                     unsigned size);
/* True if some register took the access. */
bool oracle_write(struct oracle *oracle, enum oracle_window window, uint32_t offset, unsigned size,
                  uint64_t value);
