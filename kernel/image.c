/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The payload's header, directory and checksum, and the order of all checks (pure). Called once by
 * boot.c. The rules for one entry of each table are in rule_*.c; what the tables are used for is
 * boot.c's.
 */
#include "image.h"
#include "rule.h"

struct table {
    const char *name;
    const char *(*rule)(const struct image *image, uint32_t index);
    uint32_t entry_size, least, most;
};

#define TABLE(type, name, least, most)                                                             \
    [IMAGE_##type] = {#name, rule_##name, sizeof(struct image_##name), least, most},

static const struct table tables[IMAGE_TYPE_END] = {IMAGE_TABLES(TABLE)};

const char *image_table_name(uint32_t type)
{
    if (type == IMAGE_HEADER)
        return "header";
    return type < IMAGE_TYPE_END ? tables[type].name : "table";
}

static uint64_t directory_end(const struct image_header *header)
{
    return sizeof(*header) + header->table_count * sizeof(struct image_table);
}

bool rule_blob(const struct image *image, uint64_t offset, uint64_t size)
{
    return offset % 8 == 0 && offset >= directory_end(image->header) &&
           rule_covers(0, image->header->size, offset, size);
}

/* The checksum is over the payload with its own field zero. */
static uint32_t checksum(const struct image_header *header, const struct image_limits *limits)
{
    struct image_header copy = *header;

    copy.checksum = 0;
    return limits->crc(limits->crc(0, &copy, sizeof(copy)), header + 1,
                       (size_t)header->size - sizeof(copy));
}

static const char *check_header(const struct image_header *header, uint64_t size_limit,
                                const struct image_limits *limits)
{
    if (size_limit < sizeof(*header))
        return "is cut off";
    if (header->magic != IMAGE_MAGIC)
        return "has no magic number";
    if (header->format != IMAGE_FORMAT)
        return "has an unknown format";
    if (header->abi != ABI_VERSION)
        return "has another ABI version";
    if (header->size < sizeof(*header))
        return "gives a size below its own";
    if (header->size > size_limit)
        return "gives a size beyond the end of memory";
    if (checksum(header, limits) != header->checksum)
        return "has a wrong checksum";
    if (header->table_count >= IMAGE_TYPE_END)
        return "has too many tables";
    if (header->size < directory_end(header))
        return "has its directory cut off";
    return NULL;
}

/* One entry of the directory: the table that it describes can be read without fear. */
static const char *check_table(const struct image *image, const struct image_table *directory,
                               uint32_t index)
{
    const struct image_table *entry = &directory[index];
    const struct table *table = &tables[entry->type];
    uint64_t size = (uint64_t)entry->count * entry->entry_size;

    if (entry->version != IMAGE_TABLE_VERSION)
        return "has an unknown version";
    if (entry->entry_size != table->entry_size)
        return "has a wrong entry size";
    if (entry->count < table->least)
        return "has too few entries";
    if (entry->count > table->most)
        return "has too many entries";
    if (!rule_blob(image, entry->offset, size))
        return "lies outside the payload, on the directory or misaligned";
    for (uint32_t i = 0; i < index; i++) {
        if (directory[i].type == entry->type)
            return "is there twice";
        if (rule_overlap(directory[i].offset,
                         (uint64_t)directory[i].count * directory[i].entry_size, entry->offset,
                         size))
            return "overlaps another table";
    }
    return NULL;
}

static const char *check_directory(struct image *image, struct image_error *error)
{
    const struct image_table *directory = (const struct image_table *)(image->header + 1);
    const char *what;

    for (uint32_t i = 0; i < image->header->table_count; i++) {
        error->type = directory[i].type;
        if (error->type == IMAGE_HEADER || error->type >= IMAGE_TYPE_END) {
            error->entry = i;
            return "has an unknown type";
        }
        what = check_table(image, directory, i);
        if (what != NULL)
            return what;
        image->table[error->type].entries = image_bytes(image, directory[i].offset);
        image->table[error->type].count = directory[i].count;
    }
    for (uint32_t type = IMAGE_MACHINE; type < IMAGE_TYPE_END; type++) {
        error->type = type;
        if (image->table[type].count < tables[type].least)
            return "is missing";
    }
    return NULL;
}

static const char *check_entries(const struct image *image, struct image_error *error)
{
    for (error->type = IMAGE_MACHINE; error->type < IMAGE_TYPE_END; error->type++) {
        for (error->entry = 0; error->entry < image->table[error->type].count; error->entry++) {
            const char *what = tables[error->type].rule(image, error->entry);

            if (what != NULL)
                return what;
        }
    }
    return NULL;
}

enum status image_check(const void *payload, uint64_t size_limit, const struct image_limits *limits,
                        struct image *image, struct image_error *error)
{
    *image = (struct image){
        .header = payload,
        .kernel_pa = limits->kernel_pa,
        .payload_pa = limits->payload_pa,
    };
    *error = (struct image_error){IMAGE_HEADER, IMAGE_NO_ENTRY, NULL};
    error->what = check_header(image->header, size_limit, limits);
    if (error->what == NULL)
        error->what = check_directory(image, error);
    if (error->what == NULL)
        error->what = check_entries(image, error);
    if (error->what == NULL)
        return STATUS_OK;
    *image = (struct image){0};
    return STATUS_FORMAT;
}

uint32_t image_vcpu_count(const struct image *image, uint32_t vm, uint32_t *first)
{
    uint32_t count = 0;

    for (uint32_t i = image_count(image, IMAGE_VCPU); i-- > 0;) {
        if (image_vcpu(image, i)->vm == vm) {
            *first = i;
            count++;
        }
    }
    return count;
}
