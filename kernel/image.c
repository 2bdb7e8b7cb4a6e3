/* SPDX-License-Identifier: BSD-2-Clause */
/* The payload's header, checksum and tables, and the order of all checks (pure). Called once by
 * boot.c, so compiled for size. What an entry must be is rule.c's. */
#include "image.h"

/* clang-format off */
#define TABLE(type, name, least, most) [IMAGE_##type] = {#name, sizeof(struct image_##name), least, most},
static const struct table {
    char name[12];
    uint16_t entry_size, least, most;
} tables[IMAGE_TYPE_END] = {[IMAGE_HEADER] = {"header", 0, 0, 0}, IMAGE_TABLES(TABLE)};
/* clang-format on */

const char *image_table_name(uint32_t type) { return tables[type].name; }

bool image_holds(const struct image *image, uint64_t offset, uint64_t size) {
    return offset % 8 == 0 && offset >= sizeof(*image->header) &&
           image_covers(0, image->header->size, offset, size);
}

/* The checksum is over the payload with its own field zero. */
static uint32_t checksum(const struct image_header *header) {
    struct image_header copy = *header;
    copy.checksum = 0;
    return image_crc(image_crc(0, &copy, sizeof(copy)), header + 1, header->size - sizeof(copy));
}

static const char *check_header(const struct image_header *header, uint64_t size_limit) {
    if (size_limit < sizeof(*header)) return "is cut off";
    if (header->magic != IMAGE_MAGIC) return "has no magic number";
    if (header->format != IMAGE_FORMAT) return "has an unknown format";
    if (header->abi != ABI_VERSION) return "has another ABI version";
    if (header->size < sizeof(*header)) return "gives a size below its own";
    if (header->size > size_limit) return "gives a size beyond the end of memory";
    if (checksum(header) != header->checksum) return "has a wrong checksum";
    return NULL;
}

/* The tables can be read without fear then, and are one behind the other. */
static const char *check_tables(const struct image *image, struct image_error *error) {
    uint64_t end = 0;
    for (error->type = IMAGE_MACHINE; error->type < IMAGE_TYPE_END; error->type++) {
        const struct image_table *table = &image->header->table[error->type];
        uint64_t size = (uint64_t)table->count * table->entry_size;
        if (table->entry_size != tables[error->type].entry_size) return "has a wrong entry size";
        if (table->count < tables[error->type].least) return "has too few entries";
        if (table->count > tables[error->type].most) return "has too many entries";
        if (!image_holds(image, table->offset, size))
            return "lies outside the payload, on the header or misaligned";
        if (table->offset < end) return "overlaps the table before it";
        end = table->offset + size;
    }
    return NULL;
}

enum status image_check(const void *payload, uint64_t size_limit, struct image *image,
                        struct image_error *error) {
    image->header = payload;
    error->type = IMAGE_HEADER;
    error->entry = IMAGE_NO_ENTRY;
    error->field = "";
    error->what = check_header(image->header, size_limit);
    if (error->what == NULL) error->what = check_tables(image, error);
    if (error->what == NULL) error->what = image_broken_rule(image, error);
    if (error->what == NULL) return STATUS_OK;
    *image = (struct image){0};
    return STATUS_FORMAT;
}
