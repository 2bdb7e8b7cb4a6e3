/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What insn.c and insn_vector.c share (pure): the fields of an instruction's word, and the first
 * outline of a struct insn. Nobody else includes it.
 */
#pragma once

#include "insn.h"

/* Bits high:low of the word. */
static inline unsigned bits(uint32_t word, unsigned high, unsigned low)
{
    return word >> low & ((UINT32_C(2) << (high - low)) - 1);
}

static inline bool bit(uint32_t word, unsigned n)
{
    return word >> n & 1;
}

/* Bits high:low as a two's complement number. */
static inline int32_t bits_signed(uint32_t word, unsigned high, unsigned low)
{
    return (int32_t)(word << (31 - high)) >> (31 - high + low);
}

/* Rt and Rn as nearly every load and store has them; one register, no offset, no writeback. */
static inline struct insn insn_single(uint32_t word, enum insn_bank bank, unsigned size_log2)
{
    uint8_t rt = (uint8_t)bits(word, 4, 0);

    return (struct insn){
        .bank = bank,
        .rt = rt,
        .rt2 = (uint8_t)((rt + 1) % 32),
        .count = 1,
        .element_log2 = (uint8_t)size_log2,
        .base = (uint8_t)bits(word, 9, 5),
        .index = INSN_NO_REGISTER,
    };
}

/* Cuts the whole into parts of at most 1 << part_log2 bytes. */
static inline enum insn_class insn_cut(struct insn *insn, unsigned bytes, unsigned part_log2)
{
    insn->part_log2 = (uint8_t)(part_log2 > 3 ? 3 : part_log2);
    insn->part_count = (uint8_t)(bytes >> insn->part_log2);
    return INSN_ACCESS;
}

/* An access of whole registers. */
static inline enum insn_class insn_whole(struct insn *insn)
{
    return insn_cut(insn, (unsigned)insn->count << insn->element_log2, insn->element_log2);
}

/* insn_vector.c: loads and stores of structures, xx00 with V. */
enum insn_class insn_vector(uint32_t word, struct insn *out);
