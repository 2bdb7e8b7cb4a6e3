/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest names its vCPUs by affinity. This finds the vCPU, for servers that get such a name from
 * their guest (GICD_IROUTER, ICC_SGI1R_EL1, PSCI's target_cpu). Pure.
 */
#pragma once

#include <skerry/image.h>
#include <skerry/syscall.h>

/* Aff3 in 39:32, Aff2 to Aff0 in 23:0: MPIDR_EL1, GICD_IROUTER and PSCI share the layout. */
#define VCPUS_AFFINITY UINT64_C(0xff00ffffff)
#define VCPUS_NONE     IRQ_TARGET_NONE

/* The vCPU with exactly this affinity, or VCPUS_NONE. Nearly every VM numbers its vCPUs by Aff0, so
 * that one is tried first; else all are, at most VCPU_MAX. */
static inline unsigned vcpus_find(const struct config_vm *vm, uint64_t affinity) {
    unsigned guess = (uint8_t)affinity;
    if (guess < vm->vcpu_count && vm->mpidr[guess] == affinity) return guess;
    for (unsigned vcpu = 0; vcpu < vm->vcpu_count; vcpu++)
        if (vm->mpidr[vcpu] == affinity) return vcpu;
    return VCPUS_NONE;
}
