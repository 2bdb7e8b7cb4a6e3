/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An A64 load or store whose abort has ISV=0: the instruction's word becomes a run of at most
 * INSN_PARTS accesses of up to eight bytes, one after another in memory, and a writeback (pure).
 * emulate.c fetches the word, asks insn_agrees, sends the parts out lowest address first, and
 * commits with insn_finish once all have been answered; until then no register changes, so that a
 * retry of the whole is always possible. Data are little-endian.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "frame.h"

#define INSN_PARTS 8

enum insn_class {
    INSN_ACCESS,      /* parts to be sent out */
    INSN_EXCLUSIVE,   /* exclusives, atomics, 64-byte atomics: inject FSC_EXCLUSIVE */
    INSN_ZERO_LINE,   /* DC ZVA, GVA, GZVA: inject FSC_ALIGNMENT, as for any Device memory */
    INSN_CACHE,       /* DC and IC by address: a device has no lines, skip it */
    INSN_PREFETCH,    /* PRFM, PRFUM: never faults; the word is not the one that did */
    INSN_UNSUPPORTED, /* inject FSC_EXTERNAL; insn.c says which and why */
    INSN_OTHER,       /* no load or store: the word changed meanwhile */
    INSN_CLASS_COUNT
};

enum insn_bank { INSN_X, INSN_V }; /* X31 is XZR */

enum insn_index { INSN_OFFSET, INSN_PRE, INSN_POST }; /* when the base register moves */

#define INSN_SP          31 /* as base */
#define INSN_PC          32
#define INSN_ZERO        33
#define INSN_NO_REGISTER 31 /* as index */

/*
 * Which bytes of memory are whose: they are elements of 1 << element_log2 bytes, dealt in turn to
 * `count` registers (rt, rt2, then those after rt, modulo 32), from byte `first` of each upwards.
 * A pair deals one element of register size to each of two; LD1 likewise to up to four; LD2 to LD4
 * deal lane by lane; a single lane begins at that lane.
 */
struct insn {
    uint8_t bank; /* enum insn_bank */
    uint8_t rt, rt2, count;
    uint8_t element_log2; /* 0 to 4 */
    uint8_t first;
    uint8_t part_log2;  /* 0 to 3: the accesses are of this size */
    uint8_t part_count; /* 1 to INSN_PARTS */
    uint8_t fill_log2;  /* V loads, 3 or 4: LD1R..LD4R repeat the element to this size; 0: none */
    bool merge;         /* V loads: the other lanes stay; otherwise they become zero */
    bool write;
    bool sign, wide;   /* X loads, as in struct access */
    bool unprivileged; /* LDTR, STTR: translate as for EL0 */

    uint8_t base;   /* 0 to 30, INSN_SP, INSN_PC, INSN_ZERO */
    uint8_t index;  /* register to add, or INSN_NO_REGISTER */
    uint8_t extend; /* the index's: the encoding's option field */
    uint8_t shift;  /* and its shift */
    uint8_t mode;   /* enum insn_index */
    int32_t offset; /* bytes to add */
};

/* The registers of the guest that an instruction may touch. */
struct insn_regs {
    struct frame *frame;
    uint64_t *sp;     /* its current stack pointer */
    uint64_t (*v)[2]; /* V0 to V31, low half first; only used if bank is INSN_V */
};

/* *out is set for INSN_ACCESS; for INSN_EXCLUSIVE, INSN_ZERO_LINE and INSN_CACHE its base, index
 * and parts say where the access lies; otherwise all of it is zero. */
enum insn_class insn_decode(uint32_t word, struct insn *out);

/* From here on insn_move.c. */

/* Where the first part lies; part n lies n << part_log2 bytes higher. */
uint64_t insn_address(const struct insn *insn, const struct insn_regs *regs);

/* The word that was fetched is the one that aborted, as far as `esr` (EL2's) and `far` can tell. */
bool insn_agrees(enum insn_class class, const struct insn *insn, const struct insn_regs *regs,
                 uint64_t esr, uint64_t far);

/* What part `part` of a store writes. */
uint64_t insn_store_value(const struct insn *insn, const struct insn_regs *regs, unsigned part);

/* All parts are done: `value[n]` is what part n of a load gave. Registers, then the writeback. The
 * PC is the caller's. */
void insn_finish(const struct insn *insn, const struct insn_regs *regs,
                 const uint64_t value[INSN_PARTS]);
