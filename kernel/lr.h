/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual CPU interface of this CPU: list registers, ICH_HCR_EL2, ICH_VMCR_EL2, active
 * priorities. All functions run on the CPU of the vCPU they name, and those that take a VM under
 * its lock; the caller then deactivates vm->physical and kicks the other vCPUs that became due.
 * irq.c decides what goes where. The eret to the guest makes what is written here take effect, so
 * there is no ISB.
 */
#pragma once

#include "irq.h"

/* A fresh vCPU's: nothing pending or active, groups disabled, all masked. Not loaded. */
void lr_reset(struct irq_vm *vm, uint32_t vcpu, struct lr_state *lists);

/* Into the hardware; and out of it, which leaves the CPU without virtual interrupts. */
void lr_load(const struct lr_state *lists);
void lr_save(struct lr_state *lists);

/* While something else runs at EL1: no virtual interrupt, no access to the interface; the lists of
 * the loaded vCPU may change meanwhile. Then `hcr` (lr_state.hcr, or 0) again. */
void lr_hold(void);
void lr_let_go(uint32_t hcr);

/* The rest is for the loaded vCPU. Puts list registers and words in step: when it is due; and at a
 * maintenance interrupt. */
void lr_sync(struct irq_vm *vm, uint32_t vcpu, struct lr_state *lists);
void lr_maintain(struct irq_vm *vm, uint32_t vcpu, struct lr_state *lists);

/* irq_fire, and PEND of the vCPU's own SGI, and what follows for its list registers. */
void lr_fire(struct irq_vm *vm, uint32_t vcpu, struct lr_state *lists, uint32_t intid);
void lr_pend(struct irq_vm *vm, uint32_t vcpu, struct lr_state *lists, uint32_t intid);

/* A trapped write of `value` to ICC_DIR_EL1. With EOImode 0 it has no effect. */
void lr_deactivate(struct irq_vm *vm, uint32_t vcpu, struct lr_state *lists, uint64_t value);

/* Would WFI end now? */
bool lr_wakes(const struct irq_vm *vm, uint32_t vcpu, struct lr_state *lists);

/* The vCPU goes off: its interrupts back to their words. Not loaded any more. */
void lr_withdraw(struct irq_vm *vm, uint32_t vcpu, struct lr_state *lists);
