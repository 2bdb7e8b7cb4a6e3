/* SPDX-License-Identifier: BSD-2-Clause */
/* The image is what it must be (pure): header, checksum, tables, and each entry of these. image.def
 * has the rules for entries, a line each, `rules` is made of them, `holds` knows what a kind of
 * rule means, and broken_rule tries all. Called once by boot.c, so compiled for size. A rule may
 * compare with any entry of any table. It must not compute with, or index by, what has not been
 * checked: all earlier tables have been, and its own by the rules before it. */
#include "image.h"
#include "memory.h"
#include "sysreg.h"

/* Arguments of rules. Those with the same space compare across tables, unless they are ALONE. */
enum { AFFINITY, SYSREG, BLOCK };                           /* of MASK */
enum { ACCESSED = 1, NOTIFIED = 2, CALLED = 4 };            /* of ANSWERS: entry points */
enum { ALONE, VM_SPACE, SERVER_SPACE, SPI, VIRTUAL_INTID }; /* of UNIQUE, DISJOINT, CROSSING */
static const uint64_t masks[] = {
    [AFFINITY] = UINT64_C(0xff00ffffff),
    [SYSREG] = ISS_REGISTER,
    [BLOCK] = -(uint64_t)IMAGE_BLOCK,
};

/* clang-format off */
#define TABLE(type, name, least, most) [IMAGE_##type] = {#name, sizeof(struct image_##name), least, most},
static const struct table {
    char name[12];
    uint16_t entry_size, least, most;
} tables[IMAGE_TYPE_END] = {[IMAGE_HEADER] = {"header", 0, 0, 0}, IMAGE_TABLES(TABLE)};

#define TYPE(TYPE, name, least, most) TYPE_##name = IMAGE_##TYPE,
enum { IMAGE_TABLES(TYPE) };
#define KIND(name, what) name,
enum kind { IMAGE_KINDS(KIND) };

struct field { uint8_t offset, width; }; /* of an entry; an absent one has no width and reads as 0 */

/* Of each entry of table `type`. A line of image.def becomes one. */
struct rule {
    uint8_t type, kind;
    struct field x, y, z;
    int16_t argument;
};
#define AT(name, x) {offsetof(struct image_##name, x), sizeof(((struct image_##name *)0)->x)}
#define RULE(name, kind, argument, text, x, y, z) {TYPE_##name, kind, x, y, z, argument},
static const struct rule rules[] = {
#include "image.def"
};

static const struct space { /* where entries of a table are mapped */
    struct field owner, flags, start, size;
} spaces[] = {
    [IMAGE_REGION] = {AT(region, vm), AT(region, flags), AT(region, ipa), AT(region, size)},
    [IMAGE_SEGMENT] = {AT(segment, server), AT(segment, flags), AT(segment, va), AT(segment, size)},
    [IMAGE_FRAME] = {AT(frame, server), AT(frame, flags), AT(frame, va), AT(frame, size)},
};

/* Strings one behind the other: a pointer each would be relocated at start and cost 32 bytes. */
#define TEXT(name, what) what "\0"
static const char kind_texts[] = IMAGE_KINDS(TEXT);
#define RULE(name, kind, argument, text, x, y, z) #text "\0"
static const char field_names[] =
#include "image.def"
    ;
/* clang-format on */

const char *image_table_name(uint32_t type) { return tables[type].name; }

/* The bytes are in the payload, aligned, and not the header. */
static bool in_payload(const struct image *image, uint64_t offset, uint64_t size) {
    return offset % 8 == 0 && offset >= sizeof(*image->header) &&
           image_covers(0, image->header->size, offset, size);
}

static const char *string_at(const char *strings, size_t index) {
    for (; index > 0; strings++) index -= *strings == '\0'; /* behind so many ends */
    return strings;
}

static const uint8_t *entry_at(const struct image *image, uint32_t type, uint32_t index) {
    const struct image_table *table = &image->header->table[type];
    return (const uint8_t *)image_bytes(image, table->offset) + index * table->entry_size;
}

static uint64_t read(const uint8_t *entry, struct field field) {
    uint64_t value = 0;
    for (uint32_t i = field.width; i-- > 0;) value = value << 8 | entry[field.offset + i];
    return value;
}

static bool is_name(const uint8_t *name) {
    uint32_t length = 0, end;
    while (length < IMAGE_NAME && name[length] > ' ' && name[length] <= '~') length++;
    for (end = length; end < IMAGE_NAME && name[end] == 0;) end++;
    return length != 0 && length < IMAGE_NAME && end == IMAGE_NAME;
}

struct values {
    uint64_t x, y, z;
};

static struct values values_of(const struct image *image, const struct rule *rule, uint32_t index) {
    const uint8_t *entry = entry_at(image, rule->type, index);
    return (struct values){read(entry, rule->x), read(entry, rule->y), read(entry, rule->z)};
}

/* y bytes of RAM from x on, of owner z (enum memory_owner): what has one owner must not share a
 * byte, what has two no block. */
static bool collide(struct values a, struct values b) {
    uint64_t unit = a.z == b.z ? 1 : IMAGE_BLOCK;
    return a.x / unit <= (b.x + b.y - 1) / unit && b.x / unit <= (a.x + a.y - 1) / unit;
}

/* Whether two entries are what rules of this kind forbid. In one space by two tables, the page
 * behind is kept free as well: a guest's load across the end of memory faults there. */
static bool clash(const struct rule *a_rule, struct values a, const struct rule *b_rule,
                  struct values b) {
    bool same_table = a_rule == b_rule;
    uint64_t gap = same_table ? 0 : IMAGE_PAGE;
    switch (a_rule->kind) {
    case UNSHARED: /* y bytes of RAM, of owner z + argument */
        a.z += (uint64_t)a_rule->argument;
        b.z += (uint64_t)b_rule->argument;
        return collide(a, b);
    case DISJOINT: /* y bytes at x, in the space z */
        return a.z == b.z && image_overlap(a.x - gap, a.y + gap, b.x, b.y);
    case CROSSING: /* x to y, inclusive, of VM z */ return a.z == b.z && a.x <= b.y && b.x <= a.y;
    default: /* UNIQUE: x, y and z, but for a PPI that several VMs have and for y of two tables */
        return a.z == b.z && a.x == b.x && (a.y == b.y || !same_table) &&
               (a_rule->argument != SPI || a.x >= SPI_START);
    }
}

/* No clash with an entry before: of this table, or of any with the same argument. */
static bool is_alone(const struct image *image, const struct rule *rule, uint32_t index) {
    struct values values = values_of(image, rule, index);
    for (const struct rule *other = rules; other <= rule; other++) {
        uint32_t count = other == rule ? index : image_count(image, other->type);
        bool alike = other->argument == rule->argument && rule->argument != ALONE;
        if (other->kind != rule->kind) continue;
        if (other != rule && !alike && rule->kind != UNSHARED) continue;
        for (uint32_t i = 0; i < count; i++)
            if (clash(rule, values, other, values_of(image, other, i))) return false;
    }
    return true;
}

/* Whether one of the owner's entries of a table covers, or overlaps, addresses of its space. */
typedef bool compare_t(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size);
static bool meets(const struct image *image, compare_t *compare, enum image_type type,
                  uint64_t owner, uint64_t flags, uint64_t start, uint64_t size) {
    const struct space *space = &spaces[type];
    for (uint32_t i = 0; i < image_count(image, type); i++) {
        const uint8_t *entry = entry_at(image, type, i);
        if (read(entry, space->owner) == owner && (read(entry, space->flags) & flags) == flags &&
            compare(read(entry, space->start), read(entry, space->size), start, size))
            return true;
    }
    return false;
}

/* Each stack, one a CPU that may enter, is in a segment, and nothing is in the page below. */
static bool has_stacks(const struct image *image, uint32_t index) {
    const struct image_server *server = image_server(image, index);
    bool concurrent = (server->flags & SERVER_CONCURRENT) != 0;
    uint64_t start = server->stack_top - server->stack_size, guard = start - IMAGE_PAGE;
    for (uint32_t cpu = 0; cpu < (concurrent ? image_count(image, IMAGE_CPU) : 1); cpu++) {
        uint64_t higher = (uint64_t)cpu * server->stack_stride;
        if (!meets(image, image_covers, IMAGE_SEGMENT, index, SEGMENT_WRITE, start + higher,
                   server->stack_size) ||
            meets(image, image_overlap, IMAGE_SEGMENT, index, 0, guard + higher, IMAGE_PAGE) ||
            meets(image, image_overlap, IMAGE_FRAME, index, 0, guard + higher, IMAGE_PAGE))
            return false;
    }
    return true;
}

static bool on_gic(const struct image *image, uint64_t pa, uint64_t size) {
    const struct image_machine *machine = image_machine(image, 0);
    return image_overlap(pa, size, machine->gicd, GICD_SIZE) ||
           image_overlap(pa, size, machine->gicr,
                         (uint64_t)GICR_STRIDE * image_count(image, IMAGE_CPU));
}

static bool has_gic(const struct image *image) {
    const struct image_machine *machine = image_machine(image, 0);
    uint64_t size = (uint64_t)GICR_STRIDE * image_count(image, IMAGE_CPU);
    return (machine->gicd | machine->gicr) % GICD_SIZE == 0 &&
           machine->gicd <= SPACE_REACH - GICD_SIZE && machine->gicr <= SPACE_REACH - size &&
           !image_overlap(machine->gicd, GICD_SIZE, machine->gicr, size) &&
           !on_gic(image, machine->ram_base, machine->ram_size);
}

static uint32_t vcpu_count(const struct image *image, uint32_t vm) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < image_count(image, IMAGE_VCPU); i++)
        count += image_vcpu(image, i)->vm == vm;
    return count;
}

/* A physical interrupt: a timer's keeps its number, and an SPI becomes any. */
static bool is_routable(uint64_t intid, uint64_t virtual_intid) {
    if (intid < SPI_START) return intid == virtual_intid && (PPI_TIMERS >> intid & 1) != 0;
    return intid < PHYSICAL_SPI_END && virtual_intid >= SPI_START;
}

/* Of y bytes from x on: some, in units of 2^(argument >> 8), below 2^(argument & 255). */
static bool is_span(uint64_t x, uint64_t y, uint64_t argument) {
    uint64_t last = UINT64_MAX >> (64 - (argument & 255));
    return y != 0 && ((x | y) & ((UINT64_C(1) << (argument >> 8)) - 1)) == 0 && x <= last &&
           y - 1 <= last - x;
}

static bool holds(const struct image *image, const struct rule *rule, uint32_t index) {
    const uint8_t *entry = entry_at(image, rule->type, index);
    const struct image_machine *machine = image_machine(image, 0);
    struct values values = values_of(image, rule, index);
    uint64_t x = values.x, y = values.y, z = values.z, argument = (uint64_t)rule->argument;
    struct values kernel = {image->kernel_pa,
                            image->payload_pa - image->kernel_pa + image->header->size,
                            MEMORY_KERNEL};
    const struct image_server *server;
    switch ((enum kind)rule->kind) {
    case BITS: /* no others than the argument's in x: flags, alignment; none in y: padding */
        return (x & ~argument) == 0 && y == 0;
    case MASK: return (x & ~masks[argument]) == 0;
    case LEAST: return x >= argument;
    case MOST: return x <= argument;
    case ORDER: return x <= y;
    case AMONG: /* the numbers of the argument's bits */ return x < 32 && (argument >> x & 1) != 0;
    case NAME: /* printable, not empty, and zeroes to the end */
        return is_name(entry + rule->x.offset);
    case INDEX: return x < image->header->table[argument].count;
    case SPAN: return is_span(x, y, argument);
    case BLOB: /* of y bytes, maybe none */ return y == 0 || in_payload(image, x, y);
    case SORTED: return index == 0 || x >= values_of(image, rule, index - 1).x;
    case ANSWERS: /* server x, by an entry point in the argument */
        server = image_server(image, (uint32_t)x);
        return ((argument & ACCESSED) != 0 && server->access != 0) ||
               ((argument & NOTIFIED) != 0 && server->notified != 0) ||
               ((argument & CALLED) != 0 && server->called != 0);
    case INSIDE: /* behind the gate page of server z */
        server = image_server(image, (uint32_t)z);
        return image_covers(server->base + IMAGE_PAGE, server->size - IMAGE_PAGE, x, y);
    case WITHIN: return meets(image, image_covers, IMAGE_REGION, z, 0, x, y);
    case ENTRY: /* into its memory in the argument's table; a server may have none */
        return (x == 0 && argument == IMAGE_SEGMENT) ||
               (x % 4 == 0 && meets(image, image_covers, (enum image_type)argument, index,
                                    SEGMENT_EXECUTE, x, 4));
    case STACKS: return has_stacks(image, index);
    case IN_RAM: return image_covers(machine->ram_base, machine->ram_size, x, y);
    case OFF_RAM: return !image_overlap(machine->ram_base, machine->ram_size, x, y);
    case OFF_GIC: return !on_gic(image, x, y);
    case OFF_KERNEL: return !collide(values, kernel);
    case UNSHARED:
    case DISJOINT:
    case CROSSING:
    case UNIQUE: return is_alone(image, rule, index);
    case MEMORY:
        return x <= RAM_MAX && machine->ram_base <= SPACE_REACH - x &&
               image_covers(machine->ram_base, x, kernel.x, kernel.y);
    case GIC: return has_gic(image);
    case STARTED: return vcpu_count(image, index) != 0;
    case BEFORE: return x < y;
    case ROUTABLE: return is_routable(x, y);
    case OF_VM: /* vCPU x of VM z, which is 0 for an SPI y */
        return x < (y < SPI_START ? vcpu_count(image, (uint32_t)z) : 1);
    }
    return false;
}

static const char *broken_rule(const struct image *image, struct image_error *error) {
    for (const struct rule *rule = rules; rule < rules + sizeof(rules) / sizeof(rules[0]); rule++) {
        for (uint32_t i = 0; i < image_count(image, rule->type); i++) {
            if (holds(image, rule, i)) continue;
            error->type = rule->type;
            error->entry = i;
            error->field = string_at(field_names, (size_t)(rule - rules));
            return string_at(kind_texts, rule->kind);
        }
    }
    return NULL;
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
        if (!in_payload(image, table->offset, size))
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
    if (error->what == NULL) error->what = broken_rule(image, error);
    if (error->what == NULL) return STATUS_OK;
    *image = (struct image){0};
    return STATUS_FORMAT;
}
