/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules of image.def as data, and what each kind means (pure). Called by image.c, once for
 * every entry, at boot only: compiled for size.
 */
#pragma GCC optimize("Os")
#include "memory.h"
#include "rule.h"

#define MPIDR_AFFINITY UINT64_C(0xff00ffffff)
#define SYSREG_BITS    0x3ffc1e /* Op0, Op2, Op1, CRn, CRm; Rt and direction are zero */

/* clang-format off */
enum kind { /* what each means is said at its case in `holds` */
    BITS, LEAST, MOST, ORDER, INDEX, NAME, SPAN, BLOB, ANSWERS, INSIDE,
    UNIQUE, TOGETHER, DISJOINT, IN_RAM, NOT_KERNEL, UNSHARED, RELATES
};

struct field { /* of a table's entry; an absent one has no width and reads as zero */
    uint8_t offset, width;
};

struct rule {
    uint8_t type, kind;
    struct field x, y, z;
    union {
        uint64_t argument;
        predicate_t *predicate;
    };
};

#define TYPE(TYPE, name, least, most) TYPE_##name = IMAGE_##TYPE,
enum { IMAGE_TABLES(TYPE) };

#define AT(name, x) {offsetof(struct image_##name, x), sizeof(((struct image_##name *)0)->x)}
#define ONE(name, kind, x, argument, what) {TYPE_##name, kind, AT(name, x), {}, {}, {argument}},
#define TWO(name, kind, x, y, argument, what)                                                      \
    {TYPE_##name, kind, AT(name, x), AT(name, y), {}, {argument}},
#define THREE(name, kind, x, y, z, argument, what)                                                 \
    {TYPE_##name, kind, AT(name, x), AT(name, y), AT(name, z), {argument}},
#define RELATION(name, which, what)                                                                \
    {TYPE_##name, RELATES, {}, {}, {}, {.predicate = rule_##which}},
/* clang-format on */

static const struct rule rules[] = {
#include "image.def"
};

/* The rules' texts in their order: a pointer each would be relocated at start and cost 32 bytes. */
#define ONE(name, kind, x, argument, what)         what "\0"
#define TWO(name, kind, x, y, argument, what)      what "\0"
#define THREE(name, kind, x, y, z, argument, what) what "\0"
#define RELATION(name, which, what)                what "\0"
static const char texts[] =
#include "image.def"
    ;

static const char *text_of(const struct rule *rule) {
    const char *at = texts, *text = texts;

    for (const struct rule *i = rules; i <= rule; i++, at++) {
        text = *at != '\0' ? at : text; /* an empty one stands for the one before */
        while (*at != '\0') at++;
    }
    return text;
}

static const uint8_t *entry_at(const struct image *image, const struct rule *rule, uint32_t index) {
    return (const uint8_t *)image->table[rule->type].entries +
           index * image->table[rule->type].entry_size;
}

static uint64_t read(const uint8_t *entry, struct field field) {
    uint64_t value = 0;

    for (uint32_t i = field.width; i-- > 0;) value = value << 8 | entry[field.offset + i];
    return value;
}

static bool same(const uint8_t *a, const uint8_t *b, struct field field) {
    return read(a, field) == read(b, field);
}

static bool is_name(const uint8_t *name) {
    uint32_t length = 0, end;

    while (length < IMAGE_NAME && name[length] > ' ' && name[length] <= '~') length++;
    for (end = length; end < IMAGE_NAME && name[end] == 0;) end++;
    return length != 0 && length < IMAGE_NAME && end == IMAGE_NAME;
}

/* Whether no entry before is what the rule forbids. */
static bool is_alone(const struct image *image, const struct rule *rule, uint32_t index) {
    const uint8_t *entry = entry_at(image, rule, index);
    bool clash = false;

    for (uint32_t i = 0; i < index && !clash; i++) {
        const uint8_t *other = entry_at(image, rule, i);

        clash = rule->kind == DISJOINT ? rule_overlap(read(entry, rule->x), read(entry, rule->y),
                                                      read(other, rule->x), read(other, rule->y))
                                       : same(entry, other, rule->x) && same(entry, other, rule->y);
        clash &= same(entry, other, rule->z);
    }
    return !clash;
}

/* RAM under rules of the kinds NOT_KERNEL and UNSHARED: y bytes from x on, of owner z + argument.
 * What has one owner (enum memory_owner) must not share a byte, what has two no block. */
struct piece {
    uint64_t start, size, owner;
};

static struct piece piece_of(const struct image *image, const struct rule *rule, uint32_t index) {
    const uint8_t *entry = entry_at(image, rule, index);

    return (struct piece){read(entry, rule->x), read(entry, rule->y),
                          read(entry, rule->z) + rule->argument};
}

static bool collide(struct piece a, struct piece b) {
    uint64_t unit = a.owner == b.owner ? 1 : IMAGE_BLOCK;

    return a.start / unit <= (b.start + b.size - 1) / unit &&
           b.start / unit <= (a.start + a.size - 1) / unit;
}

static bool is_unshared(const struct image *image, const struct rule *rule, uint32_t index) {
    struct piece piece = piece_of(image, rule, index);

    for (const struct rule *other = rules; other <= rule; other++) {
        uint32_t count = other == rule ? index : image->table[other->type].count;

        for (uint32_t i = 0; i < count && other->kind == UNSHARED; i++)
            if (collide(piece, piece_of(image, other, i))) return false;
    }
    return true;
}

static bool holds(const struct image *image, const struct rule *rule, uint32_t index) {
    const uint8_t *entry = entry_at(image, rule, index);
    uint64_t x = read(entry, rule->x), y = read(entry, rule->y), argument = rule->argument;
    const struct image_machine *machine = image_machine(image, 0);
    const struct image_server *server;

    switch ((enum kind)rule->kind) {
    case BITS: /* no others in x than the argument's: flags, padding, alignment */
        return (x & ~argument) == 0;
    case LEAST: /* value of x */ return x >= argument;
    case MOST: return x <= argument;
    case ORDER: /* of two values */ return x <= y;
    case INDEX: /* into the table in the argument */ return x < image->table[argument].count;
    case NAME: /* printable, not empty, and zeroes to the end of the field */
        return is_name(entry + rule->x.offset);
    case SPAN: /* of y bytes: some, in the argument's lowest bit as unit, below its end */
        return y != 0 && ((x | y) & ~argument) == 0 && x + y - 1 <= (argument | (argument - 1));
    case BLOB: /* of y bytes, maybe none, in the payload */
        return y == 0 || image_holds(image, x, y);
    case ANSWERS: /* server x: it has the entry point at that offset */
        return read((const uint8_t *)image_server(image, (uint32_t)x),
                    (struct field){(uint8_t)argument, sizeof(uint64_t)}) != 0;
    case INSIDE: /* the range of server z, behind its gate page */
        server = image_server(image, (uint32_t)read(entry, rule->z));
        return rule_covers(server->base + IMAGE_PAGE, server->size - IMAGE_PAGE, x, y);
    case TOGETHER: /* with the other entries that have the same x */
        if (index != 0 && same(entry, entry_at(image, rule, index - 1), rule->x)) return true;
        /* fallthrough */
    case UNIQUE:   /* x, y and z */
    case DISJOINT: /* y bytes at x, among entries with the same z */
        return is_alone(image, rule, index);
    case IN_RAM: return rule_covers(machine->ram_base, machine->ram_size, x, y);
    case NOT_KERNEL: /* nor the payload */
        return !collide(piece_of(image, rule, index),
                        (struct piece){image->kernel_pa, rule_kernel_size(image), MEMORY_KERNEL});
    case UNSHARED: /* with any entry before, of any table, that has such a rule */
        return is_unshared(image, rule, index);
    case RELATES: /* as rule_relation.c says */ return rule->predicate(image, index);
    }
    return false;
}

const char *rule_broken(const struct image *image, uint32_t type, uint32_t index) {
    for (const struct rule *rule = rules; rule < rules + sizeof(rules) / sizeof(rules[0]); rule++)
        if (rule->type == type && !holds(image, rule, index)) return text_of(rule);
    return NULL;
}
