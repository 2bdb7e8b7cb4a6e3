/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who owns RAM, and where page-table pages come from. The owner map is filled at boot from the
 * checked image; every mapping is checked against it. A pool is a piece of the kernel's RAM that
 * belongs to one VM, or to the kernel and the servers: its size is the quota. Pages are taken at
 * boot only, and nothing here locks.
 */
#pragma once

#include <skerry/image.h>
#include <skerry/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t value;
} pa_t;

#define PA(address) ((pa_t){address})

/* Owners of a block of RAM; pools, and so all tables, are the kernel's. */
enum memory_owner {
    MEMORY_NONE = 0,
    MEMORY_KERNEL = 1,
    MEMORY_SERVER = 2, /* + server */
    MEMORY_VM = 64,    /* + VM */
};

/* Forgets all owners. STATUS_RANGE unless both are multiples of IMAGE_BLOCK, size <= RAM_MAX. */
enum status memory_init(pa_t base, uint64_t size);

/* Gives `owner` every block that [pa, pa + size) touches. STATUS_RANGE if it is empty or leaves
 * RAM, STATUS_OVERLAP (and nothing is changed) if somebody else has any of it. */
enum status memory_claim(pa_t pa, uint64_t size, uint8_t owner);

/* All of it is RAM and belongs to `owner`; none of it is RAM. */
bool memory_owned(pa_t pa, uint64_t size, uint8_t owner);
bool memory_outside(pa_t pa, uint64_t size);

struct pool {
    uint64_t next, end; /* physical: what is left, multiples of IMAGE_PAGE */
    uint64_t offset;    /* address at which the kernel sees a page, minus its physical one */
};

/* A zeroed page, or two in a row, aligned to their size. NULL when the quota is used up. */
uint64_t *pool_take(struct pool *pool, unsigned pages);
