/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ways to spoil the valid system of image_build.c, each with what the kernel must answer. Data of
 * test_image.c alone.
 */
#pragma once

#include <skerry/access.h>

#include "image_build.h"

#define BASE(n) ((uint64_t)((n) + 1) << 32)
#define SAME    UINT32_MAX

/* Sets one field of one entry of the valid system. */
struct variant {
    uint32_t type, entry;
    size_t offset, size;
    uint64_t value;
    const char *what;
    uint32_t blamed_type, blamed_entry; /* SAME: the changed one */
};

#define FIELD(type, name, entry, field, value, what)                                               \
    {                                                                                              \
        IMAGE_##type, entry, offsetof(struct image_##name, field),                                 \
            sizeof(((struct image_##name *)0)->field), value, what, SAME, SAME                     \
    }
/* The same, but another entry (in the order of checks, the first that notices) is blamed. */
#define BLAME(type, name, entry, field, value, what, blamed_type, blamed_entry)                    \
    {                                                                                              \
        IMAGE_##type, entry, offsetof(struct image_##name, field),                                 \
            sizeof(((struct image_##name *)0)->field), value, what, IMAGE_##blamed_type,           \
            blamed_entry                                                                           \
    }

#define RAM    UINT64_C(0x40000000)
#define MIB(n) ((uint64_t)(n) << 20)

static const struct variant variants[] = {
    FIELD(MACHINE, machine, 0, ram_base, RAM + 0x1000,
          "ram_base is empty, misaligned or out of range"),
    FIELD(MACHINE, machine, 0, ram_size, 0, "ram_base is empty, misaligned or out of range"),
    FIELD(MACHINE, machine, 0, ram_size, -(uint64_t)MIB(2),
          "ram_base is empty, misaligned or out of range"),
    FIELD(MACHINE, machine, 0, ram_size, RAM_MAX + MIB(2),
          "ram_size is too large, or not where the kernel is"),
    FIELD(MACHINE, machine, 0, ram_base, RAM + MIB(4),
          "ram_size is too large, or not where the kernel is"),
    FIELD(MACHINE, machine, 0, gicd, 0x08001000,
          "gicd or gicr is misaligned, in RAM or out of range"),
    FIELD(MACHINE, machine, 0, gicd, RAM, "gicd or gicr is misaligned, in RAM or out of range"),
    FIELD(MACHINE, machine, 0, gicr, RAM - 0x20000,
          "gicd or gicr is misaligned, in RAM or out of range"),
    FIELD(MACHINE, machine, 0, gicr, 0x07fb0000,
          "gicd or gicr is misaligned, in RAM or out of range"),
    FIELD(MACHINE, machine, 0, gicr, 0xffffffffffff0000,
          "gicd or gicr is misaligned, in RAM or out of range"),
    FIELD(MACHINE, machine, 0, gicd, 0x7fc0000000,
          "gicd or gicr is misaligned, in RAM or out of range"),
    FIELD(MACHINE, machine, 0, gicr, 0x7fbfff0000,
          "gicd or gicr is misaligned, in RAM or out of range"),
    FIELD(MACHINE, machine, 0, pool_pa, RAM + 0x401000,
          "pool_pa is empty, misaligned or out of range"),
    FIELD(MACHINE, machine, 0, pool_size, 0, "pool_pa is empty, misaligned or out of range"),
    FIELD(MACHINE, machine, 0, pool_pa, RAM + MIB(510), "pool_pa is not in RAM"),
    FIELD(MACHINE, machine, 0, pool_pa, RAM + MIB(2), "pool_pa overlaps the kernel's memory"),
    FIELD(MACHINE, machine, 0, flags, 4, "flags or its padding has bits that must be zero"),
    FIELD(MACHINE, machine, 0, pad, 1, "flags or its padding has bits that must be zero"),

    FIELD(CPU, cpu, 1, mpidr, 0x80000001, "mpidr has bits that must be zero"),
    FIELD(CPU, cpu, 2, mpidr, 0, "mpidr is another's"),

    FIELD(VM, vm, 0, name, 0, "name is malformed"),
    FIELD(VM, vm, 1, name, 0x1b6d6d, "name is malformed"), /* an escape character */
    FIELD(VM, vm, 0, name[15], 'x', "name is malformed"),
    FIELD(VM, vm, 0, entry, 0x40200002, "entry is not in executable memory"),
    FIELD(VM, vm, 0, entry, 0x04000000, "entry is not in executable memory"),
    FIELD(VM, vm, 0, entry, 0x44000000, "entry is not in executable memory"),
    FIELD(VM, vm, 0, pool_size, MIB(1), "pool_pa is empty, misaligned or out of range"),
    FIELD(VM, vm, 1, pool_pa, RAM + MIB(8), "pool_pa shares memory with another entry"),
    FIELD(VM, vm, 1, pool_pa, RAM - MIB(2), "pool_pa is not in RAM"),

    FIELD(VCPU, vcpu, 1, vm, 2, "vm is not there"),
    FIELD(VCPU, vcpu, 1, cpu, 3, "cpu is not there"),
    FIELD(VCPU, vcpu, 1, cpu, 0, "cpu is another's"),
    FIELD(VCPU, vcpu, 1, mpidr, 0, "mpidr is another's"),
    FIELD(VCPU, vcpu, 1, mpidr, 1u << 24, "mpidr has bits that must be zero"),
    FIELD(VCPU, vcpu, 0, pad[5], 1, "pad or its padding has bits that must be zero"),
    BLAME(VCPU, vcpu, 2, vm, 0, "entry has no vCPU", VM, 1),

    FIELD(REGION, region, 1, vm, 2, "vm is not there"),
    FIELD(REGION, region, 1, size, 0, "ipa is empty, misaligned or out of range"),
    FIELD(REGION, region, 1, size, 0x800, "ipa is empty, misaligned or out of range"),
    FIELD(REGION, region, 1, ipa, 0x04000010, "ipa is empty, misaligned or out of range"),
    FIELD(REGION, region, 1, ipa, (UINT64_C(1) << 40) - 0x1000,
          "ipa is empty, misaligned or out of range"),
    FIELD(REGION, region, 1, ipa, 0xfffffffffffff000, "ipa is empty, misaligned or out of range"),
    FIELD(REGION, region, 1, pa, RAM + MIB(97), "pa has bits that must be zero"),
    FIELD(REGION, region, 1, pa, RAM + MIB(512), "pa is not in RAM"),
    FIELD(REGION, region, 0, size, MIB(512), "pa is not in RAM"),
    FIELD(REGION, region, 1, pa, RAM + MIB(2), "pa overlaps the kernel's memory"),
    FIELD(REGION, region, 1, pa, RAM + MIB(10), "pa shares memory with another entry"),
    FIELD(REGION, region, 2, pa, RAM + MIB(96), "pa shares memory with another entry"),
    FIELD(REGION, region, 1, pa, RAM + MIB(94), "pa shares memory with another entry"),
    FIELD(REGION, region, 1, ipa, 0x43fff000, "ipa overlaps another or the page behind it"),
    FIELD(REGION, region, 0, flags, 7, "flags or its padding has bits that must be zero"),
    FIELD(REGION, region, 0, pad[0], 1, "flags or its padding has bits that must be zero"),
    BLAME(REGION, region, 2, flags, REGION_WRITE, "entry is not in executable memory", VM, 1),

    FIELD(LOAD, load, 2, vm, 9, "vm is not there"),
    FIELD(LOAD, load, 2, size, 0, "size is too small"),
    FIELD(LOAD, load, 2, size, BUILD_BYTES, "offset is not in the payload"),
    FIELD(LOAD, load, 0, size, BUILD_BYTES + 1, "offset is not in the payload"), /* one byte */
    FIELD(LOAD, load, 2, size, UINT64_MAX - 7, "offset is not in the payload"),
    FIELD(LOAD, load, 2, offset, 4, "offset is not in the payload"),
    FIELD(LOAD, load, 2, offset, BUILD_BYTES, "offset is not in the payload"),
    FIELD(LOAD, load, 1, ipa, 0x44000000 - 60, "ipa is not within one region of its VM"),
    FIELD(LOAD, load, 1, ipa, 0x4020003f, "ipa overlaps another or the page behind it"),
    FIELD(LOAD, load, 0, pad[6], 1, "pad or its padding has bits that must be zero"),

    FIELD(SERVER, server, 1, name[15], 'x', "name is malformed"),
    FIELD(SERVER, server, 0, base, 0, "base is too small"),
    FIELD(SERVER, server, 0, base, SERVER_VA_END, "base is empty, misaligned or out of range"),
    FIELD(SERVER, server, 0, size, SERVER_VA_END, "base is empty, misaligned or out of range"),
    FIELD(SERVER, server, 2, base, BASE(1) + 0x1000, "base overlaps another or the page behind it"),
    FIELD(SERVER, server, 0, init, BASE(0) + 0x3000, "init is not in executable memory"),
    FIELD(SERVER, server, 1, access, BASE(0) + 0x1000, "access is not in executable memory"),
    FIELD(SERVER, server, 1, called, BASE(1) + 0x1002, "called is not in executable memory"),
    FIELD(SERVER, server, 1, notified, BASE(1) + 0x3000 - 3,
          "notified is not in executable memory"),
    FIELD(SERVER, server, 1, notified, BASE(1), "notified is not in executable memory"),
    FIELD(SERVER, server, 0, budget_us, 0, "budget_us is too small"),
    FIELD(SERVER, server, 0, budget_us, 501, "budget_us is too large"),
    FIELD(SERVER, server, 0, boundary, BOUNDARY_COUNT, "boundary is too large"),
    FIELD(SERVER, server, 0, policy, POLICY_COUNT, "policy is too large"),
    FIELD(SERVER, server, 0, next_policy, POLICY_COUNT, "next_policy is too large"),
    FIELD(SERVER, server, 0, flags, 8, "flags or its padding has bits that must be zero"),
    FIELD(SERVER, server, 0, pad, 1, "flags or its padding has bits that must be zero"),
    FIELD(SERVER, server, 0, stack_size, 0, "stack_size is too small"),
    FIELD(SERVER, server, 0, stack_top, BASE(0) + 0x7ff8,
          "stack_top or its padding has bits that must be zero"),
    FIELD(SERVER, server, 0, stack_top, 0x1000, "stack_size is larger than it may be"),
    FIELD(SERVER, server, 0, stack_top, BASE(0) + 0x9000,
          "stack_top is not above writable memory and a guard page"),
    FIELD(SERVER, server, 0, stack_top, BASE(1) + 0x8000,
          "stack_top is not above writable memory and a guard page"),
    FIELD(SERVER, server, 0, stack_size, 0x3000,
          "stack_top is not above writable memory and a guard page"),
    FIELD(SERVER, server, 0, stack_size, 0x1000,
          "stack_top is not above writable memory and a guard page"),
    FIELD(SERVER, server, 2, stack_stride, 0, "stack_size is larger than it may be"),
    FIELD(SERVER, server, 2, stack_stride, 0x3008,
          "stack_stride or its padding has bits that must be zero"),
    FIELD(SERVER, server, 2, stack_stride, 0x2000,
          "stack_top is not above writable memory and a guard page"),
    FIELD(SERVER, server, 2, stack_stride, 0x4000,
          "stack_top is not above writable memory and a guard page"),
    BLAME(FRAME, frame, 0, va, BASE(0) + 0x5000,
          "stack_top is not above writable memory and a guard page", SERVER, 0),
    BLAME(SEGMENT, segment, 2, flags, 0, "stack_top is not above writable memory and a guard page",
          SERVER, 0),

    FIELD(SEGMENT, segment, 3, server, 3, "server is not there"),
    FIELD(SEGMENT, segment, 1, size, 0x1001, "va is empty, misaligned or out of range"),
    FIELD(SEGMENT, segment, 1, size, 0, "va is empty, misaligned or out of range"),
    FIELD(SEGMENT, segment, 1, va, BASE(0), "va is outside its server's range"),
    FIELD(SEGMENT, segment, 1, va, BASE(1) + 0x20000, "va is outside its server's range"),
    FIELD(SEGMENT, segment, 3, va, BASE(0) + 0x7000, "va overlaps another or the page behind it"),
    FIELD(SEGMENT, segment, 3, flags, 8, "flags is no possible combination"),
    FIELD(SEGMENT, segment, 3, pad[2], 1, "pad or its padding has bits that must be zero"),
    FIELD(SEGMENT, segment, 0, flags, SEGMENT_EXECUTE | SEGMENT_WRITE,
          "flags is no possible combination"),
    FIELD(SEGMENT, segment, 3, flags, SEGMENT_STATE, "flags is no possible combination"),
    FIELD(SEGMENT, segment, 0, file_size, 0x2008, "file_size is larger than it may be"),
    FIELD(SEGMENT, segment, 0, offset, BUILD_BYTES - 56, "offset is not in the payload"),
    FIELD(SEGMENT, segment, 0, offset, 1, "offset is not in the payload"),
    FIELD(SEGMENT, segment, 0, pa, RAM + MIB(12) + 0x800,
          "pa or its padding has bits that must be zero"),
    FIELD(SEGMENT, segment, 0, pa, 0, "pa is not in RAM"),
    FIELD(SEGMENT, segment, 3, pa, RAM + MIB(12), "pa shares memory with another entry"),
    FIELD(SEGMENT, segment, 4, pa, RAM + MIB(12) + 0x1ff000, "pa shares memory with another entry"),
    FIELD(SEGMENT, segment, 4, pa, RAM + MIB(95), "pa shares memory with another entry"),
    FIELD(SEGMENT, segment, 4, pa, RAM + MIB(7), "pa shares memory with another entry"),
    FIELD(SEGMENT, segment, 3, pa, RAM + MIB(3), "pa overlaps the kernel's memory"),

    FIELD(FRAME, frame, 1, server, 200, "server is not there"),
    BLAME(FRAME, frame, 1, server, 0, "va is outside its server's range", FRAME, 1),
    FIELD(FRAME, frame, 0, va, BASE(0) + 0x10000, "va overlaps another or the page behind it"),
    FIELD(FRAME, frame, 0, va, BASE(0) + 0x11000, "va overlaps another or the page behind it"),
    FIELD(FRAME, frame, 2, va, BASE(1) + 0x80001000, "va overlaps another or the page behind it"),
    FIELD(FRAME, frame, 0, size, UINT64_C(1) << 32, "va is outside its server's range"),
    FIELD(FRAME, frame, 0, flags, 2, "flags or its padding has bits that must be zero"),
    FIELD(FRAME, frame, 0, pad[0], 2, "flags or its padding has bits that must be zero"),
    FIELD(FRAME, frame, 0, pa, 0x09000004, "pa is empty, misaligned or out of range"),
    FIELD(FRAME, frame, 0, pa, 0xfffffffffffff000, "pa is empty, misaligned or out of range"),
    FIELD(FRAME, frame, 0, pa, RAM + MIB(511), "pa is in RAM"),
    FIELD(FRAME, frame, 0, pa, 0x0800f000, "pa is the interrupt controller's"),
    FIELD(FRAME, frame, 1, pa, 0x080ff000, "pa is the interrupt controller's"),
    FIELD(FRAME, frame, 1, pa, 0x08fff000, "pa shares memory with another entry"),

    FIELD(WINDOW, window, 3, vm, 2, "vm is not there"),
    FIELD(WINDOW, window, 3, server, 3, "server is not there"),
    FIELD(WINDOW, window, 0, size, 0x10, "ipa is empty, misaligned or out of range"),
    FIELD(WINDOW, window, 0, ipa, UINT64_C(1) << 40, "ipa is empty, misaligned or out of range"),
    FIELD(WINDOW, window, 0, offset, UINT64_MAX, "offset is empty, misaligned or out of range"),
    FIELD(WINDOW, window, 0, pad[3], 1, "pad or its padding has bits that must be zero"),
    FIELD(WINDOW, window, 0, ipa, 0x43fff000, "ipa overlaps another or the page behind it"),
    FIELD(WINDOW, window, 0, ipa, 0x44000000, "ipa overlaps another or the page behind it"),
    FIELD(WINDOW, window, 2, ipa, 0x0800f000, "ipa overlaps another or the page behind it"),

    FIELD(SYSREG, sysreg, 2, server, 3, "server is not there"),
    FIELD(SYSREG, sysreg, 0, encoding, 1, "encoding has bits that must be zero"),
    FIELD(SYSREG, sysreg, 1, encoding, SYSREG_ICC_SGI1R_EL1, "encoding is another's"),
    BLAME(SYSREG, sysreg, 0, vm, 1, "vm is not in order", SYSREG, 1),

    FIELD(SMCCC, smccc, 0, first, 0x80010000, "first is larger than it may be"),
    FIELD(SMCCC, smccc, 1, first, 0x8000ffff, "first overlaps another"),
    FIELD(SMCCC, smccc, 1, pad[0], 1, "pad or its padding has bits that must be zero"),
    BLAME(SMCCC, smccc, 1, vm, 1, "first overlaps another", SMCCC, 2),
    BLAME(SMCCC, smccc, 0, vm, 1, "vm is not in order", SMCCC, 1),

    FIELD(EDGE, edge, 0, callee, 3, "callee is not there"),
    FIELD(EDGE, edge, 0, callee, 1, "callee is not before its caller: a cycle?"),
    FIELD(EDGE, edge, 0, callee, 2, "callee is not before its caller: a cycle?"),
    FIELD(EDGE, edge, 2, callee, 2, "callee is not before its caller: a cycle?"),

    FIELD(EDGE, edge, 0, pad[2], 1, "pad or its padding has bits that must be zero"),

    FIELD(INTERRUPT, interrupt, 0, server, 3, "server is not there"),
    FIELD(INTERRUPT, interrupt, 0, intid, 31, "intid is too small"),
    FIELD(INTERRUPT, interrupt, 0, intid, 1020, "intid is too large"),
    FIELD(INTERRUPT, interrupt, 1, intid, 33, "intid is another's"),
    FIELD(INTERRUPT, interrupt, 0, bit, 32, "bit is too large"),
    FIELD(INTERRUPT, interrupt, 1, bit, 0, "bit is another's"),
    FIELD(INTERRUPT, interrupt, 0, cpu, 3, "cpu is not there"),
    FIELD(INTERRUPT, interrupt, 0, flags, 2, "flags or its padding has bits that must be zero"),

    FIELD(ROUTE, route, 0, vm, 2, "vm is not there"),
    BLAME(ROUTE, route, 0, vm, 1, "virtual_intid is another's", ROUTE, 1),
    FIELD(ROUTE, route, 0, intid, 26, "intid cannot be routed there"),
    FIELD(ROUTE, route, 2, intid, 1020, "intid cannot be routed there"),
    FIELD(ROUTE, route, 2, intid, 33, "intid is another's"),
    FIELD(ROUTE, route, 2, virtual_intid, 15, "virtual_intid is too small"),
    FIELD(ROUTE, route, 2, virtual_intid, SPI_END, "virtual_intid is too large"),
    FIELD(ROUTE, route, 2, virtual_intid, 28, "intid cannot be routed there"),
    FIELD(ROUTE, route, 0, virtual_intid, 28, "intid cannot be routed there"),
    FIELD(ROUTE, route, 0, virtual_intid, 32, "intid cannot be routed there"),
    FIELD(ROUTE, route, 0, flags, 2, "flags or its padding has bits that must be zero"),
    FIELD(ROUTE, route, 0, pad[0], 2, "flags or its padding has bits that must be zero"),

    FIELD(LINE, line, 0, server, 3, "server is not there"),
    FIELD(LINE, line, 0, vm, 2, "vm is not there"),
    FIELD(LINE, line, 0, intid, 15, "intid is too small"),
    FIELD(LINE, line, 0, intid, SPI_END, "intid is too large"),
    FIELD(LINE, line, 2, vcpu, 2, "vcpu is not of its VM"),
    FIELD(LINE, line, 0, vcpu, 1, "vcpu is not of its VM"),
    FIELD(LINE, line, 0, pad[0], 1, "pad or its padding has bits that must be zero"),
    FIELD(LINE, line, 1, handle, 0, "handle is another's"),
    FIELD(LINE, line, 1, vm, 0, "intid is another's"),
    FIELD(LINE, line, 3, intid, 41, "intid is another's"),
    BLAME(LINE, line, 0, server, 1, "server is not in order", LINE, 1),

    FIELD(RIGHT, right, 0, server, 3, "server is not there"),
    FIELD(RIGHT, right, 0, vm, 2, "vm is not there"),
    FIELD(RIGHT, right, 0, rights, 0, "rights is too small"),
    FIELD(RIGHT, right, 0, rights, 8, "rights or its padding has bits that must be zero"),
    FIELD(RIGHT, right, 1, vm, 0, "server is another's"),
    FIELD(RIGHT, right, 1, pad, 1, "rights or its padding has bits that must be zero"),
};
