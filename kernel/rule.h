/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules that image.c holds every entry to, one function a table: NULL, or what is wrong with
 * the entry. When a rule runs, all tables can be read, but only the entries before its own (in the
 * order of enum image_type, then of index) have been checked: it may compare itself with any, and
 * must not compute with, or index by, what it has not checked.
 */
#pragma once

#include "image.h"

#define RULE(type, name, least, most)                                                              \
    const char *rule_##name(const struct image *image, uint32_t index);
IMAGE_TABLES(RULE)
#undef RULE

/* The k-th piece of memory with an owner is in RAM and nobody else's. Pieces: machine's pool, pools
 * of VMs, regions, segments, in this order. */
const char *rule_owner(const struct image *image, uint32_t k);

/* The bytes are in the payload, aligned, and not header or directory. */
bool rule_blob(const struct image *image, uint64_t offset, uint64_t size);

/* Printable, not empty, and zeroes to the end of the field. */
bool rule_named(const char name[IMAGE_NAME]);

/* All of these compare without a sum that could wrap. */
static inline bool rule_overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
    return a_size != 0 && b_size != 0 && (a - b < b_size || b - a < a_size);
}

static inline bool rule_covers(uint64_t outer, uint64_t outer_size, uint64_t inner,
                               uint64_t inner_size)
{
    return inner - outer <= outer_size && inner_size <= outer_size - (inner - outer);
}

/* Not empty, a multiple of the unit, and below `end`. */
static inline bool rule_range(uint64_t start, uint64_t size, uint64_t unit, uint64_t end)
{
    return size != 0 && (start | size) % unit == 0 && rule_covers(0, end, start, size);
}

static inline bool rule_zero(const uint8_t *pad, size_t size)
{
    uint8_t all = 0;

    for (size_t i = 0; i < size; i++)
        all |= pad[i];
    return all == 0;
}

/* True if the condition, about `other`, holds for one of the table's entries below `count`. */
#define RULE_ANY(image, name, count, condition)                                                    \
    ({                                                                                             \
        bool any_ = false;                                                                         \
        for (uint32_t i_ = 0; i_ < (count) && !any_; i_++) {                                       \
            const struct image_##name *other = image_##name(image, i_);                            \
            any_ = (condition);                                                                    \
        }                                                                                          \
        any_;                                                                                      \
    })

/* True if entries like this one in `field` come before it, but not right before it. */
#define RULE_APART(image, name, index, field)                                                      \
    ((index) != 0 && image_##name(image, (index)-1)->field != image_##name(image, index)->field && \
     RULE_ANY(image, name, index, other->field == image_##name(image, index)->field))

#define RULE_PAD(entry) rule_zero((entry)->pad, sizeof((entry)->pad))
