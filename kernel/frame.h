/* SPDX-License-Identifier: BSD-2-Clause */
/* The registers of whatever was interrupted: a guest's vCPU or a server during a visit. SP_EL2
 * points at the frame of the context that runs, so that vectors.S can save into it with no free
 * register. The layout is the assembler's (offsets.def). */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Of functions: docs/tour.md says why. */
#define NOINLINE __attribute__((noinline))
#define COLD     __attribute__((cold))
#define FLATTEN  __attribute__((flatten))

struct frame {
    _Alignas(16) uint64_t x[31]; /* SP is aligned (SCTLR_EL2.SA; QEMU does not check) */
    uint64_t xzr;                /* "x[31]", zero whenever C looks: a store of XZR reads it */
    uint64_t elr;
    uint64_t spsr;
    uint64_t sp_el0;
    uint64_t tpidr_el0;
    uint64_t tpidrro_el0;
    uint64_t pad; /* to a multiple of 16 bytes */
};
