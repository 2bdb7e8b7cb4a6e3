/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An A64 load or store whose abort has ISV=0: the instruction's word becomes at most INSN_PARTS
 * accesses of up to eight bytes, one after another in memory, and a writeback (pure). No register
 * changes before insn_finish, so that the whole can be retried. Data are little-endian.
 */
#pragma once

#include "access.h"

#define INSN_PARTS 8

enum insn_class {
    INSN_ACCESS,    /* parts to be sent out */
    INSN_EXCLUSIVE, /* exclusives, atomics, 64-byte atomics: inject FSC_EXCLUSIVE */
    INSN_ZERO_LINE, /* DC ZVA, GVA, GZVA: inject FSC_ALIGNMENT, as for any Device memory */
    INSN_CACHE,     /* DC and IC by address: a device has no lines, skip it */
    INSN_OTHER,     /* not what can have aborted, or not supported: insn.def says why */
    INSN_CLASS_COUNT
};

enum insn_mode { INSN_OFFSET, INSN_PRE, INSN_POST }; /* when the base register moves */

#define INSN_SP   31 /* as base */
#define INSN_PC   32
#define INSN_ZERO 33

/*
 * Which bytes of memory are whose: they are elements of 1 << element_log2 bytes, dealt in turn to
 * `count` registers (access.rt, rt2, then those after rt, modulo 32), from byte `first` of each
 * upwards. A pair deals one element of register size to each of two; LD1 likewise to up to four;
 * LD2 to LD4 deal lane by lane; a single lane begins at that lane.
 */
struct insn {
    struct access access; /* a part of it; sign and wide are an X register's */
    bool vector;          /* the registers are V0 to V31 */
    bool clear;           /* a load sets the other lanes to zero */
    unsigned rt2, count, element_log2, first;
    unsigned part_count; /* 1 to INSN_PARTS */
    unsigned fill_log2;  /* LD1R to LD4R repeat the element to this size, 3 or 4; others 0 */
    unsigned base;       /* 0 to 30, INSN_SP, INSN_PC, INSN_ZERO */
    unsigned index;      /* X register to add, 31 for none, */
    unsigned extend;     /* by the encoding's option field, */
    unsigned shift;
    unsigned mode;  /* enum insn_mode */
    int32_t offset; /* bytes to add */
};

/* The registers of the guest that an instruction may touch. */
struct insn_regs {
    struct frame *frame;
    uint64_t (*v)[2]; /* V0 to V31, low half first; only used if insn.vector */
    uint64_t sp;      /* its current stack pointer */
};

/* *out is of use for INSN_ACCESS; for the others but INSN_OTHER it says where the access lies. */
enum insn_class insn_decode(uint32_t word, struct insn *out);

/* Where part 0 lies; part n lies n << access.size_log2 bytes higher. */
uint64_t insn_address(const struct insn *insn, const struct insn_regs *regs);

/* The word that was fetched is the one that aborted, as far as `esr` (EL2's) and `far` can tell. */
bool insn_agrees(enum insn_class class, const struct insn *insn, const struct insn_regs *regs,
                 uint64_t esr, uint64_t far);

/* What a part of a store writes. */
uint64_t insn_store_value(const struct insn *insn, const struct insn_regs *regs, unsigned part);

/* All parts are done, value[n] is what part n of a load gave: registers, then the writeback. The
 * PC is the caller's. */
void insn_finish(const struct insn *insn, struct insn_regs *regs, const uint64_t value[INSN_PARTS]);
