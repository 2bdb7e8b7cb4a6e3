/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Translation tables of 4 KiB granule: stage 2 of VMs and partitions, stage 1 of the kernel and of
 * servers. Called by space.c and boot.c. Blocks of 1 GiB and 2 MiB are used wherever addresses
 * allow. The barriers and TLB invalidations that the architecture wants are the caller's, through
 * struct pagetable_hooks, so that this file is the same on the host. Nothing here locks.
 * An input address in the upper half (TTBR1_EL2) is given without its sign bits.
 */
#pragma once

#include "memory.h"

enum pagetable_format {
    PAGETABLE_STAGE2,
    PAGETABLE_EL2,   /* stage 1 of EL2 without VHE: one privilege level */
    PAGETABLE_EL2_0, /* stage 1 of EL2&0, with VHE: two */
};

/* Attributes of a mapping. READ is compulsory. Device memory is outside RAM, Device-nGnRE and never
 * executable; everything else is RAM of the table's owner, Normal write-back. */
enum pagetable_attr {
    PT_READ = 1u << 0,
    PT_WRITE = 1u << 1,
    PT_EXEC = 1u << 2, /* not with WRITE in a stage 1 */
    PT_USER = 1u << 3, /* EL2_0 only: for EL0, and never executable at EL2 */
    PT_DEVICE = 1u << 4,
    PT_GLOBAL = 1u << 5, /* EL2_0 only: the same in every ASID (the kernel's half) */
};

/* MAIR_EL2 of whoever uses a stage 1 made here: Attr0 = Device-nGnRE, Attr1 = Normal, inner and
 * outer write-back, read- and write-allocate. */
#define PAGETABLE_MAIR UINT64_C(0xff04)

struct pagetable;

struct pagetable_hooks {
    /* Table writes up to here are visible to every walker before any later one: DSB ISHST (and ISB
     * if the caller itself runs on this table). */
    void (*publish)(const struct pagetable *table);
    /* DSB ISHST; TLB entries and walk caches of [address, address + size) are gone on all CPUs when
     * it returns: not TLBI by last level only. */
    void (*invalidate)(const struct pagetable *table, uint64_t address, uint64_t size);
};

/* A page of another owner (the gate page; a VM's memory while the kernel fills it) is mapped
 * through a copy of the struct that names that owner. */
struct pagetable {
    uint64_t *root;
    struct pool *pool;
    const struct pagetable_hooks *hooks;
    enum pagetable_format format;
    uint8_t bits;        /* of an input address */
    uint8_t start_level; /* follows from bits and format: for TCR_EL2.T0SZ, VTCR_EL2.SL0 */
    uint8_t owner;       /* enum memory_owner: whose RAM its leaves may show */
    uint16_t id;         /* ASID or VMID, for the hooks alone */
};

struct pagetable_leaf {
    pa_t pa;       /* of the address asked for */
    uint64_t size; /* of the page or block that maps it */
    uint32_t attr; /* enum pagetable_attr */
};

/* Takes the root out of the pool: one page, or two concatenated where that saves a stage 2 a level
 * (40 bits). bits: 31 to 40. The other fields must be set. STATUS_RANGE, STATUS_NO_MEMORY. */
enum status pagetable_init(struct pagetable *table, unsigned bits);

/* All or nothing. STATUS_RANGE: an address or size is empty, misaligned or out of range, or the
 * attributes do not go together. STATUS_OVERLAP: some of the addresses are mapped, or some of the
 * memory is not the owner's. STATUS_NO_MEMORY: the pool is dry. */
enum status pagetable_map(struct pagetable *table, uint64_t address, pa_t pa, uint64_t size,
                          uint32_t attr);

/* Addresses that are not mapped are left as they are. STATUS_RANGE; STATUS_NO_MEMORY if a block
 * could not be split (what is mapped has not changed then). While a block is split, its addresses
 * fault on other CPUs for a moment (break-before-make): the fault's taker just tries again. */
enum status pagetable_unmap(struct pagetable *table, uint64_t address, uint64_t size);

/* False if the address is not mapped. */
bool pagetable_walk(const struct pagetable *table, uint64_t address, struct pagetable_leaf *leaf);
