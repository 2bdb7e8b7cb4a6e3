/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decode of A64 loads and stores (pure); the contract is insn.h's. The encodings are a table,
 * insn.def; here is what its columns mean. emulate.c calls it with a word of the guest's.
 */
#include "insn.h"

/* BY_L: bit 22 says load. SIGNED: a load with sign to Xt. Others: form_registers, form_parts. */
enum form_moves { BY_L, LOAD, SIGNED, SINGLE, MULTIPLE, LANE, REPEAT };
enum form_where { BASE, SCALED, UNSCALED, PAIR, INDEX, FROM_PC, AFTER, BLOCK };

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
    uint32_t mask, value;
    uint8_t class, moves;
    uint8_t size_low, size_mask, size_plus;
    uint8_t count, where;
} forms[] = {
#define INSN(picture, class, ...)                                                                  \
    {PICTURE(picture, '0') | PICTURE(picture, '1'), PICTURE(picture, '1'), INSN_##class,           \
     __VA_ARGS__},
#include "insn.def"
};

/* Bits high:low of the word. */
static unsigned bits(uint32_t word, unsigned high, unsigned low) {
    return word >> low & ((UINT32_C(2) << (high - low)) - 1);
}

static unsigned bit(uint32_t word, unsigned n) { return word >> n & 1; }

/* Bits high:low as a two's complement number. */
static int32_t bits_signed(uint32_t word, unsigned high, unsigned low) {
    return (int32_t)(word << (31 - high)) >> (31 - high + low);
}

/* V registers have neither sign nor width: a bank of them leaves both false. */
static void form_registers(const struct form *form, uint32_t word, struct insn *out) {
    unsigned opc = bits(word, 23, 22);
    bool x = out->bank == INSN_X, whole = form->moves == SIGNED; /* to Xt, however small */

    out->write = form->moves != LOAD && form->moves != SIGNED && !bit(word, 22);
    out->sign = form->moves == SIGNED;
    switch (form->moves) {
    case SINGLE: /* opc: store, load, load with sign to Xt, to Wt; of V, the upper two move Qt */
        out->write = x ? opc == 0 : (opc & 1) == 0;
        out->sign = x && opc >= 2;
        whole = opc == 2;
        out->element_log2 |= x ? 0 : (uint8_t)((opc & 2) << 1);
        break;
    case LANE: /* Q:S:size is its place in bytes; below a lane's size, they say other things */
        out->merge = true;
        out->first = (uint8_t)(bit(word, 30) << 3 | bit(word, 12) << 2 | bits(word, 11, 10));
        out->first = (uint8_t)(out->first >> out->element_log2 << out->element_log2);
        out->count = (uint8_t)((bit(word, 13) << 1 | bit(word, 21)) + 1);
        break;
    case REPEAT:
        out->fill_log2 = bit(word, 30) ? 4 : 3;
        out->count = (uint8_t)((bit(word, 13) << 1 | bit(word, 21)) + 1);
        break;
    }
    out->wide = x && (whole || out->element_log2 == 3);
}

/*
 * The accesses are of an element each, or of its doublewords. Of LD1 to LD4 and ST1 to ST4 of whole
 * registers, up to eight elements go out one by one, as in the manual's pseudocode; more are
 * gathered into doublewords, for 64 visits would be a guest's way to keep a server busy, and who
 * copies bytes this way means memory.
 */
static void form_parts(const struct form *form, uint32_t word, struct insn *out) {
    unsigned bytes = (unsigned)out->count << out->element_log2;
    unsigned part_log2 = out->element_log2;

    if (form->moves == MULTIPLE) {
        bytes = (unsigned)out->count << (bit(word, 30) ? 4 : 3);
        part_log2 = bits(word, 11, 10);
    }
    if (part_log2 > 3 || bytes >> part_log2 > INSN_PARTS) part_log2 = 3;
    out->part_log2 = (uint8_t)part_log2;
    out->part_count = (uint8_t)(bytes >> part_log2);
}

static void form_address(const struct form *form, uint32_t word, struct insn *out) {
    /* Bits 11:10 of a single register's form, and 24:23 of a pair's. */
    static const uint8_t mode[4] = {INSN_OFFSET, INSN_POST, INSN_OFFSET, INSN_PRE};

    switch (form->where) {
    case SCALED: out->offset = (int32_t)(bits(word, 21, 10) << out->element_log2); break;
    case UNSCALED: /* form 10 is LDTR's */
        out->mode = mode[bits(word, 11, 10)];
        out->unprivileged = bits(word, 11, 10) == 2;
        out->offset = bits_signed(word, 20, 12);
        break;
    case PAIR:
        out->rt2 = (uint8_t)bits(word, 14, 10);
        out->mode = mode[bits(word, 24, 23)];
        out->offset = bits_signed(word, 21, 15) * (1 << out->element_log2);
        break;
    case INDEX:
        out->index = (uint8_t)bits(word, 20, 16);
        out->extend = (uint8_t)bits(word, 15, 13);
        out->shift = bit(word, 12) ? out->element_log2 : 0;
        break;
    case FROM_PC:
        out->base = INSN_PC;
        out->offset = bits_signed(word, 23, 5) * 4;
        break;
    case AFTER: /* by Xm or, for Rm = 31, by what was moved; if bit 23 is 0, not at all */
        if (!bit(word, 23)) break;
        out->mode = INSN_POST;
        out->index = (uint8_t)bits(word, 20, 16);
        out->offset = out->index == INSN_NO_REGISTER ? out->part_count << out->part_log2 : 0;
        break;
    case BLOCK: /* Xt; XZR is address 0, not SP */
        out->base = INSN_ZERO;
        out->index = out->rt;
        break;
    }
}

enum insn_class insn_decode(uint32_t word, struct insn *out) {
    const struct form *form = forms, *end = forms + sizeof(forms) / sizeof(forms[0]);

    *out = (struct insn){0};
    while (form < end && (word & form->mask) != form->value) form++;
    if (form == end || form->class > INSN_CACHE) return form == end ? INSN_OTHER : form->class;
    *out = (struct insn){
        .bank = bit(word, 26) ? INSN_V : INSN_X,
        .rt = (uint8_t)bits(word, 4, 0),
        .rt2 = (uint8_t)((bits(word, 4, 0) + 1) % 32),
        .count = form->count,
        .element_log2 = (uint8_t)((word >> form->size_low & form->size_mask) + form->size_plus),
        .base = (uint8_t)bits(word, 9, 5),
        .index = INSN_NO_REGISTER,
        .extend = 3, /* UXTX: all of Xm */
    };
    form_registers(form, word, out);
    form_parts(form, word, out);
    form_address(form, word, out);
    return form->class;
}
