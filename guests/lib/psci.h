/* SPDX-License-Identifier: BSD-2-Clause */
/* The PSCI calls that guests make, by HVC. */
#pragma once

#include <stdint.h>

#define PSCI_VERSION       0x84000000u
#define PSCI_CPU_OFF       0x84000002u
#define PSCI_CPU_ON        0xc4000003u
#define PSCI_AFFINITY_INFO 0xc4000004u
#define PSCI_SYSTEM_OFF    0x84000008u
#define PSCI_SYSTEM_RESET  0x84000009u

#define PSCI_SUCCESS       0

int64_t psci_call(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3);
_Noreturn void psci_system_off(void);
