/* SPDX-License-Identifier: BSD-2-Clause */
/* What lies between a server and the rest (boundary_*.c), chosen by a word in the system
 * description and by what the CPU has. A boundary switches registers before and after a visit;
 * everything else about a visit is visit.c's, the same for all. */
#pragma once

#include "vcpu.h"

struct boundary {
    uint64_t spsr;       /* PSTATE at an entry point */
    uint64_t call_class; /* ESR_EL2.EC of a gate call */
    uint64_t format;     /* enum pagetable_format; start.S would relocate two numbers of 32 bits */
    /* `enter` sets registers so that an eret of visit->frame goes into the server; `leave` sets the
     * guest's again, for an eret of `next`. Both return what runs next. There is no ISB: an eret is
     * one (SCTLR_EL2.EOS). `leave` has one where the kernel's own work needs it. */
    struct frame *(*enter)(struct cpu *cpu, struct visit *visit);
    struct frame *(*leave)(struct cpu *cpu, struct frame *next);
};

extern const struct boundary boundary_el0_vhe, boundary_el0_stage2, boundary_el1, boundary_el2;

/* In the gate page: the vectors of boundary el1, and the immediate of the first one's call. */
#define GATE_VECTORS 0x800
#define GATE_VECTOR  0x100

/* Gives the server the boundary that its description and this machine ask for, and its space. */
enum status boundary_create(struct server *server);
