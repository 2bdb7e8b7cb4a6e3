/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What test_pagetable.c compares with: a flat model of an address space, and an observer of the
 * tables that is called at every barrier and holds what the architecture demands of the order of
 * writes. Both read descriptors by themselves and share no code with kernel/pagetable.c.
 */
#pragma once

#include "memory.h"

#define CHECK_POOL_PA UINT64_C(0x40400000)
#define CHECK_PAGES   16 /* of the pool */
#define CHECK_ATOMS   64

/* The model: the space cut at every address that an operation names. */
struct model {
    uint64_t edge[CHECK_ATOMS + 1];
    uint32_t count; /* of pieces; piece i is [edge[i], edge[i + 1]) */
    bool mapped[CHECK_ATOMS];
    bool maybe[CHECK_ATOMS]; /* of a map that failed: as it says, or not at all */
    uint64_t pa[CHECK_ATOMS];
    uint64_t bits[CHECK_ATOMS]; /* what a block's descriptor must hold beside the address */
};

void model_cut(struct model *model, uint64_t address);
bool model_any_mapped(const struct model *model, uint64_t address, uint64_t size);
/* What a map that fails may leave behind. */
void model_try(struct model *model, uint64_t address, uint64_t pa, uint64_t size, uint64_t bits);
void model_map(struct model *model, uint64_t address, uint64_t pa, uint64_t size, uint64_t bits);
void model_unmap(struct model *model, uint64_t address, uint64_t size);

/* Size of the leaf that begins at an address; 0 if none does. */
uint64_t check_leaf(const struct pagetable *table, uint64_t address);

/* The observer looks from now on (its state of departure is taken), or not at all. */
void check_watch(const struct pagetable *table);
void check_rest(void);

/* NULL, or the rule that was broken; at the end of an operation, too. */
const char *check_order(void);

/* NULL, or the difference between table and model: every leaf, every piece, every page. */
const char *check_space(const struct pagetable *table, const struct model *model, uint64_t pages);

/* Fills pages that the pool has with what must never be taken for descriptors. */
void check_soil(void);
