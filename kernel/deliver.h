/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts on their way to vCPUs: the words of irq.c under the VM's lock, and what follows from a
 * change: list registers of this CPU at once, those of others by a request. No caller holds the
 * lock. The eret to the guest makes what is written here take effect: there is no ISB. */
#pragma once

#include "irq.h"

struct cpu;
struct server;
struct vcpu;
struct vm;

/* This CPU's interface becomes that of a fresh vCPU: nothing pending or active, groups disabled,
 * all masked. deliver_sync then gives it what waits. */
void deliver_load(struct vcpu *vcpu);

/* The loaded vCPU goes off: its interrupts back to where others can get them. */
void deliver_withdraw(struct cpu *cpu, struct vcpu *vcpu);

/* ICH_HCR_EL2: while something else runs at EL1, ICH_HCR_HELD; then lr_state.hcr, or 0, again. */
void deliver_control(uint32_t hcr);

/* Puts this CPU's list registers in step: after a request, and at a maintenance interrupt. */
void deliver_sync(struct cpu *cpu);

/* At a tick, and before a vCPU sleeps: in step if the guest has switched a group on or off; of
 * group 0 and off QEMU 7.2 does not tell. */
void deliver_look(struct cpu *cpu);

/* A physical interrupt that is `vm`'s own was acknowledged and is active. */
void deliver_fire(struct cpu *cpu, struct vm *vm, uint32_t intid);

/* A trapped write to ICC_DIR_EL1. */
void deliver_deactivate(struct cpu *cpu, struct vcpu *vcpu, uint64_t value);

/* Would WFI of the loaded vCPU end now? What waits elsewhere comes with a request. */
bool deliver_pending(struct vcpu *vcpu);

/* The system calls. The VM exists and the caller has the right. */
enum status deliver_op(struct cpu *cpu, struct vm *vm, uint64_t where, uint64_t op, uint64_t mask);
enum status deliver_attr(struct cpu *cpu, struct vm *vm, uint64_t where, uint64_t intid,
                         uint64_t attr, uint64_t value);
enum status deliver_get(struct cpu *cpu, struct vm *vm, uint64_t where, uint64_t masks[IRQ_MASKS]);

/* A line of a server's own, by handle: BAD_HANDLE if it is not granted. */
enum status deliver_line(struct cpu *cpu, const struct server *server, uint64_t handle, bool high);
