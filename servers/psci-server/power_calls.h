/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the model asks of the kernel, which alone knows which vCPU is on (include/skerry/syscall.h,
 * SYS_VCPU and SYS_VM). main.c makes the system calls; the host tests have a kernel of their own.
 */
#pragma once

#include <skerry/syscall.h>

struct power_answer {
    enum status status;
    enum vcpu_state state; /* before the call */
};

struct power_answer power_calls_start(uint8_t vm, uint8_t vcpu, uint64_t entry, uint64_t context);
struct power_answer power_calls_read(uint8_t vm, uint8_t vcpu);
enum status power_calls_change(uint8_t vm, enum vm_op op);
