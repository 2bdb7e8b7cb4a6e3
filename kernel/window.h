/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a page of a VM's address space to the server that answers for it: a radix of three levels
 * by IPA bits 39:30, 29:21 and 20:12. Empty branches lead to tables of nothing, so that a look-up
 * is three loads without a test, whatever the number of windows.
 */
#pragma once

#include "vm.h"

extern const struct window window_nobody;

enum status window_create(struct vm *vm);
enum status window_add(struct vm *vm, const struct image_window *entry, struct window *window);

/* Its server is null if nobody answers for this address. Above 40 bits nobody does. */
static inline const struct window *window_find(const struct vm *vm, uint64_t ipa) {
    if (ipa >> IPA_BITS != 0) return &window_nobody;
    const void *const *middle = vm->windows[ipa >> 30];
    const void *const *leaf = middle[ipa >> 21 & 511];
    return leaf[ipa >> 12 & 511];
}
