/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Power State Coordination Interface 1.1 (Arm DEN 0022) of one VM, and what the SMC Calling
 * Convention 1.1 (DEN 0028) says of itself. HVC and SMC are answered alike, for guests choose
 * either. Pure but for three calls of the kernel, which alone knows which vCPU is on: main.c makes
 * them; the host tests have a kernel of their own.
 */
#pragma once

#include <server.h>

struct power_answer {
    enum status status;
    enum vcpu_state state; /* before the call */
};

struct power_answer power_start(uint8_t vm, uint8_t vcpu, uint64_t entry, uint64_t context);
struct power_answer power_read(uint8_t vm, uint8_t vcpu);
enum status power_change(uint8_t vm, enum vm_op op);

/* `function`: w0; x1 to x3: as the guest had them. The reply's value is for x0; the guest keeps all
 * other registers. What is nobody's is NOT_SUPPORTED, -1. */
struct reply psci_answer(uint8_t vm, const struct config_vm *config, uint32_t function, uint64_t x1,
                         uint64_t x2, uint64_t x3);
