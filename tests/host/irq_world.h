/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands around kernel/irq.c in its random test, written from the architecture: the hardware's
 * virtual CPU interface with list registers for each vCPU (acknowledge, priority drop, EOI, DIR,
 * EOIcount, maintenance conditions), the physical GIC's part of routed interrupts, and beside them
 * the model: a distributor with no list registers at all, in which every rule is one line.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "irq.h"

#define VCPUS     VCPU_MAX
#define VCPUS_FEW 3
#define PRIVATE   32
#define SPI_FIRST 32
#define INTIDS    240
#define SPI_SOME  48 /* random steps use SPIs 32..47, the flood all */
#define TIMER     27 /* level route, PPI */
#define DISK      40 /* level route, SPI, physical 140 */
#define KEY       41 /* edge route, SPI, physical 141 */
#define NONE      0x100

/* The distributor without list registers. */
struct irq {
    bool line, latch, active, deliver, edge, group1;
    bool fired, wire; /* level route: active at the physical GIC; level of the physical line */
    bool owed;        /* pended since it was last acknowledged */
    uint8_t priority;
    uint32_t target, owner;
};

struct interface {
    struct lr_state lists;
    uint64_t hardware[LR_MAX];
    uint32_t vmcr, hcr, eoi_count;
    uint32_t depth, dropped_count;
    struct {
        uint32_t intid;
        uint64_t lr;
    } running[32];            /* acknowledged, not dropped: priorities rise strictly */
    uint32_t dropped[INTIDS]; /* EOImode 1: to be deactivated by DIR */
};

extern struct irq_vm vm;
extern struct irq model[VCPUS][INTIDS]; /* SPIs in [0] */
extern struct interface interfaces[VCPUS];
extern uint32_t vcpus, intids; /* in use */
extern bool lazy;              /* vCPUs take their time to answer */
extern uint64_t world_seed;

uint32_t dice(uint32_t sides); /* 0 .. sides - 1 */
struct irq *irq_at(uint32_t vcpu, uint32_t intid);
bool level_route(uint32_t intid);

/* Everything that happens by itself: requests, maintenance, physical interrupts. */
void world_settle(bool late);

/* Interfaces and model agree, strictly; with `masks` what irq_get says, too. */
void world_check(bool masks);

/* irq_queues.c: what waits stands in its queue, and nothing else does. */
void queues_check(void);

/* What deliver.c does between hardware and struct lr_state. */
void interface_write(struct interface *face);
void interface_read(struct interface *face);
void interface_sync(uint32_t vcpu);

/* irq_change of one interrupt, often by the short way if that can be. */
void interface_change(uint32_t vcpu, uint32_t intid, uint32_t op);

/* What a guest does; false if there is nothing to acknowledge. */
bool guest_acknowledge(uint32_t vcpu);
void guest_end(uint32_t vcpu);
void guest_deactivate(uint32_t vcpu);

/* The pending list register that ICC_IAR would take if nothing were masked, or LR_MAX. */
uint32_t interface_best(const struct interface *face);
