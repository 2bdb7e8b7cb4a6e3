/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an entry of the image's tables must be. image.def lists the rules; rule_kind.c knows what
 * each kind of rule means, rule_relation.c has those that need more than an entry's own table.
 */
#pragma once

#include "image.h"

#define PA_BITS          48
#define PA_END           (UINT64_C(1) << PA_BITS)
#define GIC_FRAME        UINT64_C(0x10000)
#define PPI_START        16u
#define SPI_START        32u
#define PHYSICAL_SPI_END 1020u

/* NULL, or what is wrong with the entry. All tables can be read, and the entries before this one
 * (in the order of enum image_type, then of index) have been checked: a rule may compare with any,
 * and must not compute with, or index by, what has not been checked. */
const char *rule_broken(const struct image *image, uint32_t type, uint32_t index);

/* The bytes are in the payload, aligned, and not header or directory. */
bool image_holds(const struct image *image, uint64_t offset, uint64_t size);

/* Of rule_relation.c: whether entry `index` of the rule's table keeps it. */
typedef bool predicate_t(const struct image *image, uint32_t index);

#define ONE(...)
#define TWO(...)
#define THREE(...)
#define RELATION(name, predicate, what) predicate_t rule_##predicate;
#include "image.def"

/* Of kernel and payload, which is behind it. */
static inline uint64_t rule_kernel_size(const struct image *image) {
    return image->payload_pa - image->kernel_pa + image->header->size;
}

/* These compare without a sum that could wrap. */
static inline bool rule_overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size) {
    return a_size != 0 && b_size != 0 && (a - b < b_size || b - a < a_size);
}

static inline bool rule_covers(uint64_t outer, uint64_t outer_size, uint64_t start, uint64_t size) {
    return start - outer <= outer_size && size <= outer_size - (start - outer);
}
