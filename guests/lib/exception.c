/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sorts the exceptions that vectors.S takes: interrupts to their hook, expected faults into the
 * record, everything else into one line and the end of the guest.
 */
#include "exception.h"

#include "frame.h"
#include "psci.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

_Static_assert(offsetof(struct frame, x[30]) == FRAME_X30, "vectors.S");
_Static_assert(offsetof(struct frame, elr) == FRAME_X30 + 8, "vectors.S");
_Static_assert(offsetof(struct frame, spsr) == FRAME_SPSR, "vectors.S");
_Static_assert(offsetof(struct frame, far) == FRAME_FAR, "vectors.S");
_Static_assert(sizeof(struct frame) == FRAME_SIZE, "vectors.S");

#define SPSR_M        UINT64_C(0xf)
#define SPSR_M_EL1H   UINT64_C(0x5)
#define VECTOR_TYPE   0x180u
#define VECTOR_SYNC   0x000u
#define VECTOR_SERROR 0x180u

void (*exception_interrupt)(uint64_t vector);

static bool expecting;
static enum exception_resume resume_at;
static struct fault taken;

void exception_expect(enum exception_resume resume) {
    taken = (struct fault){0};
    resume_at = resume;
    expecting = true;
    __asm__ volatile("" ::: "memory");
}

struct fault exception_taken(void) {
    __asm__ volatile("" ::: "memory");
    expecting = false;
    return taken;
}

static _Noreturn void exception_give_up(const struct frame *frame) {
    printf("Bail out! vector 0x%03" PRIx64 " esr=%08" PRIx64 " far=%016" PRIx64 " elr=%016" PRIx64
           " spsr=%08" PRIx64 "\n",
           frame->vector, frame->esr, frame->far, frame->elr, frame->spsr);
    psci_system_off();
}

void exception_take(struct frame *frame) {
    uint64_t type = frame->vector & VECTOR_TYPE;
    if (type != VECTOR_SYNC && type != VECTOR_SERROR && exception_interrupt != NULL) {
        exception_interrupt(frame->vector);
        return;
    }
    if (type != VECTOR_SYNC || !expecting) exception_give_up(frame);
    taken = (struct fault){taken.count + 1, frame->esr,  frame->far,
                           frame->elr,      frame->spsr, frame->vector};
    if (resume_at == EXCEPTION_SKIP) {
        frame->elr += 4;
    } else {
        frame->elr = frame->x[30];
        frame->spsr = (frame->spsr & ~SPSR_M) | SPSR_M_EL1H;
    }
}
