/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who owns RAM, and where page-table pages come from. The owner map is filled at boot from the
 * checked image; every leaf of every table is checked against it. A pool is a piece of the
 * kernel's RAM that belongs to one VM, or to the kernel and the servers: its size is the quota.
 * Nothing here locks: claims are made at boot, and a pool has its space's lock.
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

/* Forgets all owners. STATUS_RANGE unless both are multiples of IMAGE_BLOCK, size at most RAM_MAX.
 */
enum status memory_init(pa_t base, uint64_t size);

/* Makes `owner` the owner of every block that [pa, pa + size) touches. STATUS_RANGE if it is empty
 * or leaves RAM, STATUS_OVERLAP (and nothing is changed) if somebody else has any of it. */
enum status memory_claim(pa_t pa, uint64_t size, uint8_t owner);

/* MEMORY_NONE for what is no RAM, too. */
uint8_t memory_owner(pa_t pa);

/* All of it is RAM and belongs to `owner`. */
bool memory_owned(pa_t pa, uint64_t size, uint8_t owner);

/* None of it is RAM. */
bool memory_outside(pa_t pa, uint64_t size);

struct pool {
    uint64_t next, end; /* physical: pages never taken yet */
    uint64_t offset;    /* address at which the kernel sees a page, minus its physical one */
    uint64_t *free;     /* pages given back, linked through their first words */
    uint64_t free_count;
};

/* pa and size: multiples of IMAGE_PAGE. */
void pool_init(struct pool *pool, pa_t pa, uint64_t size, uint64_t offset);

/* A zeroed page, or NULL when the quota is used up. */
uint64_t *pool_take(struct pool *pool);

/* Two zeroed pages in a row, aligned to their size: the root of a concatenated table. Only out of
 * pages never taken, so at boot. */
uint64_t *pool_take_pair(struct pool *pool);

void pool_give(struct pool *pool, uint64_t *page);

/* Pages that pool_take can still hand out. */
uint64_t pool_free_count(const struct pool *pool);

static inline pa_t pool_pa(const struct pool *pool, const uint64_t *page) {
    return PA((uint64_t)(uintptr_t)page - pool->offset);
}

static inline uint64_t *pool_page(const struct pool *pool, pa_t pa) {
    return (uint64_t *)(uintptr_t)(pa.value + pool->offset);
}
