/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The owner map of RAM, one byte per 2 MiB, and pools of page-table pages (pure). Called by boot.c,
 * which claims what the image describes, and by pagetable.c, which asks before it maps anything.
 */
#pragma GCC optimize("Os")
#include "memory.h"

static struct {
    uint64_t base, size;
    uint8_t owner[RAM_MAX / IMAGE_BLOCK];
} ram;

enum status memory_init(pa_t base, uint64_t size) {
    if ((base.value | size) % IMAGE_BLOCK != 0 || size > RAM_MAX || base.value + size < base.value)
        return STATUS_RANGE;
    ram.base = base.value;
    ram.size = size;
    __builtin_memset(ram.owner, MEMORY_NONE, sizeof(ram.owner));
    return STATUS_OK;
}

/* [pa, pa + size) is not empty and lies in RAM; no sum here can wrap. */
static bool inside(pa_t pa, uint64_t size) {
    uint64_t start = pa.value - ram.base;
    return size != 0 && start < ram.size && size <= ram.size - start;
}

/* All of it is RAM, and each of its blocks has one of the two owners. */
static bool owned(pa_t pa, uint64_t size, uint8_t owner, uint8_t or_owner) {
    uint64_t first = (pa.value - ram.base) / IMAGE_BLOCK;
    uint64_t last = (pa.value - ram.base + size - 1) / IMAGE_BLOCK;
    if (!inside(pa, size)) return false;
    for (uint64_t i = first; i <= last; i++)
        if (ram.owner[i] != owner && ram.owner[i] != or_owner) return false;
    return true;
}

enum status memory_claim(pa_t pa, uint64_t size, uint8_t owner) {
    uint64_t first = (pa.value - ram.base) / IMAGE_BLOCK;
    uint64_t last = (pa.value - ram.base + size - 1) / IMAGE_BLOCK;
    if (!inside(pa, size)) return STATUS_RANGE;
    if (!owned(pa, size, owner, MEMORY_NONE)) return STATUS_OVERLAP;
    __builtin_memset(&ram.owner[first], owner, last - first + 1);
    return STATUS_OK;
}

bool memory_owned(pa_t pa, uint64_t size, uint8_t owner) {
    return owner != MEMORY_NONE && owned(pa, size, owner, owner);
}

bool memory_outside(pa_t pa, uint64_t size) {
    return size != 0 && pa.value - ram.base >= ram.size && ram.base - pa.value >= size;
}

static uint64_t *take(struct pool *pool, uint64_t size) {
    uint64_t pa = (pool->next + size - 1) & -size;
    if (pa > pool->end || pool->end - pa < size) return NULL;
    pool->next = pa + size;
    return __builtin_memset(pool_page(pool, PA(pa)), 0, size);
}

uint64_t *pool_take(struct pool *pool) { return take(pool, IMAGE_PAGE); }

uint64_t *pool_take_pair(struct pool *pool) { return take(pool, 2 * IMAGE_PAGE); }
