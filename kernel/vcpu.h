/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vCPU: the registers of a guest's CPU, what it waits for, its list registers. Each has a home
 * CPU; only that CPU touches what is not marked shared.
 */
#pragma once

#include "access.h"
#include "cpu.h"
#include "emulate.h"
#include "frame.h"
#include "irq.h"
#include "visit.h"
#include "vm.h"

enum vcpu_register {
#define VCPU_REG(name, vhe, plain, reset) VCPU_##name,
#define VCPU_KEY(name, encoding)          VCPU_##name,
#include "vcpu.def"
#undef VCPU_REG
#undef VCPU_KEY
    VCPU_REGISTER_COUNT
};

#define VCPU_STATE_CLAIMED 3 /* somebody turns it on at this moment */

/* An access in flight: what the exception left. The message is made of it, once more after a
 * restart, and so is the end of the instruction (message.h). fast.S fills the first four, too. */
struct flight {
    uint64_t esr, far, hpfar;    /* an abort, a trapped register, HVC or SMC */
    const struct window *window; /* whose server answers */
    bool busy;                   /* there is one */
    bool parts;                  /* of an instruction that emulate.c took apart */
};

struct vcpu {
    struct frame frame; /* first: what vectors.S saves into */
    const struct window
        *call; /* the server that takes all SMCCC calls; this and what follows up to */
    const struct window
        *sgi;         /* vm: fast.S. The server of ICC_SGI1R_EL1; both null if there is none */
    uint64_t sgi_esr; /* of a write to it from x0 */
    const void *const *windows; /* of its VM */
    uint64_t badge;             /* its number in a badge */
    struct flight flight;       /* the access that a server answers */
    struct vm *vm;
    struct cpu *cpu;          /* home */
    uint8_t index;            /* in its VM */
    bool sleeping;            /* in WFI, or blocked: until an interrupt for it is due */
    atomic_uint state;        /* shared: enum vcpu_state, or VCPU_STATE_CLAIMED */
    uint64_t entry, argument; /* of a VCPU_STATE_PENDING one */
    uint64_t mpidr;
    struct emulation emulation; /* of a flight in parts */
    struct lr_state lists;
    uint64_t el1[VCPU_REGISTER_COUNT];
    uint64_t fp[66]; /* V0 to V31, FPSR, FPCR */
};

_Static_assert(offsetof(struct vcpu, windows) == VCPU_WINDOWS, "offsets.h");
_Static_assert(offsetof(struct vcpu, badge) == VCPU_BADGE, "offsets.h");
_Static_assert(offsetof(struct vcpu, flight.esr) == VCPU_ESR, "offsets.h");
_Static_assert(offsetof(struct vcpu, flight.hpfar) == VCPU_HPFAR, "offsets.h");
_Static_assert(offsetof(struct vcpu, call) == VCPU_CALL, "offsets.h");
_Static_assert(offsetof(struct vcpu, sgi) == VCPU_SGI, "offsets.h");

extern uint64_t vcpu_hcr; /* HCR_EL2 while a guest runs; the same for all */
/* CPTR_EL2: while a guest runs (with VHE, servers at EL0 are trapped); V registers for everybody;
 * for nobody below EL2. */
extern uint64_t vcpu_cptr, vcpu_cptr_fp, vcpu_cptr_shut;

#define HCR_SERVER_VHE (HCR_E2H | HCR_TGE | HCR_RW | HCR_FMO | HCR_IMO | HCR_AMO)

/* FEAT_VHE: EL2&0 with two halves, the guest's registers as *_EL12. */
bool vcpu_has_vhe(void);

/* Chooses the spelling of the registers, and HCR_EL2, by what this CPU has. */
void vcpu_init(void);

/* What every CPU sets once at EL2 so that a guest is held. */
void vcpu_init_cpu(void);

/* A fresh vCPU that starts at `entry`. The caller is its home CPU. */
void vcpu_reset(struct vcpu *vcpu, uint64_t entry, uint64_t argument);

/* Loads it into the CPU's registers, saving what was there. */
void vcpu_load(struct cpu *cpu, struct vcpu *vcpu);
void vcpu_unload(struct cpu *cpu);

/* The loaded vCPU, from its own CPU: off until somebody turns it on. */
void vcpu_turn_off(struct vcpu *vcpu);

/* Of the loaded one, from the hardware: its present stack pointer, and where its stage 1 begins. */
uint64_t vcpu_sp(const struct vcpu *vcpu);
void vcpu_sp_set(struct vcpu *vcpu, uint64_t sp);
struct access_stage1 vcpu_stage1(void);

/* VCPU_ON of the ABI, from any CPU: exactly one of several callers gets STATUS_OK. */
enum status vcpu_turn_on(struct vcpu *vcpu, uint64_t entry, uint64_t argument, uint64_t *before);

/* enum vcpu_state, for others. */
static inline unsigned vcpu_state(const struct vcpu *vcpu) {
    unsigned state = atomic_load(&vcpu->state);
    return state == VCPU_STATE_CLAIMED ? VCPU_STATE_PENDING : state;
}

/* Exceptions into the loaded vCPU (inject.h), at its present PC. */
void vcpu_inject_undefined(struct vcpu *vcpu);
void vcpu_inject_abort(struct vcpu *vcpu, uint64_t esr, uint64_t far, unsigned status);

/* V registers to and from memory (fp.S): 32 x 16 bytes, FPSR, FPCR. */
void fp_save(uint64_t *fp);
void fp_load(const uint64_t *fp);
