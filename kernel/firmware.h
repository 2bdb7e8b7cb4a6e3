/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's own calls to the firmware: PSCI 1.0 (Arm DEN0022) by SMC. No guest's call gets here.
 */
#pragma once

#include <stdint.h>

/* Starts a physical CPU at PA `entry` with x0 = `argument`; the PSCI return code, 0 for success. */
int64_t firmware_cpu_on(uint64_t mpidr, uint64_t entry, uint64_t argument);

_Noreturn void firmware_off(void);
