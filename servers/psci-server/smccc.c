/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose a function id is. Called by main.c for every HVC #0 and SMC #0 of a guest; hands what is
 * PSCI's to psci.c. Pure. Version 1.1 has mandatory calls for itself only; its optional ones (the
 * firmware workarounds, SOC_ID, UIDs of services) are not here, and an unknown id gives -1 in x0.
 */
#include "smccc.h"

#include "psci.h"

#define SMCCC_ARCH_FEATURES 0x80000001u
#define SMCCC_VERSION_1_1   0x10001u

#define SMCCC_RANGE         0xbf000000u /* fast call and its owner, be it 32-bit or 64-bit */
#define SMCCC_RANGE_PSCI    0x84000000u /* the standard secure service */

struct reply smccc_answer(uint8_t vm, const struct config_vm *config, uint32_t function,
                          uint64_t x1, uint64_t x2, uint64_t x3) {
    if ((function & SMCCC_RANGE) == SMCCC_RANGE_PSCI) {
        if ((function & SMCCC_64BIT) != 0) return psci_answer(vm, config, function, x1, x2, x3);
        return psci_answer(vm, config, function, (uint32_t)x1, (uint32_t)x2, (uint32_t)x3);
    }
    if (function == SMCCC_VERSION) return reply_done(SMCCC_VERSION_1_1);
    if (function == SMCCC_ARCH_FEATURES) {
        uint32_t wanted = (uint32_t)x1;
        if (wanted == SMCCC_VERSION || wanted == SMCCC_ARCH_FEATURES) return reply_done(0);
    }
    return reply_done(SMCCC_NOT_SUPPORTED);
}
