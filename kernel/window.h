/* SPDX-License-Identifier: BSD-2-Clause */
/* Which server answers what a VM does. For an address: a radix of three levels by IPA bits 39:30,
 * 29:21 and 20:12, whose empty branches lead to tables of nothing. So a look-up is three loads and
 * no test, however many windows there are. For calls and system registers: a list by number. */
#pragma once

#include "access.h"
#include "image.h"

struct vm;

struct window {
    uint64_t badge;        /* right and VM; visit.c adds the vCPU */
    uint64_t offset_base;  /* x1 of the message is the IPA minus this; of a register its encoding */
    struct visit *visit;   /* for fast.S: the server's, if it is at EL0 with VHE */
    struct server *server; /* null: nobody */
    const struct window *next;
    uint32_t first, last; /* function ids, or the encoding */
};

extern struct window window_nobody; /* has no server, and in a list all numbers */

/* Builds the windows of a VM; the tables come from its pool. */
enum status window_build(struct vm *vm);

/* Finds the window by HPFAR_EL2, whose bits 43:4 are FIPA. Above 40 bits nobody answers. */
static inline const struct window *window_find(const void *const *windows, uint64_t hpfar) {
    if (access_is_beyond(hpfar)) return &window_nobody;
    const void *const *middle = windows[hpfar >> 22 & 1023];
    const void *const *leaf = middle[hpfar >> 13 & 511];
    return leaf[hpfar >> 4 & 511];
}

/* Finds a number in a list, which ends with window_nobody. */
static inline const struct window *window_search(const struct window *list, uint32_t number) {
    while (number - list->first > list->last - list->first) list = list->next;
    return list;
}
