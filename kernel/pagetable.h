/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Translation tables of 4 KiB granule: stage 2 of VMs and partitions (IPA_BITS), stage 1 of the
 * kernel and of servers (39 bits); all start at level 1. Called by space.c, boot.c and boundary.c.
 * Blocks are used wherever addresses allow. Tables are built at boot; what changes later is one
 * leaf a CPU, in the kernel's own: nothing here locks. An input address in the upper half
 * (TTBR1_EL2) is given without its sign bits.
 */
#pragma once

#include "memory.h"

enum pagetable_format {
    PAGETABLE_STAGE2,
    PAGETABLE_EL2,    /* stage 1 of EL2 without VHE: one privilege level */
    PAGETABLE_EL2_0,  /* stage 1 of EL2&0, with VHE: for EL2, of one ASID */
    PAGETABLE_KERNEL, /* the same, of every ASID */
    PAGETABLE_EL0,    /* the same, for EL0, of one ASID */
};

/* A mapping can be read and, without PT_DEVICE, is RAM of the table's owner, Normal write-back.
 * A device is outside RAM, Device-nGnRE and not for PT_EXEC. The first two are the image's flags.
 */
enum pagetable_attr {
    PT_READ = 0,
    PT_WRITE = REGION_WRITE,
    PT_EXEC = REGION_EXECUTE, /* not with WRITE in a stage 1 */
    PT_DEVICE = 1u << 2,
    PT_FLAGS = PT_WRITE | PT_EXEC
};
_Static_assert(PT_WRITE == SEGMENT_WRITE && PT_EXEC == SEGMENT_EXECUTE && PT_WRITE == FRAME_WRITE,
               "");

/* MAIR_EL2 of whoever uses a stage 1 made here: Attr0 = Device-nGnRE, Attr1 = Normal, inner and
 * outer write-back, read- and write-allocate. */
#define PAGETABLE_MAIR UINT64_C(0xff04)

/* A page of another owner (the gate page; a VM's memory while the kernel fills it) is mapped
 * through a copy of the struct that names that owner. */
struct pagetable {
    uint64_t *root;
    struct pool *pool;
    uint64_t ttbr;  /* for TTBRn_EL2, VTTBR_EL2: the root's address, with ASID or VMID; space.c's */
    uint8_t format; /* enum pagetable_format */
    uint8_t owner;  /* enum memory_owner: whose RAM its leaves may show */
};

/* Takes the root out of the pool; the other fields are set. STATUS_NO_MEMORY. */
enum status pagetable_init(struct pagetable *table);

/* STATUS_RANGE: an address or size is empty, misaligned or out of range, or the attributes do not
 * go together. STATUS_OVERLAP: some of the addresses are mapped, or some of the memory is not the
 * owner's. STATUS_NO_MEMORY: the pool is dry. After the last two a part may be mapped. */
enum status pagetable_map(struct pagetable *table, uint64_t address, pa_t pa, uint64_t size,
                          uint32_t attr);

/* Takes away the one leaf that maps an address; its table stays. */
void pagetable_unmap(struct pagetable *table, uint64_t address);

/* Where an input address leads; false if it is not mapped. */
bool pagetable_walk(const struct pagetable *table, uint64_t address, pa_t *pa);

/* Of space.c, so that this is the same on the host. Entries written so far are visible to every
 * walker before any later one; TLB entries for what was cleared are gone on all CPUs. */
void pagetable_publish(void);
void pagetable_invalidate(void);
