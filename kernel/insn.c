/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decode of A64 loads and stores, and their effect on registers (pure); the contract is insn.h's.
 * One function for each table of the Arm ARM, C4.1.94; what no function names is INSN_OTHER.
 *
 * INSN_UNSUPPORTED, and why: LDRAA and LDRAB need the guest's keys to make an address; instructions
 * on allocation tags (LDG, STG, STGP, ...) move tags, which a device has not; CPY and SET
 * (FEAT_MOPS) run over any length with an algorithm of the implementation's. SVE and SME are hidden
 * from guests and trapped before their address is made. Later additions to these tables
 * (FEAT_LSE128, FEAT_THE, FEAT_LRCPC3, FEAT_LSUI) must stay hidden in the ID registers.
 *
 * CONSTRAINED UNPREDICTABLE forms: a writeback whose base is among the registers stores the old
 * base, and wins over what was loaded; a pair that loads one register twice keeps the upper half.
 */
#include "insn.h"

#include "insn_fields.h"

/* Bits 11:10 of a single register's form, and 24:23 of a pair's. */
static const uint8_t index_mode[4] = {INSN_OFFSET, INSN_POST, INSN_OFFSET, INSN_PRE};

/* size and opc of a single X register, or of a V register: how much, and which way. */
static enum insn_class insn_register(uint32_t word, struct insn *out)
{
    unsigned size = bits(word, 31, 30);
    unsigned opc = bits(word, 23, 22);

    if (bit(word, 26)) {
        if (opc >= 2 && size != 0)
            return INSN_OTHER;
        *out = insn_single(word, INSN_V, opc >= 2 ? 4 : size);
        out->write = (opc & 1) == 0;
    } else {
        if (size == 3 && opc == 2)
            return INSN_PREFETCH;
        if (opc == 3 && size >= 2)
            return INSN_OTHER;
        *out = insn_single(word, INSN_X, size);
        out->write = opc == 0;
        out->sign = opc >= 2;
        out->wide = opc == 2 || size == 3;
    }
    return insn_whole(out);
}

/* Bits 15:12 have no room for more: register offset, bit 21 = 1 and bits 11:10 = 10. */
static enum insn_class insn_register_offset(uint32_t word, struct insn *out)
{
    if (!bit(word, 14)) /* option<1>: an index of less than a word */
        return INSN_OTHER;

    enum insn_class class = insn_register(word, out);
    if (class == INSN_ACCESS) {
        out->index = (uint8_t)bits(word, 20, 16);
        out->extend = (uint8_t)bits(word, 15, 13);
        out->shift = bit(word, 12) ? out->element_log2 : 0;
    }
    return class;
}

/* Bit 21 = 0: a signed byte offset, in the form that bits 11:10 say. */
static enum insn_class insn_register_unscaled(uint32_t word, struct insn *out)
{
    unsigned form = bits(word, 11, 10);
    enum insn_class class = insn_register(word, out);

    if (form == 2 && bit(word, 26)) /* no unprivileged V registers */
        return INSN_OTHER;
    if (class == INSN_PREFETCH && form != 0)
        return INSN_OTHER;
    out->mode = index_mode[form];
    out->offset = bits_signed(word, 20, 12);
    out->unprivileged = form == 2;
    return class;
}

/* Atomic operations and LDAPR: bit 21 = 1, bits 11:10 = 00, no V. */
static enum insn_class insn_atomic(uint32_t word, struct insn *out)
{
    unsigned size = bits(word, 31, 30);
    unsigned operation = bits(word, 14, 12);
    bool plain = bits(word, 23, 22) == 0; /* neither acquire nor release */
    bool no_source = bits(word, 20, 16) == 31;

    if (bit(word, 26))
        return INSN_OTHER;
    *out = insn_single(word, INSN_X, size);
    if (bit(word, 15) && operation == 4 && bits(word, 23, 22) == 2 && no_source) { /* LDAPR */
        out->wide = size == 3;
        return insn_whole(out);
    }
    if (bit(word, 15) && operation != 0) {               /* neither LDADD to LDUMIN nor SWP */
        bool block = operation == 1 || operation == 5;   /* ST64B, LD64B: no Rs */
        bool replied = operation == 2 || operation == 3; /* ST64BV0, ST64BV */
        if (size != 3 || !plain || !((block && no_source) || replied))
            return INSN_OTHER;
        insn_cut(out, 64, 3);
    } else {
        insn_whole(out);
    }
    return INSN_EXCLUSIVE;
}

/* xx11: everything with one register, and the atomics. */
static enum insn_class insn_registers(uint32_t word, struct insn *out)
{
    if (bit(word, 24)) { /* unsigned offset, scaled */
        enum insn_class class = insn_register(word, out);
        out->offset = (int32_t)(bits(word, 21, 10) << out->element_log2);
        return class;
    }
    if (!bit(word, 21))
        return insn_register_unscaled(word, out);
    if (bits(word, 11, 10) == 0)
        return insn_atomic(word, out);
    if (bits(word, 11, 10) == 2)
        return insn_register_offset(word, out);
    bool authenticated = bits(word, 31, 30) == 3 && !bit(word, 26); /* LDRAA, LDRAB */
    return authenticated ? INSN_UNSUPPORTED : INSN_OTHER;
}

/* xx10: pairs. */
static enum insn_class insn_pair(uint32_t word, struct insn *out)
{
    unsigned opc = bits(word, 31, 30);
    unsigned form = bits(word, 24, 23);
    bool load = bit(word, 22);

    if (opc == 3)
        return INSN_OTHER;
    if (bit(word, 26)) {
        *out = insn_single(word, INSN_V, opc + 2);
    } else {
        if (opc == 1 && form == 0)
            return INSN_OTHER;
        if (opc == 1 && !load)
            return INSN_UNSUPPORTED; /* STGP */
        *out = insn_single(word, INSN_X, opc == 2 ? 3 : 2);
        out->sign = opc == 1; /* LDPSW */
        out->wide = opc != 0;
    }
    out->count = 2;
    out->rt2 = (uint8_t)bits(word, 14, 10);
    out->write = !load;
    out->mode = index_mode[form];
    out->offset = bits_signed(word, 21, 15) * (1 << out->element_log2);
    return insn_whole(out);
}

/* xx01, bit 24 = 0: LDR (literal). */
static enum insn_class insn_literal(uint32_t word, struct insn *out)
{
    unsigned opc = bits(word, 31, 30);
    bool vector = bit(word, 26);

    if (opc == 3)
        return vector ? INSN_OTHER : INSN_PREFETCH;
    *out = insn_single(word, vector ? INSN_V : INSN_X, vector ? opc + 2 : opc == 1 ? 3 : 2);
    out->sign = !vector && opc == 2;
    out->wide = !vector && opc != 0;
    out->base = INSN_PC;
    out->offset = bits_signed(word, 23, 5) * 4;
    return insn_whole(out);
}

/* Allocation tags, size = 11 and bit 21 = 1: STZGM, STGM, LDGM leave gaps, LDG fills its place. */
static bool insn_is_tags(uint32_t word)
{
    bool bulk = bits(word, 11, 10) == 0 && bits(word, 23, 22) != 1;

    return bits(word, 31, 30) == 3 && !bit(word, 26) && bit(word, 21) &&
           !(bulk && bits(word, 20, 12) != 0);
}

/* CPY and SET, size = 00, bits 11:10 = 01; bit 26 only tells the variants. */
static bool insn_is_bulk(uint32_t word)
{
    bool gap = bits(word, 23, 22) == 3 && bits(word, 15, 14) == 3;

    return bits(word, 31, 30) == 0 && !bit(word, 21) && bits(word, 11, 10) == 1 && !gap;
}

/* xx01, bit 24 = 1: STLUR, LDAPUR and their widths; tags; bulk memory operations. */
static enum insn_class insn_ordered_unscaled(uint32_t word, struct insn *out)
{
    if (insn_is_tags(word) || insn_is_bulk(word))
        return INSN_UNSUPPORTED;
    if (bit(word, 21) || bits(word, 11, 10) != 0 || bit(word, 26))
        return INSN_OTHER;
    enum insn_class class = insn_register(word, out);
    out->offset = bits_signed(word, 20, 12);
    return class == INSN_PREFETCH ? INSN_OTHER : class;
}

/* xx00 without V: exclusives, compare-and-swap, and the ordered LDAR, STLR, LDLAR, STLLR. */
static enum insn_class insn_exclusive(uint32_t word, struct insn *out)
{
    unsigned size = bits(word, 31, 30);
    bool compare = bit(word, 21) && (bit(word, 23) || size < 2); /* CAS, CASP */

    if (bit(word, 24))
        return INSN_OTHER;
    if (compare && bits(word, 14, 10) != 31)
        return INSN_OTHER;
    if (compare && !bit(word, 23) && (bit(word, 16) || bit(word, 0)))
        return INSN_OTHER; /* CASP takes pairs that begin at an even register */
    *out = insn_single(word, INSN_X, compare && !bit(word, 23) ? size + 2 : size);
    out->count = bit(word, 21) && !bit(word, 23) ? 2 : 1;
    out->write = !bit(word, 22);
    out->wide = size == 3;
    insn_whole(out);
    return bit(word, 23) && !bit(word, 21) ? INSN_ACCESS : INSN_EXCLUSIVE;
}

/* SYS #3, C7, C4, #{1, 3, 4}: the three forms of DC that write a block at Xt. */
static enum insn_class insn_system(uint32_t word, struct insn *out)
{
    unsigned op2 = bits(word, 7, 5);

    if ((word & ~UINT32_C(0xff)) != 0xd50b7400 || (op2 != 1 && op2 != 3 && op2 != 4))
        return INSN_OTHER;
    *out = (struct insn){
        .base = INSN_ZERO, .index = (uint8_t)bits(word, 4, 0), .extend = 3, .write = true};
    return INSN_ZERO_LINE;
}

static enum insn_class insn_load_store(uint32_t word, struct insn *out)
{
    switch (bits(word, 29, 28)) {
    case 0:
        return bit(word, 26) ? insn_vector(word, out) : insn_exclusive(word, out);
    case 1:
        return bit(word, 24) ? insn_ordered_unscaled(word, out) : insn_literal(word, out);
    case 2:
        return insn_pair(word, out);
    default:
        return insn_registers(word, out);
    }
}

enum insn_class insn_decode(uint32_t word, struct insn *out)
{
    enum insn_class class;

    *out = (struct insn){0};
    if (bit(word, 27) && !bit(word, 25))
        class = insn_load_store(word, out);
    else
        class = insn_system(word, out);
    if (class != INSN_ACCESS && class != INSN_EXCLUSIVE && class != INSN_ZERO_LINE)
        *out = (struct insn){0};
    return class;
}
