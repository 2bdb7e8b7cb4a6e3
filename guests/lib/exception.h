/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exceptions of a guest. A test that wants a fault says so before (exception_expect) and looks at
 * the record after (exception_taken); any other synchronous exception ends the guest with a line
 * that says what it was.
 */
#pragma once

#include <stdint.h>

struct frame {
    uint64_t x[31];
    uint64_t elr, spsr, esr, far, vector;
};

enum exception_resume {
    EXCEPTION_SKIP,   /* behind the instruction that faulted */
    EXCEPTION_RETURN, /* at x30 and EL1h: what faulted is a leaf function that has not moved SP */
};

struct fault {
    unsigned count; /* 0: none was taken; the rest describes the last one */
    uint64_t esr, far, elr, spsr, vector;
};

#define ESR_EC(esr)      ((unsigned)((esr) >> 26 & 0x3f))
#define ESR_DFSC(esr)    ((unsigned)((esr)&0x3f))
#define ESR_WNR          0x40u
#define EC_UNKNOWN       0x00
#define EC_SVC           0x15
#define EC_IABT_LOWER    0x20
#define EC_IABT          0x21
#define EC_DABT_LOWER    0x24
#define EC_DABT          0x25
#define DFSC_ALIGNMENT   0x21
#define DFSC_EXTERNAL    0x10
#define DFSC_UNSUPPORTED 0x35 /* exclusive or atomic access to memory that has none */

/* From now on synchronous exceptions are recorded and execution goes on as `resume` says. One CPU
 * at a time uses this. */
void exception_expect(enum exception_resume resume);

/* Ends that, and tells what was taken. */
struct fault exception_taken(void);

/* Called for IRQ (vector & 0x180 == 0x080) and FIQ (0x100); set by gic.c or by a test. */
extern void (*exception_interrupt)(uint64_t vector);

void exception_take(struct frame *frame);
