/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An oracle for kernel/insn.c: loads and stores executed straight from their words on a small
 * machine, as the Arm ARM's pseudocode (C6.2, C7.2) does it, operation by operation. It knows
 * nothing of struct insn, and is given only words that the disassembler oracle has approved.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define MACHINE_MEMORY 4096

struct machine {
    uint64_t x[31], sp, pc;
    uint8_t v[32][16];
    uint8_t memory[MACHINE_MEMORY]; /* of address modulo its size */
    /* What the last instruction touched. */
    uint64_t address;
    unsigned bytes;
    bool wrote;
};

void reference_execute(struct machine *machine, uint32_t word);
