/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libFuzzer's entry to the check of the payload (kernel/image.c). The input is a list of changes to
 * the valid image of tests/host/image_build.c, which then mostly gets a right checksum, so that the
 * rules behind it are reached; or, with a first byte of 255, the payload itself. Whatever is
 * accepted must be safe to use.
 */
#include <stdlib.h>
#include <string.h>

#include "image_build.h"

#define CHANGE 5 /* bytes of the input: offset 2, kind 1, value 2 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Values at which checks go wrong, and the input's own. */
static uint64_t pick(uint8_t kind, uint16_t own) {
    static const uint64_t edges[] = {
        0,
        1,
        4095,
        4096,
        4097,
        IMAGE_BLOCK - 1,
        IMAGE_BLOCK,
        IMAGE_BLOCK + 1,
        UINT64_MAX,
        UINT64_MAX - 4095,
        INT64_MAX,
        UINT32_MAX,
        UINT64_C(1) << 39,
        UINT64_C(1) << 40,
        UINT64_C(1) << 48,
        0x40000000,
        0x60000000,
        0x08000000,
    };
    uint64_t edge = edges[own % (sizeof(edges) / sizeof(edges[0]))];

    return (kind & 8) != 0 ? edge + (uint64_t)(int8_t)(own >> 8) : own;
}

static void change(uint8_t *payload, uint32_t size, const uint8_t *input) {
    uint32_t at = (input[0] | (uint32_t)input[1] << 8) % size;
    uint16_t own = (uint16_t)(input[3] | input[4] << 8);
    uint32_t width = 1u << (input[2] & 3);
    uint64_t value = pick(input[2], own), old = 0;

    at -= at % width;
    if (at + width > size) return;
    memcpy(&old, payload + at, width);
    if ((input[2] & 4) != 0) value += old;
    memcpy(payload + at, &value, width);
}

static uint32_t make(uint8_t *payload, const uint8_t *data, size_t size) {
    static _Alignas(8) uint8_t valid[BUILD_SIZE];
    static struct build build;
    static uint32_t length;

    if (data[0] == 255) {
        memcpy(payload, data + 1, size - 1);
        return (uint32_t)size - 1;
    }
    if (length == 0) {
        build_valid(&build);
        length = build_pack(&build, valid);
    }
    memcpy(payload, valid, length);
    for (size_t i = 1; i + CHANGE <= size; i += CHANGE) change(payload, length, data + i);
    if (data[0] % 16 != 0) build_seal(payload, length);
    return length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static _Alignas(8) uint8_t payload[BUILD_SIZE];
    struct image_error error;
    struct image image = build_place;

    if (size == 0 || size > 4096) return 0;

    uint32_t length = make(payload, data, size);
    uint8_t *exact = malloc(length); /* a block of its own, so that the sanitizer sees its ends */

    memcpy(exact, payload, length);
    if (image_check(exact, length, &image, &error) == STATUS_OK) {
        if (build_use(&image, length) != NULL) abort();
    } else if (error.what == NULL || image_table_name(error.type) == NULL) {
        abort();
    }
    free(exact);
    return 0;
}
