/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Builds the tables of window.h at boot, from the VM's own quota of pages. The image has been
 * checked: windows are page-aligned, below 2^40, and do not overlap.
 */
#include "window.h"

#include "visit.h"

#define TABLE_ENTRIES 512

static struct visit no_visit; /* entry 0: fast.S leaves it to C */
const struct window window_nobody = {.visit = &no_visit};
static const void *no_windows[TABLE_ENTRIES];
static const void *no_leaves[TABLE_ENTRIES];

enum status window_create(struct vm *vm) {
    const void **root = (const void **)pool_take_pair(&vm->pool);
    if (root == NULL) return STATUS_NO_MEMORY;
    for (unsigned i = 0; i < TABLE_ENTRIES; i++)
        no_leaves[i] = no_windows, no_windows[i] = &window_nobody;
    for (unsigned i = 0; i < 2 * TABLE_ENTRIES; i++) root[i] = no_leaves;
    vm->windows = (const void *const *)root;
    return STATUS_OK;
}

/* The table behind an entry, made if the entry still leads nowhere. */
static const void **table_behind(struct pool *pool, const void **entry, const void *nothing,
                                 const void *fill) {
    if (*entry != nothing) return (const void **)(uintptr_t)*entry;
    const void **table = (const void **)pool_take(pool);
    for (unsigned i = 0; table != NULL && i < TABLE_ENTRIES; i++) table[i] = fill;
    if (table != NULL) *entry = table;
    return table;
}

enum status window_add(struct vm *vm, const struct image_window *entry, struct window *window) {
    *window = (struct window){
        .server = &servers[entry->server],
        .visit = servers[entry->server].visits,
        .offset_base = entry->ipa - entry->offset,
        .badge = BADGE(entry->right, 0, entry->vm),
    };
    for (uint64_t ipa = entry->ipa; ipa < entry->ipa + entry->size; ipa += IMAGE_PAGE) {
        const void **root = (const void **)(uintptr_t)vm->windows;
        const void **middle = table_behind(&vm->pool, &root[ipa >> 30], no_leaves, no_windows);
        if (middle == NULL) return STATUS_NO_MEMORY;
        const void **leaf =
            table_behind(&vm->pool, &middle[ipa >> 21 & 511], no_windows, &window_nobody);
        if (leaf == NULL) return STATUS_NO_MEMORY;
        leaf[ipa >> 12 & 511] = window;
    }
    return STATUS_OK;
}
