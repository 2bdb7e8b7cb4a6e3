/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The owner map of RAM, one byte per 2 MiB, and pools of page-table pages. Called by boot.c, which
 * claims what the image describes, and by pagetable.c, which asks before it makes a leaf. It knows
 * nothing of address spaces.
 */
#include "memory.h"

static struct {
    uint64_t base, size;
    uint8_t owner[RAM_MAX / IMAGE_BLOCK];
} ram;

/* [pa, pa + size) is not empty and lies in RAM; no sum here can wrap. */
static bool inside(pa_t pa, uint64_t size) {
    uint64_t start = pa.value - ram.base;

    return size != 0 && start < ram.size && size <= ram.size - start;
}

static uint8_t *block_of(uint64_t pa) { return &ram.owner[(pa - ram.base) / IMAGE_BLOCK]; }

enum status memory_init(pa_t base, uint64_t size) {
    if ((base.value | size) % IMAGE_BLOCK != 0 || size > RAM_MAX || base.value + size < base.value)
        return STATUS_RANGE;
    ram.base = base.value;
    ram.size = size;
    __builtin_memset(ram.owner, MEMORY_NONE, sizeof(ram.owner));
    return STATUS_OK;
}

/* All of [pa, pa + size) is RAM, and each of its blocks has one of the two owners. */
static bool owned(pa_t pa, uint64_t size, uint8_t owner, uint8_t or_owner) {
    if (!inside(pa, size)) return false;
    for (uint8_t *block = block_of(pa.value); block <= block_of(pa.value + size - 1); block++)
        if (*block != owner && *block != or_owner) return false;
    return true;
}

enum status memory_claim(pa_t pa, uint64_t size, uint8_t owner) {
    if (!inside(pa, size)) return STATUS_RANGE;
    if (!owned(pa, size, owner, MEMORY_NONE)) return STATUS_OVERLAP;
    for (uint8_t *block = block_of(pa.value); block <= block_of(pa.value + size - 1); block++)
        *block = owner;
    return STATUS_OK;
}

uint8_t memory_owner(pa_t pa) { return inside(pa, 1) ? *block_of(pa.value) : (uint8_t)MEMORY_NONE; }

bool memory_owned(pa_t pa, uint64_t size, uint8_t owner) {
    return owner != MEMORY_NONE && owned(pa, size, owner, owner);
}

bool memory_outside(pa_t pa, uint64_t size) {
    return size != 0 && pa.value - ram.base >= ram.size && ram.base - pa.value >= size;
}

void pool_init(struct pool *pool, pa_t pa, uint64_t size, uint64_t offset) {
    *pool = (struct pool){.next = pa.value, .end = pa.value + size, .offset = offset};
}

static uint64_t *take_fresh(struct pool *pool, uint64_t size) {
    uint64_t *page = pool_page(pool, PA(pool->next));

    if (pool->end - pool->next < size) return NULL;
    pool->next += size;
    return __builtin_memset(page, 0, size);
}

uint64_t *pool_take(struct pool *pool) {
    uint64_t *page = pool->free;

    if (page == NULL) return take_fresh(pool, IMAGE_PAGE);
    pool->free = (uint64_t *)(uintptr_t)*page;
    pool->free_count--;
    return __builtin_memset(page, 0, IMAGE_PAGE);
}

uint64_t *pool_take_pair(struct pool *pool) {
    if (pool->next % (2 * IMAGE_PAGE) != 0 && pool->next != pool->end) {
        pool_give(pool, pool_page(pool, PA(pool->next)));
        pool->next += IMAGE_PAGE;
    }
    return take_fresh(pool, 2 * IMAGE_PAGE);
}

void pool_give(struct pool *pool, uint64_t *page) {
    *page = (uint64_t)(uintptr_t)pool->free;
    pool->free = page;
    pool->free_count++;
}

uint64_t pool_free_count(const struct pool *pool) {
    return pool->free_count + (pool->end - pool->next) / IMAGE_PAGE;
}
