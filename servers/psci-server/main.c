/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The psci-server: answers the SMCCC calls of every VM that has its function ids here. This file
 * picks the VM and makes the model's system calls. It keeps nothing.
 */
#include "psci.h"

#include <gate.h>

struct server_config server_config;

static struct power_answer answer_of(struct gate_result result) {
    return (struct power_answer){result.status, (enum vcpu_state)result.x1};
}

struct power_answer power_start(uint8_t vm, uint8_t vcpu, uint64_t entry, uint64_t context) {
    return answer_of(vcpu_op(vm, vcpu, VCPU_ON, entry, context));
}

struct power_answer power_read(uint8_t vm, uint8_t vcpu) {
    return answer_of(vcpu_op(vm, vcpu, VCPU_STATE, 0, 0));
}

enum status power_change(uint8_t vm, enum vm_op op) { return vm_op(vm, op); }

/* x3 to x9 of the message are the guest's x1 to x7; no call here takes more than three of them. */
struct reply server_access(uint64_t badge, uint64_t where, uint64_t info, uint64_t value,
                           uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4) {
    uint8_t vm = badge_vm(badge);

    (void)info, (void)a3, (void)a4;
    return psci_answer(vm, &server_config.vm[vm], (uint32_t)where, value, a1, a2);
}
