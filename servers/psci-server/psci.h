/* SPDX-License-Identifier: BSD-2-Clause */
/* The Power State Coordination Interface 1.1 (Arm DEN 0022) of one VM. */
#pragma once

#include "server.h"

/* Function ids of the range 0x84000000 and 0xc4000000; what is not PSCI's is NOT_SUPPORTED. The
 * upper halves of x1 to x3 are zero if the id is of a 32-bit call. */
struct reply psci_answer(uint8_t vm, const struct config_vm *config, uint32_t function, uint64_t x1,
                         uint64_t x2, uint64_t x3);
