/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's own check of an image, as a host program: accept FILE PAYLOAD-OFFSET. Says what
 * kernel/image.c finds wrong with a packed image that the tool thinks right; and, without
 * arguments, the most entries that it takes of each table.
 */
#include "image.h"

#include <stdio.h>
#include <stdlib.h>

#define RAM_IMAGE 0x40200000 /* where QEMU loads it */

uint32_t image_crc(uint32_t value, const void *bytes, size_t size) {
    const uint8_t *byte = bytes;
    value = ~value;
    for (; size > 0; size--) {
        value ^= *byte++;
        for (int bit = 0; bit < 8; bit++) value = value >> 1 ^ ((value & 1) != 0 ? 0xedb88320 : 0);
    }
    return ~value;
}

#define PRINT_MOST(type, name, least, most) printf(#name " %d\n", most);

int main(int count, char **arguments) {
    static uint64_t content[8 << 20];
    if (count != 3) {
        IMAGE_TABLES(PRINT_MOST)
        return 0;
    }
    FILE *file = fopen(arguments[1], "rb");
    size_t size = file != NULL ? fread(content, 1, sizeof(content), file) : 0;
    uint64_t offset = strtoull(arguments[2], NULL, 0);
    if (size <= offset) return 2;
    struct image image = {.kernel_pa = RAM_IMAGE, .payload_pa = RAM_IMAGE + offset};
    struct image_error error;
    if (image_check((const char *)content + offset, size - offset, &image, &error) == STATUS_OK)
        return 0;
    printf("%s %d: %s\n", image_table_name(error.type), (int)error.entry, error.what);
    return 1;
}
