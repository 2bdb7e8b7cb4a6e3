/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes payloads for host tests and the fuzzer: a valid system of two VMs and three servers, whose
 * tables a test spoils before or after they are packed. Offsets of loads and segments count from
 * the start of the bytes behind the tables until build_pack makes them the payload's.
 */
#pragma once

#include "image.h"

#define BUILD_ENTRIES 1025 /* one more than the largest table may have */
#define BUILD_BYTES   256  /* behind the tables */
#define BUILD_SIZE    (UINT32_C(1) << 19)

#define BUILD_TABLE(type, name, least, most)                                                       \
    struct image_##name name[BUILD_ENTRIES];                                                       \
    uint32_t name##_count;

struct build {
    IMAGE_TABLES(BUILD_TABLE)
};

/* Where the kernel believes to be: 2 MiB into RAM, with the payload 256 KiB behind its start. */
extern const struct image build_place;

void build_valid(struct build *build);

/* The entry as bytes, whatever its table. */
uint8_t *build_entry(struct build *build, uint32_t type, uint32_t index);

/* Tables that have entries, in the order of their types; sealed. Returns the payload's size, at
 * most BUILD_SIZE; `payload` is 8-byte aligned. */
uint32_t build_pack(const struct build *build, uint8_t *payload);

/* Makes the checksum right again, if the header gives a size that can be summed. */
void build_seal(uint8_t *payload, uint64_t size_limit);

/* Uses a checked image as the kernel does at boot: claims memory, reads the bytes of loads and
 * segments. NULL, or what the check should not have let pass. */
const char *build_use(const struct image *image, uint64_t size);
