/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The payload's header, directory and checksum, and the order of all checks (pure). Called once by
 * boot.c, so compiled for size. The rules for an entry are image.def's.
 */
#pragma GCC optimize("Os")
#include "rule.h"

struct table {
    char name[12];
    uint16_t entry_size, least, most;
};

#define TABLE(type, name, least, most)                                                             \
    [IMAGE_##type] = {#name, sizeof(struct image_##name), least, most},

static const struct table tables[IMAGE_TYPE_END] = {IMAGE_TABLES(TABLE)};

const char *image_table_name(uint32_t type) {
    if (type == IMAGE_HEADER) return "header";
    return type < IMAGE_TYPE_END ? tables[type].name : "table";
}

static uint64_t directory_end(const struct image_header *header) {
    return sizeof(*header) + header->table_count * sizeof(struct image_table);
}

bool image_holds(const struct image *image, uint64_t offset, uint64_t size) {
    return offset % 8 == 0 && offset >= directory_end(image->header) &&
           rule_covers(0, image->header->size, offset, size);
}

/* The checksum is over the payload with its own field zero. */
static uint32_t checksum(const struct image_header *header, const struct image_limits *limits) {
    struct image_header copy = *header;

    copy.checksum = 0;
    return limits->crc(limits->crc(0, &copy, sizeof(copy)), header + 1,
                       (size_t)header->size - sizeof(copy));
}

static const char *check_header(const struct image_header *header, uint64_t size_limit,
                                const struct image_limits *limits) {
    return size_limit < sizeof(*header)                   ? "is cut off"
           : header->magic != IMAGE_MAGIC                 ? "has no magic number"
           : header->format != IMAGE_FORMAT               ? "has an unknown format"
           : header->abi != ABI_VERSION                   ? "has another ABI version"
           : header->size < sizeof(*header)               ? "gives a size below its own"
           : header->size > size_limit                    ? "gives a size beyond the end of memory"
           : checksum(header, limits) != header->checksum ? "has a wrong checksum"
           : header->table_count >= IMAGE_TYPE_END        ? "has too many tables"
           : header->size < directory_end(header)         ? "has its directory cut off"
                                                          : NULL;
}

/* One entry of the directory: the table that it describes can be read without fear. */
static const char *check_table(const struct image *image, const struct image_table *directory,
                               uint32_t index) {
    const struct image_table *entry = &directory[index];
    const struct table *table = &tables[entry->type];
    uint64_t size = (uint64_t)entry->count * entry->entry_size;
    const char *what = entry->version != IMAGE_TABLE_VERSION    ? "has an unknown version"
                       : entry->entry_size != table->entry_size ? "has a wrong entry size"
                       : entry->count < table->least            ? "has too few entries"
                       : entry->count > table->most             ? "has too many entries"
                       : !image_holds(image, entry->offset, size)
                           ? "lies outside the payload, on the directory or misaligned"
                           : NULL;

    for (uint32_t i = 0; i < index && what == NULL; i++) {
        uint64_t other_size = (uint64_t)directory[i].count * directory[i].entry_size;

        what = directory[i].type == entry->type ? "is there twice"
               : rule_overlap(directory[i].offset, other_size, entry->offset, size)
                   ? "overlaps another table"
                   : NULL;
    }
    return what;
}

static const char *check_directory(struct image *image, struct image_error *error) {
    const struct image_table *directory = (const struct image_table *)(image->header + 1);
    const char *what;

    for (uint32_t i = 0; i < image->header->table_count; i++) {
        error->type = directory[i].type;
        if (error->type == IMAGE_HEADER || error->type >= IMAGE_TYPE_END) {
            error->entry = i;
            return "has an unknown type";
        }
        what = check_table(image, directory, i);
        if (what != NULL) return what;
        image->table[error->type].entries = image_bytes(image, directory[i].offset);
        image->table[error->type].count = directory[i].count;
        image->table[error->type].entry_size = directory[i].entry_size;
    }
    for (uint32_t type = IMAGE_MACHINE; type < IMAGE_TYPE_END; type++) {
        error->type = type;
        if (image->table[type].count < tables[type].least) return "is missing";
    }
    return NULL;
}

static const char *check_entries(const struct image *image, struct image_error *error) {
    for (error->type = IMAGE_MACHINE; error->type < IMAGE_TYPE_END; error->type++) {
        for (error->entry = 0; error->entry < image->table[error->type].count; error->entry++) {
            const char *what = rule_broken(image, error->type, error->entry);

            if (what != NULL) return what;
        }
    }
    return NULL;
}

enum status image_check(const void *payload, uint64_t size_limit, const struct image_limits *limits,
                        struct image *image, struct image_error *error) {
    *image = (struct image){
        .header = payload,
        .kernel_pa = limits->kernel_pa,
        .payload_pa = limits->payload_pa,
    };
    *error = (struct image_error){IMAGE_HEADER, IMAGE_NO_ENTRY, NULL};
    error->what = check_header(image->header, size_limit, limits);
    if (error->what == NULL) error->what = check_directory(image, error);
    if (error->what == NULL) error->what = check_entries(image, error);
    if (error->what == NULL) return STATUS_OK;
    *image = (struct image){0};
    return STATUS_FORMAT;
}

uint32_t image_vcpu_count(const struct image *image, uint32_t vm, uint32_t *first) {
    uint32_t count = 0;

    for (uint32_t i = image_count(image, IMAGE_VCPU); i-- > 0;) {
        if (image_vcpu(image, i)->vm == vm) {
            *first = i;
            count++;
        }
    }
    return count;
}
