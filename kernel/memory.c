/* SPDX-License-Identifier: BSD-2-Clause */
/* The owner map of RAM, one byte per 2 MiB, and pools of page-table pages (pure). Called by boot.c,
 * which claims what the image describes, and by pagetable.c, which asks before it maps anything. */
#include "memory.h"

uint64_t kernel_offset;

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

/* The owners of the `count` blocks that it touches; NULL if it is empty or leaves RAM. */
static uint8_t *owners(pa_t pa, uint64_t size, uint64_t *count) {
    uint64_t start = pa.value - ram.base;
    if (size == 0 || start >= ram.size || size > ram.size - start) return NULL;
    *count = (start + size - 1) / IMAGE_BLOCK - start / IMAGE_BLOCK + 1;
    return &ram.owner[start / IMAGE_BLOCK];
}

enum status memory_claim(pa_t pa, uint64_t size, uint8_t owner) {
    uint64_t count;
    uint8_t *block = owners(pa, size, &count);
    if (block == NULL) return STATUS_RANGE;
    for (uint64_t i = 0; i < count; i++)
        if (block[i] != MEMORY_NONE && block[i] != owner) return STATUS_OVERLAP;
    __builtin_memset(block, owner, count);
    return STATUS_OK;
}

bool memory_owned(pa_t pa, uint64_t size, uint8_t owner) {
    uint64_t count;
    const uint8_t *block = owners(pa, size, &count);
    if (block == NULL || owner == MEMORY_NONE) return false;
    while (count > 0 && block[count - 1] == owner) count--;
    return count == 0;
}

bool memory_outside(pa_t pa, uint64_t size) {
    return size != 0 && pa.value - ram.base >= ram.size && ram.base - pa.value >= size;
}

uint64_t *pool_take(struct pool *pool, unsigned pages) {
    uint64_t size = (uint64_t)pages * IMAGE_PAGE;
    uint64_t pa = (pool->next + size - 1) & -size;
    if (pa > pool->end || pool->end - pa < size) return NULL;
    pool->next = pa + size;
    return __builtin_memset(space_pointer(pa), 0, size);
}
