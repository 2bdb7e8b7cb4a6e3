/* SPDX-License-Identifier: BSD-2-Clause */
/* Builds what window.h looks up. The image has been checked: windows of addresses are page-aligned,
 * below 2^40, and do not overlap; each register and call has one server. */
#include "boundary.h"

#define TABLE_ENTRIES 512

static struct visit no_visit = {.lock = &visit_shut};
struct window window_nobody = {.visit = &no_visit};
static const void *no_windows[TABLE_ENTRIES], *no_leaves[TABLE_ENTRIES];
#define MOST(TYPE, name, least, most) MOST_##TYPE = most,
enum { IMAGE_TABLES(MOST) };
static struct window windows[MOST_WINDOW + MOST_SYSREG + MOST_SMCCC];
static uint32_t window_count;

/* `first`: the number of a call or register, or the address of offset 0. */
static const struct window *add(const struct vm *vm, uint32_t server, uint32_t right,
                                uint64_t first, uint32_t last, const struct window *next) {
    struct window *window = &windows[window_count++];
    bool fast = servers[server].boundary == &boundary_el0_vhe;
    servers[server].vms |= 1u << vm->index;
    *window = (struct window){.badge = BADGE(right, 0, vm->index),
                              .offset_base = first,
                              .visit = fast ? servers[server].visits : &no_visit,
                              .server = &servers[server],
                              .next = next,
                              .first = (uint32_t)first,
                              .last = last};
    return window;
}

/* The table behind an entry, made if the entry still leads nowhere. */
static const void **table_behind(struct pool *pool, const void **entry, const void *nothing,
                                 const void *fill) {
    if (*entry != nothing) return (const void **)(uintptr_t)*entry;
    const void **table = (const void **)pool_take(pool, 1);
    for (unsigned i = 0; table != NULL && i < TABLE_ENTRIES; i++) table[i] = fill;
    if (table != NULL) *entry = table;
    return table;
}

static bool add_page(struct vm *vm, uint64_t ipa, const struct window *window) {
    const void **root = (const void **)(uintptr_t)vm->windows;
    const void **middle = table_behind(&vm->pool, &root[ipa >> 30], no_leaves, no_windows);
    const void **leaf = middle == NULL ? NULL
                                       : table_behind(&vm->pool, &middle[ipa >> 21 & 511],
                                                      no_windows, &window_nobody);
    if (leaf != NULL) leaf[ipa >> 12 & 511] = window;
    return leaf != NULL;
}

enum status window_build(struct vm *vm) {
    const void **root = (const void **)pool_take(&vm->pool, 2);
    if (root == NULL) return STATUS_NO_MEMORY;
    for (unsigned i = 0; i < TABLE_ENTRIES; i++)
        no_leaves[i] = no_windows, no_windows[i] = &window_nobody;
    for (unsigned i = 0; i < 2 * TABLE_ENTRIES; i++) root[i] = no_leaves;
    vm->windows = (const void *const *)root;
    window_nobody.last = UINT32_MAX; /* not initialized so: start.S took it for an address */
    vm->calls = vm->registers = &window_nobody;
    EACH_OF (WINDOW, window, vm, vm->index) {
        const struct window *answers =
            add(vm, window->server, window->right, window->ipa - window->offset, 0, NULL);
        for (uint64_t at = 0; at < window->size; at += IMAGE_PAGE)
            if (!add_page(vm, window->ipa + at, answers)) return STATUS_NO_MEMORY;
    }
    EACH_OF (SYSREG, sysreg, vm, vm->index)
        vm->registers = add(vm, sysreg->server, sysreg->right, sysreg->encoding, sysreg->encoding,
                            vm->registers);
    EACH_OF (SMCCC, smccc, vm, vm->index)
        vm->calls = add(vm, smccc->server, smccc->right, smccc->first, smccc->last, vm->calls);
    return STATUS_OK;
}
