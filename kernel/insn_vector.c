/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decode of LD1 to LD4, ST1 to ST4 and LD1R to LD4R (pure): Arm ARM, C4.1.94, "Advanced SIMD
 * load/store multiple structures" and "single structure", with and without post-index. insn.c calls
 * it; what the registers get is insn_move.c's.
 */
#include "insn_fields.h"

/* Bit 23: the base moves on afterwards, by Xm or, for Rm = 31, by what was moved. */
static bool insn_structure_index(uint32_t word, struct insn *out, unsigned bytes)
{
    unsigned rm = bits(word, 20, 16);

    if (!bit(word, 23))
        return rm == 0;
    out->mode = INSN_POST;
    out->index = (uint8_t)rm;
    out->extend = 3; /* UXTX: all of Xm */
    out->offset = rm == INSN_NO_REGISTER ? (int32_t)bytes : 0;
    return true;
}

/*
 * 0x001100: LD1 to LD4 and ST1 to ST4 of whole registers. Up to eight elements go out one by one,
 * as the manual's pseudocode does; more are gathered into doublewords, for 64 visits would be a
 * guest's way to keep a server busy, and who copies bytes this way means memory.
 */
static enum insn_class insn_structures(uint32_t word, struct insn *out)
{
    static const uint8_t registers[16] = {
        [0] = 4, [2] = 4, [4] = 3, [6] = 3, [7] = 1, [8] = 2, [10] = 2};
    unsigned opcode = bits(word, 15, 12);
    unsigned size = bits(word, 11, 10);
    unsigned register_log2 = bit(word, 30) ? 4 : 3;
    bool dealt = (opcode & 3) == 0; /* LD2 to LD4; the others are LD1 */

    if (registers[opcode] == 0 || (dealt && size == 3 && register_log2 == 3))
        return INSN_OTHER;
    *out = insn_single(word, INSN_V, dealt ? size : register_log2);
    out->count = registers[opcode];
    out->write = !bit(word, 22);
    unsigned bytes = (unsigned)out->count << register_log2;
    if (!insn_structure_index(word, out, bytes))
        return INSN_OTHER;
    return insn_cut(out, bytes, bytes >> size <= INSN_PARTS ? size : 3);
}

/* 0x001101: one lane of up to four registers, or (opcode 11x) one element to all lanes. */
static enum insn_class insn_lane(uint32_t word, struct insn *out)
{
    unsigned scale = bits(word, 15, 14);
    unsigned size = bits(word, 11, 10);
    unsigned lane = bits(word, 30, 30) << 3 | bits(word, 12, 12) << 2 | size; /* in bytes */
    bool load = bit(word, 22);
    bool fill = scale == 3;

    if (fill) {
        if (!load || bit(word, 12))
            return INSN_OTHER;
        scale = size;
        lane = 0;
    } else if (scale == 2 && size == 1) { /* a doubleword: S is no part of the lane */
        if (bit(word, 12))
            return INSN_OTHER;
        scale = 3;
        lane &= 8;
    } else if (lane & ((1u << scale) - 1)) {
        return INSN_OTHER;
    }
    *out = insn_single(word, INSN_V, scale);
    out->count = (uint8_t)((bits(word, 13, 13) << 1 | bits(word, 21, 21)) + 1);
    out->first = (uint8_t)lane;
    out->write = !load;
    out->merge = !fill;
    out->fill_log2 = fill ? (bit(word, 30) ? 4 : 3) : 0;
    if (!insn_structure_index(word, out, (unsigned)out->count << scale))
        return INSN_OTHER;
    return insn_whole(out);
}

enum insn_class insn_vector(uint32_t word, struct insn *out)
{
    if (bit(word, 31))
        return INSN_OTHER;
    if (bit(word, 24))
        return insn_lane(word, out);
    return bit(word, 21) ? INSN_OTHER : insn_structures(word, out);
}
