/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The model: vCPUs on, off and asleep, the VM off and reset. It keeps no state, for a vCPU's power
 * state is the kernel's, which lets exactly one of several CPU_ON win. What PSCI leaves optional
 * and is not listed here is NOT_SUPPORTED: SYSTEM_RESET2 too, as there is no reset that keeps a
 * VM's memory. So are the optional calls of SMCCC: firmware workarounds, SOC_ID, UIDs of services.
 */
#include "psci.h"

#include <vcpus.h>

#define SMCCC_64BIT               0x40000000u /* in a function id */
#define SMCCC_VERSION             0x80000000u
#define SMCCC_VERSION_1_1         0x10001u
#define SMCCC_ARCH_FEATURES       0x80000001u
#define PSCI_VERSION              0x84000000u
#define PSCI_CPU_SUSPEND          0x84000001u /* | SMCCC_64BIT */
#define PSCI_CPU_OFF              0x84000002u
#define PSCI_CPU_ON               0x84000003u /* | SMCCC_64BIT */
#define PSCI_AFFINITY_INFO        0x84000004u /* | SMCCC_64BIT */
#define PSCI_MIGRATE_INFO_TYPE    0x84000006u
#define PSCI_SYSTEM_OFF           0x84000008u
#define PSCI_SYSTEM_RESET         0x84000009u
#define PSCI_FEATURES             0x8400000au

#define PSCI_VERSION_1_1          0x10001u
#define PSCI_MIGRATE_NOT_REQUIRED 2           /* no Trusted OS that would have to move */
#define PSCI_LEVEL_MAX            3           /* of affinity: Aff3 */
#define PSCI_STATE_RESERVED       0xfcfe0000u /* of power_state in its original format */

/* Calls of the kernel stay out of psci_answer, which then is a leaf that saves no registers. */
#define APART                     __attribute__((noinline))

/* 5.2.2: return codes. */
enum psci_code {
    PSCI_SUCCESS = 0,
    PSCI_NOT_SUPPORTED = -1, /* SMCCC's, too */
    PSCI_INVALID_PARAMETERS = -2,
    PSCI_DENIED = -3,
    PSCI_ALREADY_ON = -4,
    PSCI_ON_PENDING = -5,
    PSCI_INTERNAL_FAILURE = -6,
    PSCI_INVALID_ADDRESS = -9,
};

/* Codes are signed, of 32 or 64 bits as the call; extended to 64 they serve both. */
static struct reply answer(enum psci_code code) { return reply_done((uint64_t)(int64_t)code); }

/* A powerdown state may be answered like standby, which returns with all registers kept (5.4.2,
 * point 3): so CPU_SUSPEND is WFI for both, and entry point and context are not looked at. */
static struct reply suspend(uint32_t power_state) {
    if ((power_state & PSCI_STATE_RESERVED) != 0) return answer(PSCI_INVALID_PARAMETERS);
    return reply_verdict(VERDICT_BLOCK); /* and SUCCESS, which is zero, in x0 */
}

static enum psci_code code_of_busy(enum vcpu_state state) {
    switch (state) {
    case VCPU_STATE_ON: return PSCI_ALREADY_ON;
    case VCPU_STATE_PENDING: return PSCI_ON_PENDING;
    case VCPU_STATE_OFF: break;
    }
    return PSCI_INTERNAL_FAILURE; /* the VM is being stopped or reset */
}

static APART struct reply turn_on(uint8_t vm, const struct config_vm *config, uint64_t target,
                                  uint64_t entry, uint64_t context) {
    unsigned vcpu = vcpus_find(config, target);
    if (vcpu == VCPUS_NONE) return answer(PSCI_INVALID_PARAMETERS);
    if (entry % 4 != 0) /* vCPUs start in AArch64 */
        return answer(PSCI_INVALID_ADDRESS);
    struct power_answer result = power_start(vm, (uint8_t)vcpu, entry, context);
    switch (result.status) {
    case STATUS_OK: return answer(PSCI_SUCCESS);
    case STATUS_BUSY: return answer(code_of_busy(result.state));
    case STATUS_RANGE: /* the kernel knows what is the VM's memory */
        return answer(PSCI_INVALID_ADDRESS);
    case STATUS_DENIED: return answer(PSCI_DENIED);
    default: return answer(PSCI_INTERNAL_FAILURE);
    }
}

/* 0: on, 1: off, 2: on pending (5.7.2). Of several vCPUs it is the first of on, pending, off. */
static APART struct reply affinity_info(uint8_t vm, const struct config_vm *config, uint64_t target,
                                        uint32_t level) {
    uint64_t below = (UINT64_C(1) << level % 4 * 8) - 1;
    bool found = false, pending = false;
    if (level > PSCI_LEVEL_MAX || (target & ~VCPUS_AFFINITY) != 0)
        return answer(PSCI_INVALID_PARAMETERS);
    for (uint8_t vcpu = 0; vcpu < config->vcpu_count; vcpu++) {
        if (((config->mpidr[vcpu] ^ target) & ~below) != 0) continue;
        struct power_answer result = power_read(vm, vcpu);
        if (result.status != STATUS_OK) return answer(PSCI_INTERNAL_FAILURE);
        if (result.state == VCPU_STATE_ON) return reply_done(0);
        found = true;
        pending |= result.state == VCPU_STATE_PENDING;
    }
    if (!found) return answer(PSCI_INVALID_PARAMETERS);
    return reply_done(pending ? 2 : 1);
}

/* Does not come back: the VM's end takes effect when the visit is over (SYS_VM). */
static APART struct reply end(uint8_t vm, enum vm_op op) {
    if (power_change(vm, op) != STATUS_OK)
        return answer(PSCI_INTERNAL_FAILURE); /* a system description without the right */
    return reply_verdict(VERDICT_OFF);
}

static struct reply features(uint32_t function) {
    switch (function) {
    case PSCI_CPU_SUSPEND: /* flags zero: original format of power_state, no OS-initiated mode */
    case PSCI_CPU_SUSPEND | SMCCC_64BIT:
    case PSCI_CPU_ON:
    case PSCI_CPU_ON | SMCCC_64BIT:
    case PSCI_AFFINITY_INFO:
    case PSCI_AFFINITY_INFO | SMCCC_64BIT:
    case PSCI_VERSION:
    case PSCI_CPU_OFF:
    case PSCI_MIGRATE_INFO_TYPE:
    case PSCI_SYSTEM_OFF:
    case PSCI_SYSTEM_RESET:
    case PSCI_FEATURES:
    case SMCCC_VERSION: return answer(PSCI_SUCCESS);
    }
    return answer(PSCI_NOT_SUPPORTED);
}

static struct reply arch_features(uint32_t function) {
    bool known = function == SMCCC_VERSION || function == SMCCC_ARCH_FEATURES;
    return answer(known ? PSCI_SUCCESS : PSCI_NOT_SUPPORTED);
}

struct reply psci_answer(uint8_t vm, const struct config_vm *config, uint32_t function, uint64_t x1,
                         uint64_t x2, uint64_t x3) {
    if (function == PSCI_VERSION) /* the call that measures a call: nothing in front of it */
        return reply_done(PSCI_VERSION_1_1);
    uint64_t mask = (function & SMCCC_64BIT) != 0 ? UINT64_MAX : UINT32_MAX;
    switch (function) {
    case PSCI_CPU_SUSPEND:
    case PSCI_CPU_SUSPEND | SMCCC_64BIT: return suspend((uint32_t)x1);
    case PSCI_CPU_OFF: return reply_verdict(VERDICT_OFF);
    case PSCI_CPU_ON:
    case PSCI_CPU_ON | SMCCC_64BIT: return turn_on(vm, config, x1 & mask, x2 & mask, x3 & mask);
    case PSCI_AFFINITY_INFO:
    case PSCI_AFFINITY_INFO | SMCCC_64BIT:
        return affinity_info(vm, config, x1 & mask, (uint32_t)x2);
    case PSCI_MIGRATE_INFO_TYPE: return reply_done(PSCI_MIGRATE_NOT_REQUIRED);
    case PSCI_SYSTEM_OFF: return end(vm, VM_STOP);
    case PSCI_SYSTEM_RESET: return end(vm, VM_RESET);
    case PSCI_FEATURES: return features((uint32_t)x1);
    case SMCCC_VERSION: return reply_done(SMCCC_VERSION_1_1);
    case SMCCC_ARCH_FEATURES: return arch_features((uint32_t)x1);
    }
    return answer(PSCI_NOT_SUPPORTED);
}
