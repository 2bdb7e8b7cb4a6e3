/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registers of whatever was interrupted: a guest's vCPU or a server during a visit. SP_EL2
 * points at the frame of the context that runs, so that vectors.S can save into it with no free
 * register. The layout is the assembler's (offsets.h); the asserts tie it down.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "offsets.h"

struct frame {
    uint64_t x[31];
    uint64_t xzr; /* "x[31]", always zero: a store of XZR reads it */
    uint64_t elr;
    uint64_t spsr;
    uint64_t sp_el0;
    uint64_t tpidr_el0;
    uint64_t tpidrro_el0;
    uint64_t pad;
};

_Static_assert(offsetof(struct frame, elr) == FRAME_ELR, "offsets.h");
_Static_assert(offsetof(struct frame, sp_el0) == FRAME_SP_EL0, "offsets.h");
_Static_assert(offsetof(struct frame, tpidrro_el0) == FRAME_TPIDRRO, "offsets.h");
_Static_assert(sizeof(struct frame) == FRAME_SIZE && FRAME_SIZE % 16 == 0, "offsets.h");
