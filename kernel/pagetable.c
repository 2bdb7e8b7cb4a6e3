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

/* Where a walk ended. */
struct place {
    uint64_t *entry, desc;
    unsigned level;
    uint64_t size, start; /* of what an entry of that level maps; the address walked to is in it */
    bool leaf, table;     /* what the entry is; neither: invalid */
};

static uint64_t level_size(unsigned level) { return UINT64_C(1) << (39 - 9 * level); }

static uint64_t *entries_of(const struct pagetable *table, const struct place *place) {
    return pool_page(table->pool, PA(place->desc & DESC_OUTPUT));
}

/* Walkers read descriptors at any time: one store, never torn. */
static void entry_set(uint64_t *entry, uint64_t desc) {
    __atomic_store_n(entry, desc, __ATOMIC_RELAXED);
}

/* Makes an empty table where there is none: a walker that sees it must see zeroes behind it. */
static bool table_make(const struct pagetable *table, struct place *place) {
    uint64_t *page = pool_take(table->pool);

    if (page == NULL) return false;
    table->hooks->publish(table);
    place->desc = pool_pa(table->pool, page).value | DESC_TABLE;
    entry_set(place->entry, place->desc);
    return place->table = true;
}

/* The only walk: down to the entry of the level `deepest` for an address, or to what has no table
 * behind it; with `make`, tables are made where there is nothing, as long as the pool lasts. */
static struct place walk(const struct pagetable *table, uint64_t address, unsigned deepest,
                         bool make) {
    uint64_t *entries = table->root, mask = (UINT64_C(1) << table->bits) - 1;
    struct place place = {.level = table->start_level};

    for (;; place.level++, mask = level_size(place.level - 1) - 1) {
        place.size = level_size(place.level);
        place.start = address & ~(place.size - 1);
        place.entry = &entries[(address & mask) / place.size];
        place.desc = *place.entry;
        place.table = place.level < LAST_LEVEL && (place.desc & DESC_TYPE) == DESC_TABLE;
        place.leaf = (place.desc & DESC_VALID) != 0 && !place.table;
        if (place.level == deepest || place.leaf ||
            (!place.table && !(make && table_make(table, &place))))
            return place;
        entries = entries_of(table, &place);
    }
}

/* The one maker of leaves. Invalid (0) if this table may not show this memory. */
static uint64_t leaf_make(const struct pagetable *table, uint64_t pa, unsigned level,
                          uint32_t attr) {
    uint64_t size = level_size(level);

    if ((attr & PT_DEVICE) != 0 ? !memory_outside(PA(pa), size)
                                : !memory_owned(PA(pa), size, table->owner))
        return 0;
    return pa | descriptor_encode(table->format, attr) |
           (level == LAST_LEVEL ? DESC_TABLE : DESC_VALID);
}

/* The largest leaf that fits: there are no blocks at level 0. */
static unsigned leaf_level(const struct pagetable *table, uint64_t address, uint64_t pa,
                           uint64_t size) {
    unsigned level = table->start_level == 0 ? 1 : table->start_level;

    while (level < LAST_LEVEL &&
           ((address | pa) % level_size(level) != 0 || size < level_size(level)))
        level++;
    return level;
}

static bool range_valid(const struct pagetable *table, uint64_t address, uint64_t size) {
    uint64_t end = UINT64_C(1) << table->bits;

    return (address | size) % IMAGE_PAGE == 0 && size != 0 && size <= end && address <= end - size;
}

static bool range_free(const struct pagetable *table, uint64_t address, uint64_t size) {
    struct place place;

    for (uint64_t at = address; at < address + size; at = place.start + place.size) {
        place = walk(table, at, LAST_LEVEL, false);
        if (place.leaf) return false;
    }
    return true;
}

/* Gives back the tables on the way to an address that map nothing, deepest first. A walk cache may
 * hold the way, so its entries go before the page does. */
static void table_prune(struct pagetable *table, uint64_t address) {
    for (unsigned level = LAST_LEVEL; level-- > table->start_level;) {
        struct place place = walk(table, address, level, false);

        if (place.level != level || !place.table) continue;

        uint64_t *entries = entries_of(table, &place);

        for (unsigned i = 0; i < ENTRY_COUNT; i++)
            if (entries[i] != 0) return;
        entry_set(place.entry, 0);
        table->hooks->invalidate(table, place.start, place.size);
        pool_give(table->pool, entries);
    }
}

/* Clears leaves that lie entirely in the range, then gives back the tables that this emptied. */
static void range_clear(struct pagetable *table, uint64_t address, uint64_t size) {
    struct place place;

    for (uint64_t at = address; at < address + size; at = place.start + place.size) {
        place = walk(table, at, LAST_LEVEL, false);
        if (place.leaf) entry_set(place.entry, 0);
    }
    if (size != 0) table->hooks->invalidate(table, address, size);
    for (uint64_t at = address; at < address + size; at = place.start + place.size) {
        table_prune(table, at);
        place = walk(table, at, LAST_LEVEL - 1, false);
    }
}

/* Replaces a block by a table of leaves with the same meaning, one level down, until no leaf
 * reaches across `edge`. */
static enum status split_at(struct pagetable *table, uint64_t edge) {
    for (;;) {
        struct place place = walk(table, edge, LAST_LEVEL, false);

        if (!place.leaf || edge == place.start) return STATUS_OK;

        uint64_t *page = pool_take(table->pool), pa = place.desc & DESC_OUTPUT;
        uint32_t attr = descriptor_decode(table->format, place.desc);

        if (page == NULL) return STATUS_NO_MEMORY;
        for (unsigned i = 0; i < ENTRY_COUNT; i++, pa += place.size / ENTRY_COUNT)
            page[i] = leaf_make(table, pa, place.level + 1, attr);
        entry_set(place.entry, 0);
        table->hooks->invalidate(table, place.start, place.size);
        entry_set(place.entry, pool_pa(table->pool, page).value | DESC_TABLE);
        table->hooks->publish(table);
    }
}

enum status pagetable_init(struct pagetable *table, unsigned bits) {
    unsigned level = bits > 39 ? 0 : 1;
    bool pair = table->format == PAGETABLE_STAGE2 && bits == 40;

    if (bits < 31 || bits > 40) return STATUS_RANGE;
    table->bits = (uint8_t)bits;
    table->start_level = pair ? 1 : (uint8_t)level;
    table->root = pair ? pool_take_pair(table->pool) : pool_take(table->pool);
    return table->root == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

enum status pagetable_map(struct pagetable *table, uint64_t address, pa_t pa, uint64_t size,
                          uint32_t attr) {
    enum status status = STATUS_OK;
    uint64_t done = 0;

    if (!range_valid(table, address, size) || !descriptor_valid(table->format, attr) ||
        pa.value % IMAGE_PAGE != 0 || pa.value >= PA_END || size > PA_END - pa.value)
        return STATUS_RANGE;
    if (!range_free(table, address, size)) return STATUS_OVERLAP;

    while (done < size && status == STATUS_OK) {
        unsigned level = leaf_level(table, address + done, pa.value + done, size - done);
        uint64_t leaf = leaf_make(table, pa.value + done, level, attr);
        struct place place = walk(table, address + done, level, leaf != 0);

        if (leaf == 0 || place.level != level) {
            status = leaf == 0 ? STATUS_OVERLAP : STATUS_NO_MEMORY;
        } else {
            entry_set(place.entry, leaf);
            done += place.size;
        }
    }
    if (status != STATUS_OK) {
        range_clear(table, address, done);
        table_prune(table, address + done);
    }
    table->hooks->publish(table);
    return status;
}

enum status pagetable_unmap(struct pagetable *table, uint64_t address, uint64_t size) {
    if (!range_valid(table, address, size)) return STATUS_RANGE;

    enum status status = split_at(table, address);

    if (status == STATUS_OK) status = split_at(table, address + size);
    if (status == STATUS_OK) range_clear(table, address, size);
    return status;
}

bool pagetable_walk(const struct pagetable *table, uint64_t address, struct pagetable_leaf *leaf) {
    if (address >> table->bits != 0) return false;

    struct place place = walk(table, address, LAST_LEVEL, false);

    if (place.leaf)
        *leaf = (struct pagetable_leaf){PA((place.desc & DESC_OUTPUT) + (address - place.start)),
                                        place.size, descriptor_decode(table->format, place.desc)};
    return place.leaf;
}
