/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See pagetable_check.h. The observer keeps a copy of all table pages as of the last barrier, and
 * which of them a walker could reach then.
 */
#include "pagetable_check.h"

#include <string.h>

#define ENTRIES 512
#define OUTPUT  UINT64_C(0x0000fffffffff000)

static _Alignas(8192) uint64_t pages[CHECK_PAGES][ENTRIES];

struct view {
    uint64_t pages[CHECK_PAGES][ENTRIES];
    bool reachable[CHECK_PAGES];
    unsigned level[CHECK_PAGES];
    uint64_t base[CHECK_PAGES]; /* address that entry 0 maps */
};

static struct view before, now;
static const struct pagetable *watched;
static const char *broken;

void model_cut(struct model *model, uint64_t address) {
    uint32_t at = 0;

    while (at < model->count + 1 && model->edge[at] < address) at++;
    if (model->edge[at] == address) return;
    memmove(&model->edge[at + 1], &model->edge[at],
            (model->count + 1 - at) * sizeof(model->edge[0]));
    model->edge[at] = address;
    model->count++;
}

bool model_any_mapped(const struct model *model, uint64_t address, uint64_t size) {
    for (uint32_t i = 0; i < model->count; i++)
        if (model->edge[i] >= address && model->edge[i] < address + size && model->mapped[i])
            return true;
    return false;
}

void model_try(struct model *model, uint64_t address, uint64_t pa, uint64_t size, uint64_t bits) {
    for (uint32_t i = 0; i < model->count; i++) {
        if (model->edge[i] < address || model->edge[i] >= address + size) continue;
        if (model->mapped[i]) continue;
        model->maybe[i] = true;
        model->pa[i] = pa + (model->edge[i] - address);
        model->bits[i] = bits;
    }
}

void model_map(struct model *model, uint64_t address, uint64_t pa, uint64_t size, uint64_t bits) {
    model_try(model, address, pa, size, bits);
    for (uint32_t i = 0; i < model->count; i++) {
        model->mapped[i] |= model->maybe[i];
        model->maybe[i] = false;
    }
}

void model_unmap(struct model *model, uint64_t address, uint64_t size) {
    for (uint32_t i = 0; i < model->count; i++)
        if (model->edge[i] >= address && model->edge[i] < address + size) model->mapped[i] = false;
}

void check_soil(void) {
    kernel_offset = (uint64_t)(uintptr_t)pages - CHECK_POOL_PA;
    memset(pages, 0x5a, sizeof(pages));
}

static uint64_t size_of(unsigned level) {
    static const uint64_t sizes[] = {UINT64_C(1) << 39, 1u << 30, 2u << 20, 4096};

    return sizes[level];
}

static bool leads_on(uint64_t desc, unsigned level) { return level < 3 && (desc & 3) == 3; }

static uint32_t root_pages(const struct pagetable *table) {
    return table->format == PAGETABLE_STAGE2 ? 2 : 1;
}

/* The pages as they are, and the way to each: breadth first, each page is met once. */
static void look(const struct pagetable *table, struct view *view) {
    uint32_t queue[CHECK_PAGES], count = root_pages(table);

    memcpy(view->pages, pages, sizeof(pages));
    memset(view->reachable, 0, sizeof(view->reachable));
    for (uint32_t i = 0; i < count; i++) {
        queue[i] = (uint32_t)(table->root - pages[0]) / ENTRIES + i;
        view->reachable[queue[i]] = true;
        view->level[queue[i]] = 1;
        view->base[queue[i]] = i * ENTRIES * size_of(1);
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t page = queue[i];

        for (uint32_t k = 0; k < ENTRIES; k++) {
            uint64_t desc = view->pages[page][k];
            uint64_t next = ((desc & OUTPUT) - CHECK_POOL_PA) / 4096;

            if (!leads_on(desc, view->level[page])) continue;
            if (next >= CHECK_PAGES || view->reachable[next] || count == CHECK_PAGES) {
                broken = "a table descriptor leads nowhere, or two to one table";
                return;
            }
            view->reachable[next] = true;
            view->level[next] = view->level[page] + 1;
            view->base[next] = view->base[page] + k * size_of(view->level[page]);
            queue[count++] = (uint32_t)next;
        }
    }
}

/* One entry of a page that walkers could reach before and can reach now. */
static void judge_entry(uint64_t was, uint64_t is, bool flushed) {
    if ((was & 1) != 0 && (is & 1) != 0)
        broken = "a valid entry became another valid one without a break";
    if ((is & 1) == 0 && is != 0) broken = "an invalid entry is not zero";
    if ((was & 1) != 0 && (is & 1) == 0 && !flushed)
        broken = "an entry was cleared and not flushed at the next barrier";
}

/* Compares the pages with those of the last barrier. */
static void observe(bool flushed) {
    if (watched == NULL || broken != NULL) return;
    look(watched, &now);
    for (uint32_t page = 0; page < CHECK_PAGES; page++) {
        if (!before.reachable[page] && !now.reachable[page]) continue;
        for (uint32_t k = 0; k < ENTRIES; k++) {
            uint64_t was = before.pages[page][k], is = now.pages[page][k];

            if (was == is) continue;
            if (!now.reachable[page])
                broken = "a table was reused before the flush";
            else if (before.reachable[page])
                judge_entry(was, is, flushed);
            else if (was != 0)
                broken = "a table was linked before its contents were published";
        }
    }
    before = now;
}

void pagetable_publish(void) { observe(false); }

void pagetable_invalidate(void) { observe(true); }

void check_watch(const struct pagetable *table) {
    broken = NULL;
    watched = table;
    look(table, &before);
}

void check_rest(void) {
    watched = NULL;
    broken = NULL;
}

const char *check_order(void) {
    if (watched == NULL || broken != NULL) return broken;
    for (uint32_t page = 0; page < CHECK_PAGES; page++)
        if (before.reachable[page] && memcmp(before.pages[page], pages[page], 4096) != 0)
            return "entries were written behind the last barrier";
    return NULL;
}

/* One leaf against the pieces that it touches. Leaves come in any order. */
static const char *judge_leaf(const struct model *model, uint64_t desc, unsigned level,
                              uint64_t address, uint64_t *total) {
    uint64_t end = address + size_of(level);

    if ((desc & OUTPUT & (size_of(level) - 1)) != 0)
        return "a block's output address is misaligned";
    for (uint32_t i = 0; i < model->count; i++) {
        uint64_t from = model->edge[i] > address ? model->edge[i] : address;
        uint64_t to = model->edge[i + 1] < end ? model->edge[i + 1] : end;

        if (from >= to) continue;
        if (!model->mapped[i] && !model->maybe[i]) return "a leaf maps what should not be mapped";
        if ((desc & OUTPUT) + (from - address) != model->pa[i] + (from - model->edge[i]))
            return "a leaf has a wrong output address";
        if ((desc & ~OUTPUT) != (model->bits[i] | (level == 3 ? 2 : 0)))
            return "a leaf has wrong attributes";
        *total += model->mapped[i] ? to - from : 0;
    }
    return NULL;
}

static const char *judge_tables(const struct pagetable *table, const struct model *model,
                                uint64_t *total, uint64_t *tables) {
    static struct view view;

    broken = NULL;
    look(table, &view);
    for (uint32_t page = 0; page < CHECK_PAGES && broken == NULL; page++) {
        uint64_t entry_size = size_of(view.level[page]);

        if (!view.reachable[page]) continue;
        for (uint32_t k = 0; k < ENTRIES && broken == NULL; k++) {
            uint64_t desc = view.pages[page][k];

            if ((desc & 1) != 0 && !leads_on(desc, view.level[page]))
                broken = judge_leaf(model, desc, view.level[page], view.base[page] + k * entry_size,
                                    total);
        }
        ++*tables;
    }
    return broken;
}

uint64_t check_leaf(const struct pagetable *table, uint64_t address) {
    static struct view view;

    look(table, &view);
    for (uint32_t page = 0; page < CHECK_PAGES; page++) {
        uint64_t size = size_of(view.level[page]), entry = (address - view.base[page]) / size;

        if (!view.reachable[page] || address < view.base[page] || entry >= ENTRIES) continue;
        if (leads_on(view.pages[page][entry], view.level[page])) continue;
        if ((view.pages[page][entry] & 1) != 0 && address % size == 0) return size;
    }
    return 0;
}

static const char *judge_walk(const struct pagetable *table, const struct model *model,
                              uint32_t piece, uint64_t address) {
    pa_t pa;
    bool found = pagetable_walk(table, address, &pa);

    if (found != model->mapped[piece] && !model->maybe[piece])
        return "a walk finds what is not mapped, or not what is";
    if (found && pa.value != model->pa[piece] + (address - model->edge[piece]))
        return "a walk gives a wrong address";
    return NULL;
}

const char *check_space(const struct pagetable *table, const struct model *model,
                        uint64_t page_count) {
    uint64_t total = 0, expected = 0, tables = 0;
    const char *what = judge_tables(table, model, &total, &tables);

    for (uint32_t i = 0; i < model->count && what == NULL; i++) {
        expected += model->mapped[i] ? model->edge[i + 1] - model->edge[i] : 0;
        what = judge_walk(table, model, i, model->edge[i]);
        if (what == NULL) what = judge_walk(table, model, i, model->edge[i + 1] - 1);
    }
    if (what == NULL && total != expected) what = "something is not mapped that should be";
    if (what == NULL && tables + (table->pool->end - table->pool->next) / 4096 != page_count)
        what = "a page of the pool is lost";
    return what;
}
