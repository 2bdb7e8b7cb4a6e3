/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registers of whatever was interrupted: a guest's vCPU or a server during a visit. SP_EL2
 * points at the frame of the context that runs, so that vectors.S can save into it with no free
 * register. The order is vectors.S's; the asserts tie it down.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct frame {
    uint64_t x[31];
    uint64_t elr;
    uint64_t spsr;
    uint64_t sp_el0;
    uint64_t tpidr_el0;
    uint64_t tpidrro_el0;
};

_Static_assert(offsetof(struct frame, elr) == 31 * 8, "vectors.S");
_Static_assert(offsetof(struct frame, spsr) == 32 * 8, "vectors.S");
_Static_assert(sizeof(struct frame) == 36 * 8, "vectors.S: SP stays 16-byte aligned");
