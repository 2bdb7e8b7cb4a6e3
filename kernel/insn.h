/* SPDX-License-Identifier: BSD-2-Clause */
/* An A64 load or store whose abort has ISV=0: the instruction's word becomes at most INSN_PARTS
 * accesses of up to eight bytes, one after another in memory, and a writeback (pure). No register
 * changes before insn_finish, so that the whole can be retried. Data are little-endian. */
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

enum insn_base { INSN_SP = 31, INSN_PC, INSN_ZERO }; /* beside X0 to X30 */

/* The registers of the guest that an instruction may touch. */
struct insn_regs {
    struct frame *frame;
    uint64_t (*v)[2]; /* V0 to V31, low half first; only used if insn.vector */
    uint64_t sp;      /* its current stack pointer */
};

/* Which bytes of memory are whose: they are elements of 1 << element_log2 bytes, dealt in turn to
 * `count` registers (access.rt, rt2, then those after rt, modulo 32), from byte `first` of each
 * upwards. A pair deals one element of register size to each of two; LD1 likewise to up to four;
 * LD2 to LD4 deal lane by lane; a single lane begins at that lane. */
struct insn {
    struct insn_regs regs; /* the caller's, once insn_decode is done */
    struct access access;  /* a part of it; sign and wide are an X register's */
    bool vector;           /* the registers are V0 to V31 */
    bool clear;            /* a load sets the other lanes to zero */
    unsigned class, mode;
    unsigned part_count; /* 1 to INSN_PARTS */
    unsigned rt2, count, element_log2, first;
    unsigned fill_log2;           /* LD1R to LD4R repeat the element to this size; others 0 */
    unsigned base, index;         /* the index is added to the base; 31 for none, */
    unsigned index_option, shift; /* as option<2:0> and the shift say */
    int32_t offset;               /* bytes to add */
};

/* Of INSN_OTHER only the class is of use, of other classes that and where the access lies. */
void insn_decode(uint32_t word, struct insn *insn);

/* Where part 0 lies; part n lies n << access.size_log2 bytes higher. */
uint64_t insn_address(const struct insn *insn);

/* The word that was fetched is the one that aborted, as far as `esr` (EL2's) and `far` can tell. */
bool insn_agrees(const struct insn *insn, uint64_t esr, uint64_t far);

/* What a part of a store writes. */
uint64_t insn_store_value(const struct insn *insn, unsigned part);

/* All parts are done, value[n] is what part n of a load gave: registers, then the writeback (of SP
 * into `regs`). The PC is the caller's. */
void insn_finish(struct insn *insn, const uint64_t value[INSN_PARTS]);
