/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SMC Calling Convention 1.1 (Arm DEN 0028) of one VM: which calls exist, and the calls about
 * the convention itself. HVC and SMC are answered alike, for guests choose either.
 */
#pragma once

#include "server.h"

#define SMCCC_NOT_SUPPORTED UINT64_MAX /* -1, in W0 and in X0 */

#define SMCCC_64BIT         0x40000000u /* in a function id: arguments and results have 64 bits */
#define SMCCC_VERSION       0x80000000u

/* `function`: w0; x1 to x3: as the guest had them. The reply's value is for x0; the guest keeps all
 * other registers. */
struct reply smccc_answer(uint8_t vm, const struct config_vm *config, uint32_t function,
                          uint64_t x1, uint64_t x2, uint64_t x3);
