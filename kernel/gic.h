/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The physical GICv3 (IHI 0069), with EOImode 1: acknowledge, drop the priority, leave active until
 * whoever the interrupt is for has dealt with it.
 */
#pragma once

#include "cpu.h"

#define GIC_SGI_KICK        0
#define GIC_PPI_MAINTENANCE 25
#define GIC_PPI_TICK        26                    /* CNTHP */
#define GIC_PPI_TIMERS      (1u << 27 | 1u << 30) /* a guest's: CNTV, CNTP */

#define GICD_SIZE           0x10000
#define GICR_STRIDE         0x20000 /* one CPU's redistributor */

void gic_init(uint64_t gicd, uint64_t gicr);
void gic_init_cpu(struct cpu *cpu);

/* An SPI: to one CPU, edge or level, enabled. */
void gic_enable(uint32_t intid, const struct cpu *cpu, bool edge);

/* Takes all that is pending and gives it to those it is for; returns at once if nothing is. */
void gic_poll(struct cpu *cpu);

void gic_kick(struct cpu *cpu);
void gic_deactivate(uint32_t intid);
/* The same for a PPI of another CPU, or any SPI. */
void gic_deactivate_at(const struct cpu *cpu, uint32_t intid);
