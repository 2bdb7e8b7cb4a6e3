/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a decoded load or store does to the guest's registers (pure): its address, the bytes that a
 * store takes from them, the bytes that a load puts there, the writeback. The contract is insn.h's.
 *
 * CONSTRAINED UNPREDICTABLE forms: a writeback whose base is among the registers stores the old
 * base, and wins over what was loaded; a pair that loads one register twice keeps the upper half.
 */
#include "access.h"
#include "insn.h"

static uint64_t insn_base(const struct insn *insn, const struct insn_regs *regs) {
    if (insn->base < INSN_SP) return regs->frame->x[insn->base];
    return insn->base == INSN_SP ? *regs->sp : insn->base == INSN_PC ? regs->frame->elr : 0;
}

/* The base after the instruction, if it moves at all. An index is extended (ExtendReg() of the Arm
 * ARM) as a load would be: option<1:0> is the width, option<2> the sign. */
static uint64_t insn_moved(const struct insn *insn, const struct insn_regs *regs) {
    uint64_t moved = insn_base(insn, regs) + (uint64_t)(int64_t)insn->offset;
    struct access extend = {.size_log2 = insn->extend & 3, .sign = insn->extend & 4, .wide = true};

    if (insn->index != INSN_NO_REGISTER)
        moved += access_load_value(extend, regs->frame->x[insn->index]) << insn->shift;
    return moved;
}

uint64_t insn_address(const struct insn *insn, const struct insn_regs *regs) {
    return insn->mode == INSN_POST ? insn_base(insn, regs) : insn_moved(insn, regs);
}

/*
 * FAR is a byte of the access: which one depends on where it crosses a page and on how the CPU cuts
 * it. Top bytes do not count, for FAR may have lost a tag. WnR of an atomic is 0 or 1 as the
 * implementation likes. For DC and IC, FAR lies in the block, and no block leaves its page. What is
 * unsupported has no address that is known, and must not be tried again for ever.
 */
bool insn_agrees(enum insn_class class, const struct insn *insn, const struct insn_regs *regs,
                 uint64_t esr, uint64_t far) {
    const uint64_t untagged = (UINT64_C(1) << 56) - 1;
    uint64_t address = insn_address(insn, regs);
    uint64_t bytes = (uint64_t)insn->part_count << insn->part_log2;

    if (class == INSN_UNSUPPORTED) return true;
    if (class == INSN_ZERO_LINE || class == INSN_CACHE)
        return (class == INSN_CACHE || (esr & ESR_WNR)) && ((far ^ address) & untagged) >> 12 == 0;
    if (class == INSN_ACCESS ? insn->write != ((esr & ESR_WNR) != 0) : class != INSN_EXCLUSIVE)
        return false;
    return ((far - address) & untagged) < bytes;
}

/* The V register that byte `n` of the access is of, and which byte of it. */
static uint8_t *insn_vector(const struct insn *insn, const struct insn_regs *regs, unsigned n,
                            unsigned *byte) {
    unsigned element = n >> insn->element_log2;
    unsigned turn = element % insn->count;
    unsigned within = n & ((1u << insn->element_log2) - 1);

    *byte = insn->first + (element / insn->count << insn->element_log2) + within;
    return (uint8_t *)regs->v[turn == 1 ? insn->rt2 : (insn->rt + turn) % 32];
}

/* A part of an X register access is one register: what access.h does for plain accesses. */
static struct access insn_access(const struct insn *insn, unsigned part) {
    return (struct access){.rt = part == 0 ? insn->rt : insn->rt2,
                           .size_log2 = insn->part_log2,
                           .write = insn->write,
                           .sign = insn->sign,
                           .wide = insn->wide};
}

uint64_t insn_store_value(const struct insn *insn, const struct insn_regs *regs, unsigned part) {
    unsigned size = 1u << insn->part_log2;
    uint64_t value = 0;

    if (insn->bank == INSN_X) return access_store_value(regs->frame, insn_access(insn, part));
    for (unsigned n = 0; n < size; n++) {
        unsigned byte;
        const uint8_t *reg = insn_vector(insn, regs, part * size + n, &byte);
        value |= (uint64_t)reg[byte] << n * 8;
    }
    return value;
}

/* With fill_log2, each byte also goes into its place of each further element. */
static void insn_load_vectors(const struct insn *insn, const struct insn_regs *regs,
                              const uint64_t value[INSN_PARTS]) {
    unsigned bytes = (unsigned)insn->part_count << insn->part_log2;

    for (unsigned n = 0; n < bytes; n++) {
        unsigned byte;
        uint8_t *reg = insn_vector(insn, regs, n, &byte);
        unsigned end = insn->fill_log2 ? 1u << insn->fill_log2 : byte + 1;
        unsigned shift = (n & ((1u << insn->part_log2) - 1)) * 8;
        if (byte == 0 && !insn->merge) __builtin_memset(reg, 0, 16);
        for (; byte < end; byte += 1u << insn->element_log2)
            reg[byte] = (uint8_t)(value[n >> insn->part_log2] >> shift);
    }
}

void insn_finish(const struct insn *insn, const struct insn_regs *regs,
                 const uint64_t value[INSN_PARTS]) {
    uint64_t moved = insn_moved(insn, regs);

    if (!insn->write && insn->bank == INSN_V) insn_load_vectors(insn, regs, value);
    for (unsigned n = 0; !insn->write && insn->bank == INSN_X && n < insn->part_count; n++)
        access_finish(regs->frame, insn_access(insn, n), value[n]);
    if (insn->mode == INSN_OFFSET) return;
    if (insn->base == INSN_SP)
        *regs->sp = moved;
    else
        regs->frame->x[insn->base] = moved;
}
