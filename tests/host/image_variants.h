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
    FIELD(MACHINE, machine, 0, ram_base, RAM + 0x1000, "has RAM misaligned or out of range"),
    FIELD(MACHINE, machine, 0, ram_size, 0, "has RAM misaligned or out of range"),
    FIELD(MACHINE, machine, 0, ram_size, -(uint64_t)MIB(2), "has RAM misaligned or out of range"),
    FIELD(MACHINE, machine, 0, ram_size, RAM_MAX + MIB(2), "has RAM misaligned or out of range"),
    FIELD(MACHINE, machine, 0, ram_base, RAM + MIB(4), "has the kernel outside RAM"),
    FIELD(MACHINE, machine, 0, gicd, 0x08001000, "has the GIC misaligned, in RAM or out of range"),
    FIELD(MACHINE, machine, 0, gicd, RAM, "has the GIC misaligned, in RAM or out of range"),
    FIELD(MACHINE, machine, 0, gicr, RAM - 0x20000,
          "has the GIC misaligned, in RAM or out of range"),
    FIELD(MACHINE, machine, 0, gicr, 0x07fb0000, "has the GIC misaligned, in RAM or out of range"),
    FIELD(MACHINE, machine, 0, gicr, 0xffffffffffff0000,
          "has the GIC misaligned, in RAM or out of range"),
    FIELD(MACHINE, machine, 0, pool_pa, RAM + 0x401000,
          "has a pool that is misaligned or out of range"),
    FIELD(MACHINE, machine, 0, pool_size, 0, "has a pool that is misaligned or out of range"),
    FIELD(MACHINE, machine, 0, pool_pa, RAM + MIB(510), "is not in RAM"),
    FIELD(MACHINE, machine, 0, pool_pa, RAM + MIB(2), "overlaps the kernel's memory"),
    FIELD(MACHINE, machine, 0, flags, 4, "has unknown flags or padding"),
    FIELD(MACHINE, machine, 0, pad, 1, "has unknown flags or padding"),

    FIELD(CPU, cpu, 1, mpidr, 0x80000001, "has more in its MPIDR than affinity"),
    FIELD(CPU, cpu, 2, mpidr, 0, "has the MPIDR of another"),

    FIELD(VM, vm, 0, name, 0, "has a malformed name"),
    FIELD(VM, vm, 1, name, 0x1b6d6d, "has a malformed name"), /* an escape character */
    FIELD(VM, vm, 0, name[15], 'x', "has a malformed name"),
    FIELD(VM, vm, 0, entry, 0x40200002, "starts outside its executable memory"),
    FIELD(VM, vm, 0, entry, 0x04000000, "starts outside its executable memory"),
    FIELD(VM, vm, 0, entry, 0x44000000, "starts outside its executable memory"),
    FIELD(VM, vm, 0, pool_size, MIB(1), "has a pool that is misaligned or out of range"),
    FIELD(VM, vm, 1, pool_pa, RAM + MIB(8), "shares memory with another entry"),
    FIELD(VM, vm, 1, pool_pa, RAM - MIB(2), "is not in RAM"),

    FIELD(VCPU, vcpu, 1, vm, 2, "names no VM"),
    FIELD(VCPU, vcpu, 1, cpu, 3, "names no CPU"),
    FIELD(VCPU, vcpu, 1, cpu, 0, "shares its CPU with another"),
    FIELD(VCPU, vcpu, 1, mpidr, 0, "has the MPIDR of another of its VM"),
    FIELD(VCPU, vcpu, 1, mpidr, 1u << 24, "has more in its MPIDR than affinity"),
    FIELD(VCPU, vcpu, 0, pad[5], 1, "has padding"),
    BLAME(VCPU, vcpu, 2, vm, 0, "has no vCPU", VM, 1),

    FIELD(REGION, region, 1, vm, 2, "names no VM"),
    FIELD(REGION, region, 1, size, 0, "is empty, misaligned or out of range"),
    FIELD(REGION, region, 1, size, 0x800, "is empty, misaligned or out of range"),
    FIELD(REGION, region, 1, ipa, 0x04000010, "is empty, misaligned or out of range"),
    FIELD(REGION, region, 1, ipa, (UINT64_C(1) << 40) - 0x1000,
          "is empty, misaligned or out of range"),
    FIELD(REGION, region, 1, ipa, 0xfffffffffffff000, "is empty, misaligned or out of range"),
    FIELD(REGION, region, 1, pa, RAM + MIB(97), "is empty, misaligned or out of range"),
    FIELD(REGION, region, 1, pa, RAM + MIB(512), "is not in RAM"),
    FIELD(REGION, region, 0, size, MIB(512), "is not in RAM"),
    FIELD(REGION, region, 1, pa, RAM + MIB(2), "overlaps the kernel's memory"),
    FIELD(REGION, region, 1, pa, RAM + MIB(10), "shares memory with another entry"),
    FIELD(REGION, region, 2, pa, RAM + MIB(96), "shares memory with another entry"),
    FIELD(REGION, region, 1, pa, RAM + MIB(94), "shares memory with another entry"),
    FIELD(REGION, region, 1, ipa, 0x43fff000, "overlaps another of its VM"),
    FIELD(REGION, region, 0, flags, 7, "has unknown flags or padding"),
    FIELD(REGION, region, 0, pad[0], 1, "has unknown flags or padding"),
    BLAME(REGION, region, 2, flags, REGION_WRITE, "starts outside its executable memory", VM, 1),

    FIELD(LOAD, load, 2, vm, 9, "names no VM"),
    FIELD(LOAD, load, 2, size, 0, "has no bytes, or not in the payload"),
    FIELD(LOAD, load, 2, size, BUILD_BYTES, "has no bytes, or not in the payload"),
    FIELD(LOAD, load, 2, size, UINT64_MAX - 7, "has no bytes, or not in the payload"),
    FIELD(LOAD, load, 2, offset, 4, "has no bytes, or not in the payload"),
    FIELD(LOAD, load, 2, offset, BUILD_BYTES, "has no bytes, or not in the payload"),
    FIELD(LOAD, load, 1, ipa, 0x44000000 - 60, "is not within one region of its VM"),
    FIELD(LOAD, load, 1, ipa, 0x4020003f, "overlaps another of its VM"),
    FIELD(LOAD, load, 0, pad[6], 1, "has padding"),

    FIELD(SERVER, server, 1, name[15], 'x', "has a malformed name"),
    FIELD(SERVER, server, 0, base, 0, "has a range that is empty, misaligned or too high"),
    FIELD(SERVER, server, 0, base, SERVER_VA_END,
          "has a range that is empty, misaligned or too high"),
    FIELD(SERVER, server, 0, size, SERVER_VA_END,
          "has a range that is empty, misaligned or too high"),
    FIELD(SERVER, server, 2, base, BASE(1) + 0x1000, "has the range of another"),
    FIELD(SERVER, server, 0, init, BASE(0) + 0x3000,
          "has an entry point outside its executable segments"),
    FIELD(SERVER, server, 1, access, BASE(0) + 0x1000,
          "has an entry point outside its executable segments"),
    FIELD(SERVER, server, 1, called, BASE(1) + 0x1002,
          "has an entry point outside its executable segments"),
    FIELD(SERVER, server, 1, notified, BASE(1) + 0x3000 - 3,
          "has an entry point outside its executable segments"),
    FIELD(SERVER, server, 1, notified, BASE(1),
          "has an entry point outside its executable segments"),
    FIELD(SERVER, server, 0, budget_us, 0, "has a budget out of range"),
    FIELD(SERVER, server, 0, budget_us, 501, "has a budget out of range"),
    FIELD(SERVER, server, 0, boundary, BOUNDARY_COUNT, "has an unknown boundary"),
    FIELD(SERVER, server, 0, policy, POLICY_COUNT, "has an unknown policy"),
    FIELD(SERVER, server, 0, next_policy, POLICY_COUNT, "has an unknown policy"),
    FIELD(SERVER, server, 0, flags, 8, "has unknown flags or padding"),
    FIELD(SERVER, server, 0, pad, 1, "has unknown flags or padding"),
    FIELD(SERVER, server, 0, stack_size, 0, "has a stack that is empty or misaligned"),
    FIELD(SERVER, server, 0, stack_top, BASE(0) + 0x7ff8,
          "has a stack that is empty or misaligned"),
    FIELD(SERVER, server, 0, stack_top, 0x1000, "has a stack that is empty or misaligned"),
    FIELD(SERVER, server, 0, stack_top, BASE(0) + 0x9000,
          "has its stack outside a writable segment without a file part"),
    FIELD(SERVER, server, 0, stack_top, BASE(1) + 0x8000,
          "has its stack outside a writable segment without a file part"),
    FIELD(SERVER, server, 0, stack_size, 0x3000,
          "has its stack outside a writable segment without a file part"),
    FIELD(SERVER, server, 0, stack_size, 0x1000, "has no guard page below its stack"),
    FIELD(SERVER, server, 2, stack_stride, 0x2000,
          "has a stack stride that is misaligned or leaves no guard page"),
    FIELD(SERVER, server, 2, stack_stride, 0x4000,
          "has its stack outside a writable segment without a file part"),
    BLAME(FRAME, frame, 0, va, BASE(0) + 0x5000, "has a device below its stack", SERVER, 0),
    BLAME(SEGMENT, segment, 2, flags, 0,
          "has its stack outside a writable segment without a file part", SERVER, 0),

    FIELD(SEGMENT, segment, 3, server, 3, "names no server"),
    FIELD(SEGMENT, segment, 1, size, 0x1001, "is empty, misaligned or too high"),
    FIELD(SEGMENT, segment, 1, size, 0, "is empty, misaligned or too high"),
    FIELD(SEGMENT, segment, 1, va, BASE(0), "is outside its server's range"),
    FIELD(SEGMENT, segment, 1, va, BASE(1) + 0x20000, "is outside its server's range"),
    FIELD(SEGMENT, segment, 3, va, BASE(0) + 0x7000, "overlaps a segment of its server"),
    FIELD(SEGMENT, segment, 3, flags, 8, "has unknown flags or padding"),
    FIELD(SEGMENT, segment, 3, pad[2], 1, "has unknown flags or padding"),
    FIELD(SEGMENT, segment, 0, flags, SEGMENT_EXECUTE | SEGMENT_WRITE,
          "is both writable and executable"),
    FIELD(SEGMENT, segment, 3, flags, SEGMENT_STATE, "is state that cannot be written"),
    FIELD(SEGMENT, segment, 0, file_size, 0x2008, "has more bytes than room"),
    FIELD(SEGMENT, segment, 0, offset, BUILD_BYTES - 56, "has its bytes outside the payload"),
    FIELD(SEGMENT, segment, 0, offset, 1, "has its bytes outside the payload"),
    FIELD(SEGMENT, segment, 0, pa, RAM + MIB(12) + 0x800, "has a misaligned physical address"),
    FIELD(SEGMENT, segment, 0, pa, 0, "is not in RAM"),
    FIELD(SEGMENT, segment, 3, pa, RAM + MIB(12), "shares memory with another entry"),
    FIELD(SEGMENT, segment, 4, pa, RAM + MIB(12) + 0x1ff000, "shares memory with another entry"),
    FIELD(SEGMENT, segment, 4, pa, RAM + MIB(95), "shares memory with another entry"),
    FIELD(SEGMENT, segment, 4, pa, RAM + MIB(7), "shares memory with another entry"),
    FIELD(SEGMENT, segment, 3, pa, RAM + MIB(3), "overlaps the kernel's memory"),

    FIELD(FRAME, frame, 1, server, 200, "names no server"),
    BLAME(FRAME, frame, 1, server, 0, "is outside its server's range", FRAME, 1),
    FIELD(FRAME, frame, 0, va, BASE(0) + 0x10000, "overlaps a segment of its server"),
    FIELD(FRAME, frame, 2, va, BASE(1) + 0x80001000, "overlaps a frame of its server"),
    FIELD(FRAME, frame, 0, size, UINT64_C(1) << 32, "is outside its server's range"),
    FIELD(FRAME, frame, 0, flags, 2, "has unknown flags or padding"),
    FIELD(FRAME, frame, 0, pad[0], 2, "has unknown flags or padding"),
    FIELD(FRAME, frame, 0, pa, 0x09000004,
          "has a physical address that is misaligned or out of range"),
    FIELD(FRAME, frame, 0, pa, 0xfffffffffffff000,
          "has a physical address that is misaligned or out of range"),
    FIELD(FRAME, frame, 0, pa, RAM + MIB(511), "is in RAM"),
    FIELD(FRAME, frame, 0, pa, 0x0800f000, "is the interrupt controller's"),
    FIELD(FRAME, frame, 1, pa, 0x080ff000, "is the interrupt controller's"),
    FIELD(FRAME, frame, 1, pa, 0x08fff000, "shares a device with another entry"),

    FIELD(WINDOW, window, 3, vm, 2, "names no VM"),
    FIELD(WINDOW, window, 3, server, 3, "names no server"),
    FIELD(WINDOW, window, 0, size, 0x10, "is empty, misaligned or out of range"),
    FIELD(WINDOW, window, 0, ipa, UINT64_C(1) << 40, "is empty, misaligned or out of range"),
    FIELD(WINDOW, window, 0, offset, UINT64_MAX, "is empty, misaligned or out of range"),
    FIELD(WINDOW, window, 0, pad[3], 1, "has padding"),
    FIELD(WINDOW, window, 0, ipa, 0x43fff000, "overlaps memory of its VM or the page behind it"),
    FIELD(WINDOW, window, 0, ipa, 0x44000000, "overlaps memory of its VM or the page behind it"),
    FIELD(WINDOW, window, 2, ipa, 0x0800f000, "overlaps another of its VM"),

    FIELD(SYSREG, sysreg, 2, server, 3, "names no server"),
    FIELD(SYSREG, sysreg, 0, encoding, 1, "is no system register"),
    FIELD(SYSREG, sysreg, 1, encoding, SYSREG_ICC_SGI1R_EL1,
          "has the register of another of its VM"),
    BLAME(SYSREG, sysreg, 0, vm, 1, "is apart from the others of its VM", SYSREG, 2),

    FIELD(SMCCC, smccc, 0, first, 0x80010000, "ends before it starts"),
    FIELD(SMCCC, smccc, 1, first, 0x8000ffff, "overlaps another of its VM"),
    FIELD(SMCCC, smccc, 1, pad[0], 1, "has padding"),
    BLAME(SMCCC, smccc, 1, vm, 1, "overlaps another of its VM", SMCCC, 2),
    BLAME(SMCCC, smccc, 0, vm, 1, "is apart from the others of its VM", SMCCC, 2),

    FIELD(EDGE, edge, 0, callee, 3, "names no server"),
    FIELD(EDGE, edge, 0, callee, 0, "closes a cycle"),
    FIELD(EDGE, edge, 2, callee, 0, "closes a cycle"),
    FIELD(EDGE, edge, 1, handle, 0, "has a handle that is not its place among its caller's"),

    FIELD(EDGE, edge, 0, pad[2], 1, "has padding"),

    FIELD(INTERRUPT, interrupt, 0, server, 3, "names no server"),
    FIELD(INTERRUPT, interrupt, 0, intid, 31, "has an INTID that is no SPI"),
    FIELD(INTERRUPT, interrupt, 0, intid, 1020, "has an INTID that is no SPI"),
    FIELD(INTERRUPT, interrupt, 1, intid, 33, "has the INTID of another"),
    FIELD(INTERRUPT, interrupt, 0, bit, 32, "has a bit out of range"),
    FIELD(INTERRUPT, interrupt, 1, bit, 0, "has the bit of another of its server"),
    FIELD(INTERRUPT, interrupt, 0, cpu, 3, "names no CPU"),
    FIELD(INTERRUPT, interrupt, 0, flags, 2, "has unknown flags"),

    FIELD(ROUTE, route, 0, vm, 2, "names no VM"),
    BLAME(ROUTE, route, 0, vm, 1, "has the virtual INTID of another of its VM", ROUTE, 1),
    FIELD(ROUTE, route, 0, intid, 26, "has a physical INTID that cannot be routed"),
    FIELD(ROUTE, route, 2, intid, 1020, "has a physical INTID that cannot be routed"),
    FIELD(ROUTE, route, 2, intid, 33, "has the physical INTID of a server's interrupt"),
    FIELD(ROUTE, route, 2, virtual_intid, 15, "has a virtual INTID out of range"),
    FIELD(ROUTE, route, 2, virtual_intid, SPI_END, "has a virtual INTID out of range"),
    FIELD(ROUTE, route, 2, virtual_intid, 28, "makes a PPI of an SPI"),
    FIELD(ROUTE, route, 0, virtual_intid, 32, "makes an SPI of a PPI"),
    FIELD(ROUTE, route, 0, flags, 2, "has unknown flags or padding"),
    FIELD(ROUTE, route, 0, pad[0], 2, "has unknown flags or padding"),

    FIELD(LINE, line, 0, server, 3, "names no server"),
    FIELD(LINE, line, 0, vm, 2, "names no VM"),
    FIELD(LINE, line, 0, intid, 15, "has an INTID out of range"),
    FIELD(LINE, line, 0, intid, SPI_END, "has an INTID out of range"),
    FIELD(LINE, line, 2, vcpu, 2, "names no vCPU of its VM"),
    FIELD(LINE, line, 0, vcpu, 1, "names no vCPU of its VM"),
    FIELD(LINE, line, 0, pad[0], 1, "has padding"),
    FIELD(LINE, line, 1, handle, 0, "has the handle of another of its server"),
    FIELD(LINE, line, 1, vm, 0, "has the INTID of another of its VM"),
    FIELD(LINE, line, 3, intid, 41, "has the INTID of a route of its VM"),
    BLAME(LINE, line, 0, server, 1, "is apart from the others of its server", LINE, 2),

    FIELD(RIGHT, right, 0, server, 3, "names no server"),
    FIELD(RIGHT, right, 0, vm, 2, "names no VM"),
    FIELD(RIGHT, right, 0, rights, 0, "has unknown rights or none"),
    FIELD(RIGHT, right, 0, rights, 8, "has unknown rights or none"),
    FIELD(RIGHT, right, 1, vm, 0, "is for the server and VM of another"),
    FIELD(RIGHT, right, 1, pad, 1, "has padding"),
};
