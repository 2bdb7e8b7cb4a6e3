/* SPDX-License-Identifier: BSD-2-Clause */
/* The payload's header, directory and checksum, and the order of all checks (pure). Called once by
 * boot.c, so compiled for size. What an entry must be is rule.c's. */
#include "image.h"

/* clang-format off */
#define TABLE(type, name, least, most) [IMAGE_##type] = {#name, sizeof(struct image_##name), least, most},
static const struct table {
    char name[12];
    uint16_t entry_size, least, most;
} tables[IMAGE_TYPE_END] = {[IMAGE_HEADER] = {"header", 0, 0, 0}, IMAGE_TABLES(TABLE)};
/* clang-format on */

const char *image_table_name(uint32_t type) {
    return type < IMAGE_TYPE_END ? tables[type].name : "table";
}

bool image_holds(const struct image *image, uint64_t offset, uint64_t size) {
    const struct image_header *header = image->header;
    uint64_t directory_end = sizeof(*header) + header->table_count * sizeof(struct image_table);
    return offset % 8 == 0 && offset >= directory_end &&
           image_covers(0, header->size, offset, size);
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
    if (header->table_count >= IMAGE_TYPE_END) return "has too many tables";
    if (header->size < sizeof(*header) + header->table_count * sizeof(struct image_table))
        return "has its directory cut off";
    return NULL;
}

/* One entry of the directory: the table that it describes can be read without fear. */
static const char *check_table(struct image *image, const struct image_table *entry) {
    uint64_t size = (uint64_t)entry->count * entry->entry_size;
    if (entry->version != IMAGE_TABLE_VERSION) return "has an unknown version";
    if (entry->entry_size != tables[entry->type].entry_size) return "has a wrong entry size";
    if (entry->count < tables[entry->type].least) return "has too few entries";
    if (entry->count > tables[entry->type].most) return "has too many entries";
    if (!image_holds(image, entry->offset, size))
        return "lies outside the payload, on the directory or misaligned";
    for (const struct image_table *other = (const struct image_table *)(image->header + 1);
         other < entry; other++) {
        if (other->type == entry->type) return "is there twice";
        if (image_overlap(other->offset, (uint64_t)other->count * other->entry_size, entry->offset,
                          size))
            return "overlaps another table";
    }
    image->table[entry->type].entries = image_bytes(image, entry->offset);
    image->table[entry->type].count = entry->count;
    image->table[entry->type].entry_size = entry->entry_size;
    return NULL;
}

static const char *check_directory(struct image *image, struct image_error *error) {
    const struct image_table *directory = (const struct image_table *)(image->header + 1);
    for (uint32_t i = 0; i < image->header->table_count; i++) {
        error->type = directory[i].type;
        if (error->type == IMAGE_HEADER || error->type >= IMAGE_TYPE_END) {
            error->entry = i;
            error->field = "type";
            return "is unknown";
        }
        const char *what = check_table(image, &directory[i]);
        if (what != NULL) return what;
    }
    for (error->type = IMAGE_MACHINE; error->type < IMAGE_TYPE_END; error->type++)
        if (image->table[error->type].count < tables[error->type].least) return "is missing";
    return NULL;
}

enum status image_check(const void *payload, uint64_t size_limit, struct image *image,
                        struct image_error *error) {
    image->header = payload;
    error->type = IMAGE_HEADER;
    error->entry = IMAGE_NO_ENTRY;
    error->field = "";
    error->what = check_header(image->header, size_limit);
    if (error->what == NULL) error->what = check_directory(image, error);
    if (error->what == NULL) error->what = image_broken_rule(image, error);
    if (error->what == NULL) return STATUS_OK;
    *image = (struct image){0};
    return STATUS_FORMAT;
}
