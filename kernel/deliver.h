/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts on their way to vCPUs: these change the words of irq.c under the VM's lock, which no
 * caller holds, and see that the list registers follow: this CPU's own at once, another CPU's by a
 * request. The eret to the guest makes what is written here take effect: there is no ISB. */
#pragma once

#include "irq.h"

/* ICH_APnRm_EL2, ICC_APnRm_EL1: m, and the PREbits from which it exists; UNDEFINED with fewer. */
#define APR_EACH(X) X(0, 1) X(1, 6) X(2, 7) X(3, 7)

struct cpu;
struct server;
struct vcpu;
struct vm;

/* Makes this CPU's interface that of a fresh vCPU: nothing pending or active, groups disabled, all
 * masked. deliver_sync then gives the vCPU what waits. */
void deliver_load(struct vcpu *vcpu);

/* The loaded vCPU goes off: the words take back what its list registers hold. */
void deliver_withdraw(struct cpu *cpu, struct vcpu *vcpu);

/* Sets ICH_HCR_EL2: ICH_HCR_HELD while a server runs at EL1, then lr_state.hcr, or 0, again. */
void deliver_control(uint32_t hcr);

/* Puts this CPU's list registers in step: after a request, and at a maintenance interrupt. */
void deliver_sync(struct cpu *cpu);

/* At a tick, and before a vCPU sleeps: deliver_sync if the guest has switched a group on or off.
 * QEMU 7.2 does not report that group 0 goes off. */
void deliver_look(struct cpu *cpu);

/* A physical interrupt that is `vm`'s own was acknowledged and is active. */
void deliver_fire(struct cpu *cpu, struct vm *vm, uint32_t intid);

/* A trapped write to ICC_DIR_EL1. */
void deliver_deactivate(struct cpu *cpu, struct vcpu *vcpu, uint64_t value);

/* Would WFI of the loaded vCPU end now? What is in no list register comes with a request. */
bool deliver_pending(struct vcpu *vcpu);

/* The system calls. The VM exists and the caller has the right. */
enum status deliver_op(struct cpu *cpu, struct vm *vm, uint64_t where, uint64_t op, uint64_t mask);
enum status deliver_attr(struct cpu *cpu, struct vm *vm, uint64_t where, uint64_t intid,
                         uint64_t attr, uint64_t value);
enum status deliver_get(struct cpu *cpu, struct vm *vm, uint64_t where, uint64_t masks[IRQ_MASKS]);

/* Sets a server's own line, by its handle: BAD_HANDLE if the server has no such line. */
enum status deliver_line(struct cpu *cpu, const struct server *server, uint64_t handle, bool high);
