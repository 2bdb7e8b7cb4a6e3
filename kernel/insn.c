/* SPDX-License-Identifier: BSD-2-Clause */
/* A64 loads and stores (pure): decode by a table, insn.def, and what they do to the guest's
 * registers. Called for one word of the guest's at a time by emulate.c.
 *
 * CONSTRAINED UNPREDICTABLE forms: a writeback whose base is among the registers stores the old
 * base, and wins over what was loaded; a pair that loads a register twice keeps the upper half. */
#include "insn.h"

/* BY_L: bit 22 says load. SIGNED: with sign to Xt. SINGLE: bits 23:22 are opc. Others: LD1 to 4 */
enum form_moves { BY_L, LOAD, SIGNED, SINGLE, MULTIPLE, LANE, REPEAT };
enum form_where { BASE, SCALED, UNSCALED, PAIR, INDEX, LITERAL, AFTER, BLOCK };

/* Where bit n stands in a picture (what is left out is its final NUL); the bits that are `c`. */
#define AT(n)                                                                                      \
    (31 - (n) + ((n) < 30) + ((n) < 27) + ((n) < 26) + ((n) < 24) + ((n) < 22) + ((n) < 21) +      \
     ((n) < 16) + ((n) < 12) + ((n) < 10) + ((n) < 5))
#define BIT(s, c, n)  ((uint32_t)((s)[AT(n) < sizeof(s) ? AT(n) : sizeof(s) - 1] == (c)) << (n))
#define BITS(s, c, n) (BIT(s, c, n) | BIT(s, c, (n) + 1) | BIT(s, c, (n) + 2) | BIT(s, c, (n) + 3))
#define PICTURE(s, c)                                                                              \
    (BITS(s, c, 0) | BITS(s, c, 4) | BITS(s, c, 8) | BITS(s, c, 12) | BITS(s, c, 16) |             \
     BITS(s, c, 20) | BITS(s, c, 24) | BITS(s, c, 28))

static const struct form {
    uint32_t mask, zeros; /* the bits that the picture fixes, and those that it fixes at 0 */
    uint32_t class : 4, moves : 3;
    uint32_t size_low : 5, size_mask : 2, size_plus : 3;
    uint32_t count : 4, where : 3, mode : 2;
} forms[] = {
#define INSN(picture, class, ...)                                                                  \
    {PICTURE(picture, '0') | PICTURE(picture, '1'), PICTURE(picture, '0'), INSN_##class,           \
     __VA_ARGS__},
#include "insn.def"
};

/* Bits high:low of the word. */
static unsigned bits(uint32_t word, unsigned high, unsigned low) {
    return word << (31 - high) >> (31 - high + low);
}

/* The same as a two's complement number. */
static int32_t bits_signed(uint32_t word, unsigned high, unsigned low) {
    return (int32_t)(word << (31 - high)) >> (31 - high + low);
}

static void form_address(const struct form *form, uint32_t word, struct insn *insn) {
    switch (form->where) {
    case SCALED: insn->offset = (int32_t)(bits(word, 21, 10) << insn->element_log2); break;
    case UNSCALED: insn->offset = bits_signed(word, 20, 12); break;
    case PAIR:
        insn->rt2 = bits(word, 14, 10);
        insn->offset = bits_signed(word, 21, 15) * (1 << insn->element_log2);
        break;
    case INDEX:
        insn->index = bits(word, 20, 16);
        insn->index_option = bits(word, 15, 13);
        insn->shift = bits(word, 12, 12) * insn->element_log2;
        break;
    case LITERAL:
        insn->base = INSN_PC;
        insn->offset = bits_signed(word, 23, 5) * 4;
        break;
    case AFTER: /* by Xm or, for Rm = 31, by what was moved */
        insn->index = bits(word, 20, 16);
        if (insn->index == 31) insn->offset = (int32_t)(insn->part_count << insn->access.size_log2);
        break;
    case BLOCK: /* Xt; XZR is address 0, not SP */
        insn->base = INSN_ZERO;
        insn->index = insn->access.rt;
        break;
    }
}

/* The accesses are of an element each, or of its doublewords. Of LD1 to LD4 and ST1 to ST4 of whole
 * registers, up to eight elements go out one by one, as in the manual's pseudocode; more are
 * gathered into doublewords, for 64 visits would be a guest's way to keep a server busy. */
static void form_parts(const struct form *form, uint32_t word, struct insn *insn) {
    bool multiple = form->moves == MULTIPLE;
    unsigned bytes = insn->count << (multiple ? 3 + bits(word, 30, 30) : insn->element_log2);
    unsigned size_log2 = multiple ? bits(word, 11, 10) : insn->element_log2;
    if (size_log2 > 3 || bytes >> size_log2 > INSN_PARTS) size_log2 = 3;
    insn->access.size_log2 = (uint8_t)size_log2;
    insn->part_count = bytes >> size_log2;
}

void insn_decode(uint32_t word, struct insn *insn) {
    const struct form *form = forms;
    while ((~word & form->mask) != form->zeros) form++; /* the last one fits any word */
    unsigned rt = bits(word, 4, 0), load = bits(word, 22, 22);
    unsigned size = (word >> form->size_low & form->size_mask) + form->size_plus;
    bool single = form->moves == SINGLE, lanes = form->moves == LANE || form->moves == REPEAT;
    bool sign = form->moves == SIGNED || (single && bits(word, 23, 23));
    *insn = (struct insn){
        .access = {.rt = (uint8_t)rt,
                   .write = !sign && !load && form->moves != LOAD,
                   .sign = sign,
                   .wide = size == 3 || (sign && !(single && load))},
        .vector = bits(word, 26, 26),
        .clear = bits(word, 26, 26) && form->moves != LANE,
        .class = form->class,
        .mode = form->mode,
        .rt2 = (rt + 1) % 32,
        .count = form->count + (lanes ? bits(word, 13, 13) << 1 | bits(word, 21, 21) : 0),
        .element_log2 = size,
        .base = bits(word, 9, 5),
        .index = 31,
        .index_option = 3, /* UXTX: all of Xm */
    };
    if (form->moves == REPEAT) insn->fill_log2 = 3 + bits(word, 30, 30);
    if (form->moves == LANE) /* Q:S:size is its place in bytes, but for what says B to D */
        insn->first = (bits(word, 30, 30) << 3 | bits(word, 12, 10)) >> size << size;
    form_parts(form, word, insn);
    form_address(form, word, insn);
}

static uint64_t insn_base(const struct insn *insn) {
    if (insn->base < INSN_SP) return insn->regs.frame->x[insn->base];
    if (insn->base == INSN_SP) return insn->regs.sp;
    return insn->base == INSN_PC ? insn->regs.frame->elr : 0;
}

/* The base after the instruction, if it moves at all. An index is extended as a load would be:
 * option<1:0> is the width, option<2> the sign (ExtendReg() of the Arm ARM). */
static uint64_t insn_moved(const struct insn *insn) {
    unsigned option = insn->index_option;
    struct access extend = {.size_log2 = option & 3, .sign = option & 4, .wide = true};
    uint64_t index = insn->index == 31 ? 0 : insn->regs.frame->x[insn->index];
    uint64_t moved = insn_base(insn) + (uint64_t)(int64_t)insn->offset;
    return moved + (access_load_value(extend, index) << insn->shift);
}

uint64_t insn_address(const struct insn *insn) {
    return insn->mode == INSN_POST ? insn_base(insn) : insn_moved(insn);
}

/* FAR is any byte of the access, and may have lost a tag: its top byte does not count. WnR of an
 * atomic, DC or IC is as the implementation likes; a DC's or IC's block does not leave its page. */
bool insn_agrees(const struct insn *insn, uint64_t esr, uint64_t far) {
    uint64_t address = insn_address(insn), bytes = insn->part_count << insn->access.size_log2;
    bool block = insn->class == INSN_ZERO_LINE || insn->class == INSN_CACHE;
    bool directed = insn->class == INSN_ACCESS || insn->class == INSN_ZERO_LINE;
    if (directed && insn->access.write != ((esr & ESR_WNR) != 0)) return false;
    return block ? (far ^ address) << 8 >> 20 == 0 : (far - address) << 8 >> 8 < bytes;
}

/* The register that gets the elements whose turn it is. */
static unsigned insn_register(const struct insn *insn, unsigned turn) {
    return turn == 1 ? insn->rt2 : (insn->access.rt + turn) % 32;
}

/* Where byte n of the access has its place; XZR's is in the frame too. */
static uint8_t *insn_byte(const struct insn *insn, unsigned n) {
    unsigned element = n >> insn->element_log2, within = n - (element << insn->element_log2);
    unsigned reg = insn_register(insn, element % insn->count);
    unsigned lane = element / insn->count << insn->element_log2;
    uint64_t *bytes = insn->vector ? insn->regs.v[reg] : (uint64_t *)insn->regs.frame + reg;
    return (uint8_t *)bytes + insn->first + lane + within;
}

uint64_t insn_store_value(const struct insn *insn, unsigned part) {
    uint64_t value = 0;
    for (unsigned n = 1u << insn->access.size_log2; n-- > 0;)
        value = value << 8 | *insn_byte(insn, (part << insn->access.size_log2) + n);
    return value;
}

static void insn_load(const struct insn *insn, unsigned part, uint64_t value) {
    struct access access = insn->access;
    access.rt = (uint8_t)insn_register(insn, part);
    if (!insn->vector) access_finish(insn->regs.frame, access, value);
    for (unsigned n = 0; insn->vector && n < 1u << access.size_log2; n++) {
        uint8_t *byte = insn_byte(insn, (part << access.size_log2) + n);
        for (unsigned at = 0; at < 1u << insn->fill_log2; at += 1u << insn->element_log2)
            byte[at] = (uint8_t)(value >> n * 8);
    }
}

void insn_finish(struct insn *insn, const uint64_t value[INSN_PARTS]) {
    uint64_t moved = insn_moved(insn);
    bool load = !insn->access.write;
    for (unsigned turn = 0; load && insn->clear && turn < insn->count; turn++)
        __builtin_memset(insn->regs.v[insn_register(insn, turn)], 0, 16);
    for (unsigned part = 0; load && part < insn->part_count; part++)
        insn_load(insn, part, value[part]);
    if (insn->mode != INSN_OFFSET && insn->base == INSN_SP)
        insn->regs.sp = moved;
    else if (insn->mode != INSN_OFFSET)
        insn->regs.frame->x[insn->base] = moved;
}
