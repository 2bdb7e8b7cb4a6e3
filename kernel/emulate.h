/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel does in a guest's stead, beside a plain access: what runs next. */
#pragma once

#include "insn.h"

struct cpu;
struct vcpu;

/* What is known of an access with ISV=0 between its visits. */
struct emulation {
    struct insn insn;
    uint64_t pages[2];   /* IPA of the page where it begins, and of the next */
    uint64_t message[3]; /* of the part that is out: x1..x3 */
    uint64_t value[INSN_PARTS];
    unsigned part;  /* the one that is out, or next */
    uint8_t doubts; /* aborts one after another whose word did not agree */
};

/* A data abort with ISV=0: the instruction is fetched and taken apart (insn.h), and its parts go
 * out one after another as ordinary accesses. */
struct frame *emulate_start(struct cpu *cpu, struct vcpu *vcpu, uint64_t esr, uint64_t far);

/* The part that was out has been answered; null if it was the last. */
struct frame *emulate_answer(struct cpu *cpu, struct vcpu *vcpu, uint64_t value);

/* A trapped system register (ESR_EL2.EC 0x18). */
struct frame *emulate_register(struct cpu *cpu, struct vcpu *vcpu, uint64_t esr);

/* At boot: the ID registers as guests will see them. */
void emulate_identify(void);
