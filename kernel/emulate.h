/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's access that the syndrome does not describe (ISV=0): the instruction is fetched, taken
 * apart (insn.c) and its parts go out one after another as ordinary accesses.
 */
#pragma once

#include "insn.h"

struct cpu;
struct frame;
struct vcpu;

/* What is known of such an access between its visits. */
struct emulation {
    struct insn insn;
    uint64_t address;    /* of part 0, the guest's */
    uint64_t message[3]; /* of the part that is out: x1..x3 */
    uint64_t value[INSN_PARTS];
    uint8_t part;      /* the one that is out, or next */
    uint64_t doubt_pc; /* of the last abort whose word did not agree, plus 1; 0: it did */
    uint32_t doubt_word;
};

struct frame *emulate_start(struct cpu *cpu, struct vcpu *vcpu, uint64_t esr, uint64_t far);

/* The part that was out has been answered. */
struct frame *emulate_answer(struct cpu *cpu, struct vcpu *vcpu, uint64_t value);
