/* SPDX-License-Identifier: BSD-2-Clause */
/* Map, unmap and walk translation tables (pure). pagetable_map is the only maker of leaves, and
 * it asks the owner map. A descriptor changes only between invalid and valid (Arm ARM D8, "Using
 * break-before-make when updating translation table entries"). ASIDs and TLBs are space.c's. */
#include "memory.h"

#define LAST_LEVEL  3u
#define ENTRY_COUNT (IMAGE_PAGE / sizeof(uint64_t))

static const struct {
    uint64_t read, write, exec, device;
} formats[] = {
#define FORMAT(name, read, write, exec, device) [PAGETABLE_##name] = {read, write, exec, device},
#include "format.def"
};

/* What an entry of a level maps. */
static uint64_t level_size(unsigned level) { return UINT64_C(1) << (39 - 9 * level); }

/* Walkers read descriptors at any time: one store, never torn. */
#define ENTRY_SET(entry, desc) __atomic_store_n(entry, desc, __ATOMIC_RELAXED)

/* An empty table where there is none, if the pool lasts: whoever sees it must see zeroes in it. */
static void table_make(const struct pagetable *table, uint64_t *entry) {
    const uint64_t *page = pool_take(table->pool, 1);
    if (page == NULL) return;
    pagetable_publish();
    ENTRY_SET(entry, space_physical(page) | DESC_TABLE);
}

/* The only walk: to the entry for an address at the level `deepest`, or before it to one that leads
 * to no table; with `make`, it makes tables where there is nothing. */
static uint64_t *walk(const struct pagetable *table, uint64_t address, unsigned deepest, bool make,
                      unsigned *level) {
    uint64_t *entry = &table->root[address / level_size(1)];
    for (*level = 1; *level < deepest; ++*level) {
        if (*entry == 0 && make) table_make(table, entry);
        if ((*entry & DESC_TABLE) != DESC_TABLE) break;
        uint64_t *next = space_pointer(*entry & DESC_OUTPUT);
        entry = &next[address / level_size(*level + 1) % ENTRY_COUNT];
    }
    return entry;
}

static uint64_t input_end(const struct pagetable *table) {
    return UINT64_C(1) << (table->format == PAGETABLE_STAGE2 ? IPA_BITS : 39);
}

enum status pagetable_init(struct pagetable *table) {
    bool pair = table->format == PAGETABLE_STAGE2; /* two pages save it a level */
    table->root = pool_take(table->pool, pair ? 2 : 1);
    return table->root == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

static bool arguments_valid(const struct pagetable *table, uint64_t address, pa_t pa, uint64_t size,
                            uint32_t attr) {
    uint32_t bad = table->format == PAGETABLE_STAGE2 ? PT_DEVICE : PT_DEVICE | PT_WRITE;
    return (address | pa.value | size) % IMAGE_PAGE == 0 && size != 0 && size <= input_end(table) &&
           address <= input_end(table) - size && pa.value < PA_END && size <= PA_END - pa.value &&
           ((attr & PT_EXEC) == 0 || (attr & bad) == 0);
}

enum status pagetable_map(struct pagetable *table, uint8_t owner, uint64_t address, pa_t pa,
                          uint64_t size, uint32_t attr) {
    bool device = (attr & PT_DEVICE) != 0;
    uint64_t bits = formats[table->format].read;
    if (device) bits ^= formats[table->format].device;
    if ((attr & PT_WRITE) != 0) bits ^= formats[table->format].write;
    if ((attr & PT_EXEC) != 0) bits ^= formats[table->format].exec;
    if (!arguments_valid(table, address, pa, size, attr)) return STATUS_RANGE;
    if (device ? !memory_outside(pa, size) : !memory_owned(pa, size, owner)) return STATUS_OVERLAP;
    while (size > 0) {
        unsigned wanted = 1, level;
        while ((address | pa.value) % level_size(wanted) != 0 || size < level_size(wanted))
            wanted++;
        uint64_t *entry = walk(table, address, wanted, true, &level);
        if (*entry != 0) return STATUS_OVERLAP;
        if (level != wanted) return STATUS_NO_MEMORY;
        ENTRY_SET(entry, pa.value | bits | (level == LAST_LEVEL ? DESC_TABLE : DESC_VALID));
        address += level_size(level);
        pa.value += level_size(level);
        size -= level_size(level);
    }
    pagetable_publish();
    return STATUS_OK;
}

void pagetable_unmap(struct pagetable *table, uint64_t address) {
    unsigned level;
    ENTRY_SET(walk(table, address, LAST_LEVEL, false, &level), 0);
    pagetable_invalidate();
}

bool pagetable_walk(const struct pagetable *table, uint64_t address, pa_t *pa) {
    unsigned level;
    if (address >= input_end(table)) return false;
    uint64_t desc = *walk(table, address, LAST_LEVEL, false, &level);
    pa->value = (desc & DESC_OUTPUT) | address % level_size(level);
    return (desc & DESC_VALID) != 0;
}
