/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Map, unmap and walk translation tables (pure). leaf_make is the only maker of leaf descriptors,
 * and it asks the owner map. Two invariants keep it small: no table but the root is ever empty, and
 * a descriptor changes only between invalid and valid (Arm ARM D8, "Using break-before-make when
 * updating translation table entries"). VMIDs, ASIDs, TLBs and locks are space.c's.
 */
#include "pagetable.h"
#include "descriptor.h"

#define LAST_LEVEL  3u
#define ENTRY_COUNT (IMAGE_PAGE / sizeof(uint64_t))
static unsigned level_shift(unsigned level)
{
    return 39 - 9 * level;
}

static uint64_t level_size(unsigned level)
{
    return UINT64_C(1) << level_shift(level);
}

/* First address behind the entry of this level that maps `address`. */
static uint64_t level_next(uint64_t address, unsigned level)
{
    return (address | (level_size(level) - 1)) + 1;
}

static bool is_table(uint64_t desc, unsigned level)
{
    return level < LAST_LEVEL && (desc & DESC_TYPE) == DESC_TABLE;
}

static bool is_leaf(uint64_t desc, unsigned level)
{
    return (desc & DESC_VALID) != 0 && !is_table(desc, level);
}

/* Walkers read descriptors at any time: one store, never torn. */
static void entry_set(uint64_t *entry, uint64_t desc)
{
    __atomic_store_n(entry, desc, __ATOMIC_RELAXED);
}

static uint64_t *entry_at(const struct pagetable *table, uint64_t *entries, unsigned level,
                          uint64_t address)
{
    uint64_t count = level == table->start_level ? UINT64_C(1) << (table->bits - level_shift(level))
                                                 : ENTRY_COUNT;

    return &entries[address >> level_shift(level) & (count - 1)];
}

static uint64_t *entries_of(const struct pagetable *table, uint64_t desc)
{
    return pool_page(table->pool, PA(desc & DESC_OUTPUT));
}

/* The deepest entry that there is for an address, not below `deepest`. */
static uint64_t *entry_find(const struct pagetable *table, uint64_t address, unsigned deepest,
                            unsigned *level)
{
    uint64_t *entries = table->root;

    for (*level = table->start_level;; ++*level) {
        uint64_t *entry = entry_at(table, entries, *level, address);

        if (*level == deepest || !is_table(*entry, *level))
            return entry;
        entries = entries_of(table, *entry);
    }
}

/* The one maker of leaves. Invalid (0) if this table may not show this memory. */
static uint64_t leaf_make(const struct pagetable *table, pa_t pa, unsigned level, uint32_t attr)
{
    bool allowed = (attr & PT_DEVICE) != 0 ? memory_outside(pa, level_size(level))
                                           : memory_owned(pa, level_size(level), table->owner);

    if (!allowed)
        return 0;
    return pa.value | descriptor_encode(table->format, attr) |
           (level == LAST_LEVEL ? DESC_TABLE : DESC_VALID);
}

/* The largest leaf that fits: there are no blocks at level 0. */
static unsigned leaf_level(const struct pagetable *table, uint64_t address, pa_t pa, uint64_t size)
{
    unsigned level = table->start_level == 0 ? 1 : table->start_level;

    while (level < LAST_LEVEL &&
           (((address | pa.value) & (level_size(level) - 1)) != 0 || size < level_size(level)))
        level++;
    return level;
}

static bool range_valid(const struct pagetable *table, uint64_t address, uint64_t size)
{
    uint64_t end = UINT64_C(1) << table->bits;

    return (address | size) % IMAGE_PAGE == 0 && size != 0 && size <= end && address <= end - size;
}

static bool range_free(const struct pagetable *table, uint64_t address, uint64_t size)
{
    unsigned level;

    for (uint64_t at = address; at < address + size; at = level_next(at, level)) {
        uint64_t desc = *entry_find(table, at, LAST_LEVEL, &level);

        if (is_leaf(desc, level))
            return false;
    }
    return true;
}

/* The entry of that level for an address, with the tables above it made; NULL: the pool is dry. */
static uint64_t *entry_make(struct pagetable *table, uint64_t address, unsigned level)
{
    uint64_t *entries = table->root;

    for (unsigned at = table->start_level; at < level; at++) {
        uint64_t *entry = entry_at(table, entries, at, address);

        if ((*entry & DESC_VALID) == 0) {
            uint64_t *page = pool_take(table->pool);

            if (page == NULL)
                return NULL;
            /* A walker that sees the new descriptor must see zeroes behind it. */
            table->hooks->publish(table);
            entry_set(entry, pool_pa(table->pool, page).value | DESC_TABLE);
        }
        entries = entries_of(table, *entry);
    }
    return entry_at(table, entries, level, address);
}

static bool table_empty(const uint64_t *entries)
{
    for (unsigned i = 0; i < ENTRY_COUNT; i++)
        if (entries[i] != 0)
            return false;
    return true;
}

/* Gives back the tables on the way to an address that map nothing, deepest first. A walk cache may
 * hold the way, so its entries go before the page does. */
static void table_prune(struct pagetable *table, uint64_t address)
{
    for (unsigned deepest = LAST_LEVEL; deepest-- > table->start_level;) {
        unsigned level;
        uint64_t *entry = entry_find(table, address, deepest, &level);

        if (level != deepest || !is_table(*entry, level))
            continue;

        uint64_t *entries = entries_of(table, *entry);

        if (!table_empty(entries))
            return;
        entry_set(entry, 0);
        table->hooks->invalidate(table, address & ~(level_size(level) - 1), level_size(level));
        pool_give(table->pool, entries);
    }
}

/* Clears leaves that lie entirely in the range, then gives back the tables that this emptied. */
static void range_clear(struct pagetable *table, uint64_t address, uint64_t size)
{
    unsigned level;

    for (uint64_t at = address; at < address + size; at = level_next(at, level)) {
        uint64_t *entry = entry_find(table, at, LAST_LEVEL, &level);

        if (is_leaf(*entry, level))
            entry_set(entry, 0);
    }
    if (size != 0)
        table->hooks->invalidate(table, address, size);
    for (uint64_t at = address; at < address + size; at = level_next(at, level)) {
        table_prune(table, at);
        entry_find(table, at, LAST_LEVEL - 1, &level);
    }
}

/* Replaces a block by a table of leaves with the same meaning, one level down. */
static enum status entry_split(struct pagetable *table, uint64_t *entry, unsigned level,
                               uint64_t address)
{
    uint64_t *page = pool_take(table->pool);
    uint32_t attr = descriptor_decode(table->format, *entry);
    uint64_t pa = *entry & DESC_OUTPUT;

    if (page == NULL)
        return STATUS_NO_MEMORY;
    for (unsigned i = 0; i < ENTRY_COUNT; i++)
        page[i] = leaf_make(table, PA(pa + i * level_size(level + 1)), level + 1, attr);
    entry_set(entry, 0);
    table->hooks->invalidate(table, address & ~(level_size(level) - 1), level_size(level));
    entry_set(entry, pool_pa(table->pool, page).value | DESC_TABLE);
    table->hooks->publish(table);
    return STATUS_OK;
}

/* Afterwards no leaf reaches across `edge`. */
static enum status split_at(struct pagetable *table, uint64_t edge)
{
    enum status status = STATUS_OK;

    while (status == STATUS_OK) {
        unsigned level;
        uint64_t *entry = entry_find(table, edge, LAST_LEVEL, &level);

        if (!is_leaf(*entry, level) || (edge & (level_size(level) - 1)) == 0)
            break;
        status = entry_split(table, entry, level, edge);
    }
    return status;
}

enum status pagetable_init(struct pagetable *table, unsigned bits)
{
    unsigned level = bits > 39 ? 0 : 1;
    bool pair = table->format == PAGETABLE_STAGE2 && bits == 40;

    if (bits < 31 || bits > 40)
        return STATUS_RANGE;
    table->bits = (uint8_t)bits;
    table->start_level = pair ? 1 : (uint8_t)level;
    table->root = pair ? pool_take_pair(table->pool) : pool_take(table->pool);
    return table->root == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

enum status pagetable_map(struct pagetable *table, uint64_t address, pa_t pa, uint64_t size,
                          uint32_t attr)
{
    enum status status = STATUS_OK;
    uint64_t done = 0;

    if (!range_valid(table, address, size) || !descriptor_valid(table->format, attr) ||
        pa.value % IMAGE_PAGE != 0 || pa.value >= PA_END || size > PA_END - pa.value)
        return STATUS_RANGE;
    if (!range_free(table, address, size))
        return STATUS_OVERLAP;

    while (done < size && status == STATUS_OK) {
        pa_t from = PA(pa.value + done);
        unsigned level = leaf_level(table, address + done, from, size - done);
        uint64_t leaf = leaf_make(table, from, level, attr);
        uint64_t *entry = leaf == 0 ? NULL : entry_make(table, address + done, level);

        if (entry == NULL) {
            status = leaf == 0 ? STATUS_OVERLAP : STATUS_NO_MEMORY;
        } else {
            entry_set(entry, leaf);
            done += level_size(level);
        }
    }
    if (status != STATUS_OK) {
        range_clear(table, address, done);
        table_prune(table, address + done);
    }
    table->hooks->publish(table);
    return status;
}

enum status pagetable_unmap(struct pagetable *table, uint64_t address, uint64_t size)
{
    if (!range_valid(table, address, size))
        return STATUS_RANGE;

    enum status status = split_at(table, address);

    if (status == STATUS_OK)
        status = split_at(table, address + size);
    if (status == STATUS_OK)
        range_clear(table, address, size);
    return status;
}

bool pagetable_walk(const struct pagetable *table, uint64_t address, struct pagetable_leaf *leaf)
{
    unsigned level;

    if (address >> table->bits != 0)
        return false;

    uint64_t desc = *entry_find(table, address, LAST_LEVEL, &level);

    if (!is_leaf(desc, level))
        return false;
    leaf->size = level_size(level);
    leaf->pa = PA((desc & DESC_OUTPUT) + (address & (leaf->size - 1)));
    leaf->attr = descriptor_decode(table->format, desc);
    return true;
}
