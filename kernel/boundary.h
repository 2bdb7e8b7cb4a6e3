/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What lies between a server and the rest: one file each (boundary_*.c), chosen by a word in the
 * system description and by what the CPU has. A boundary makes the server's space and switches
 * the registers around a visit; how a visit is conducted is visit.c's and the same for all.
 */
#pragma once

#include <stdint.h>

#include <skerry/image.h>
#include <skerry/status.h>

struct cpu;
struct server;
struct visit;

struct boundary {
    const char *name;
    uint64_t spsr;           /* PSTATE at an entry point */
    unsigned call_class;     /* ESR_EL2.EC of a gate call */
    enum status (*create)(struct server *server);
    /* Registers so that an eret goes into the server, and back to what the guest has. */
    void (*enter)(const struct server *server);
    void (*leave)(const struct server *server);
};

extern const struct boundary boundary_el0_vhe;

/* The boundary of this kind on this machine, null if there is none. */
const struct boundary *boundary_choose(enum image_boundary kind);

/* Maps gate page, segments and frames of a server; the format is the boundary's. */
enum status boundary_map(struct server *server, const void *gate, uint32_t attr_all);
