/* SPDX-License-Identifier: BSD-2-Clause */
/* The payload behind the kernel (include/skerry/image.h), as the kernel sees it once it has been
 * checked. boot.c calls image_check first of all and reads tables through the accessors below;
 * nothing else trusts a byte of the payload. Nothing is copied or changed. */
#pragma once

#include <skerry/image.h>
#include <skerry/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tables.def"

struct image {
    const struct image_header *header;
    uint64_t kernel_pa, payload_pa; /* set by the caller; all from kernel_pa on is the kernel's */
};

#define IMAGE_HEADER   0u         /* struct image_error: no table, but the header */
#define IMAGE_NO_ENTRY UINT32_MAX /* no entry of the table, but all of it */

struct image_error {
    uint32_t type;     /* enum image_type, or IMAGE_HEADER */
    uint32_t entry;    /* index, or IMAGE_NO_ENTRY */
    const char *field; /* "pa", of an entry */
    const char *what;  /* "shares memory with the kernel or another entry" */
};

/* Checks everything; at most size_limit bytes may be read. On STATUS_OK `image` is what to use,
 * else (STATUS_FORMAT) `error` says what is wrong first and `image` is empty. */
enum status image_check(const void *payload, uint64_t size_limit, struct image *image,
                        struct image_error *error);

/* Of boot.c: CRC-32 of IEEE 802.3 over more bytes; 0 to begin with. */
uint32_t image_crc(uint32_t crc, const void *bytes, size_t size);

/* "window"; "header" for IMAGE_HEADER. */
const char *image_table_name(uint32_t type);

/* Where the bytes of a table, a load or a segment are. */
static inline const void *image_bytes(const struct image *image, uint64_t offset) {
    return (const char *)image->header + offset;
}

static inline uint32_t image_count(const struct image *image, enum image_type type) {
    return image->header->table[type].count;
}

/* image_vm(image, 2): entry 2 of the table of VMs. The index is below image_count. */
#define IMAGE_ACCESSOR(type, name, least, most)                                                    \
    static inline const struct image_##name *image_##name(const struct image *image,               \
                                                          uint32_t index) {                        \
        const void *entries = image_bytes(image, image->header->table[IMAGE_##type].offset);       \
        return (const struct image_##name *)entries + index;                                       \
    }
IMAGE_TABLES(IMAGE_ACCESSOR)
#undef IMAGE_ACCESSOR

/* These compare without a sum that could wrap. */
static inline bool image_overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size) {
    return a_size != 0 && b_size != 0 && (a - b < b_size || b - a < a_size);
}

static inline bool image_covers(uint64_t outer, uint64_t outer_size, uint64_t start,
                                uint64_t size) {
    return start - outer <= outer_size && size <= outer_size - (start - outer);
}
