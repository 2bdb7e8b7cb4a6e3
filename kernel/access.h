/* SPDX-License-Identifier: BSD-2-Clause */
/* What a guest's abort asks for: its syndrome (pure). trap.c classifies it, visit.c makes of it
 * what the server gets, and the end of the access; ISV=0 is insn.c's. Every device access takes the
 * inline functions. Fields: Arm ARM, D17.2.38 "ESR_EL2". And what the guest gets instead of an
 * answer (inject.c, pure): an exception, as the CPU takes it to EL1. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "frame.h"
#include "sysreg.h"

#define ESR_EC(esr)  ((unsigned)((esr) >> 26 & 0x3f))
#define ESR_SAS(esr) ((esr) >> 22 & 3)
#define ESR_SRT(esr) ((esr) >> 16 & 31)
#define ESR_FSC(esr) ((unsigned)((esr)&0x3f))

enum access_class {
    ACCESS_DECODED,   /* a device access, all in the syndrome: access_decode */
    ACCESS_UNDECODED, /* a device access with ISV=0: only the instruction tells */
    ACCESS_CACHE,     /* cache maintenance by address on what is no memory: skip it */
    ACCESS_WALK,      /* the guest's translation table is no memory: access_walk_level */
    ACCESS_ABORT,     /* no device access: inject access_abort_status */
    ACCESS_NONE,      /* no abort of a guest */
};

struct access {
    uint8_t rt;        /* 0 to 30, 31 is XZR */
    uint8_t size_log2; /* 0 to 3 */
    bool write;
    bool sign; /* a load sign-extends */
    bool wide; /* the register is Xt, otherwise Wt */
};

/* A Data Abort with ISV, a translation fault, no CM, no S1PTW: ACCESS_DECODED by one comparison. */
#define ACCESS_PLAIN_MASK  (UINT64_C(0x3f) << 26 | ESR_ISV | ESR_CM | ESR_S1PTW | 0x3c)
#define ACCESS_PLAIN_VALUE ((uint64_t)EC_DATA << 26 | ESR_ISV | FSC_TRANSLATION)

enum access_class access_classify(uint64_t esr);

unsigned access_abort_status(uint64_t esr); /* to inject for an ACCESS_ABORT */

/* T32: a 16-bit instruction if `esr` says so, and the next of an IT block. */
COLD NOINLINE void access_skip_a32(struct frame *frame, uint64_t esr);

/* The instruction that aborted is done: on to the next, as the CPU would have gone. It clears
 * PSTATE.SS and BTYPE as it completes one (D2.12.5, D8.9.1): no stale landing-pad check. */
static inline void access_skip(struct frame *frame, uint64_t esr) {
    if ((frame->spsr & PSTATE_A32) != 0) {
        access_skip_a32(frame, esr);
    } else {
        frame->elr += 4;
        frame->spsr &= ~(PSTATE_BTYPE | PSTATE_SS);
    }
}

static inline struct access access_decode(uint64_t esr) {
    return (struct access){
        .rt = ESR_SRT(esr),
        .size_log2 = ESR_SAS(esr),
        .write = (esr & ESR_WNR) != 0,
        .sign = (esr & ESR_SSE) != 0,
        .wide = (esr & ESR_SF) != 0,
    };
}

/* MSR and MRS in the same terms. */
static inline struct access access_register(uint64_t esr) {
    return (struct access){
        .rt = esr >> 5 & 31, .size_log2 = 3, .write = (esr & ISS_READ) == 0, .wide = true};
}

/* HPFAR_EL2.FIPA is IPA[51:12] in bits 43:4; bit 63 (NS) is no address. */
static inline uint64_t access_ipa(uint64_t hpfar, uint64_t far) {
    return (hpfar >> 4 & ((UINT64_C(1) << 40) - 1)) << 12 | (far & 0xfff);
}

/* At 2^40 or above: no guest has anything there. */
static inline bool access_is_beyond(uint64_t hpfar) { return hpfar >> 32 != 0; }

/* Bits of a doubleword that an access of this size does not fill: 56, 48, 32 or 0. */
static inline unsigned access_spare_bits(unsigned size_log2) { return -(8u << size_log2) & 63; }

/* What a store writes: Rt's low bytes, and nothing of its upper ones. */
static inline uint64_t access_store_value(const struct frame *frame, struct access access) {
    unsigned spare = access_spare_bits(access.size_log2);
    uint64_t value = access.rt == 31 ? 0 : frame->x[access.rt];
    return value << spare >> spare;
}

/* What a load puts into Rt. Nothing of `value` above the access's size reaches the guest: a server
 * may have left anything there. */
static inline uint64_t access_load_value(struct access access, uint64_t value) {
    unsigned spare = access_spare_bits(access.size_log2);
    uint64_t top = value << spare;
    uint64_t result = access.sign ? (uint64_t)((int64_t)top >> spare) : top >> spare;
    return access.wide ? result : (uint32_t)result;
}

static inline void access_finish(struct frame *frame, struct access access, uint64_t value) {
    if (access.rt != 31) frame->x[access.rt] = access_load_value(access, value);
}

/* Where the guest's stage 1 begins, from TCR_EL1, TTBR0_EL1, TTBR1_EL1 and SCTLR_EL1.EE. */
struct access_stage1 {
    uint64_t tcr;
    uint64_t ttbr[2];
    bool big_endian;
};

/* Eight bytes of the guest's memory at an aligned IPA; false if there is none. */
typedef bool access_read(void *context, uint64_t ipa, uint64_t *value);

/* For ACCESS_WALK: the level, 0 to 3, of the stage-1 lookup for `far` whose descriptor lies in the
 * page that HPFAR names; add FSC_EXTERNAL_WALK for the guest's status. (DFSC has the level of
 * *stage 2*.) ACCESS_WALK_GONE: no lookup touches that page any more; let the guest try again. */
#define ACCESS_WALK_GONE (-1)
int access_walk_level(const struct access_stage1 *stage1, uint64_t far, uint64_t hpfar,
                      access_read *read, void *context);

#define INJECT_UNDEFINED ESR_IL /* ESR_EL1: EC 0, "Unknown reason", has no ISS */

/* ESR_EL1 of an abort with `status`, an FSC_*. `esr` is EL2's syndrome of the same abort: it tells
 * an instruction's from a data abort, and the direction. */
uint64_t inject_abort(uint64_t pstate, uint64_t esr, unsigned status);

/* AArch64.TakeException() to EL1 for ELR_EL2 and SPSR_EL2 in the frame, with the guest's VBAR_EL1
 * and SCTLR_EL1, and the machine's ID_AA64MMFR1_EL1 and ID_AA64PFR1_EL1. */
void inject_take(struct frame *frame, uint64_t vbar, uint64_t sctlr, uint64_t mmfr1, uint64_t pfr1);
