/* SPDX-License-Identifier: BSD-2-Clause */
/* A vCPU: what it waits for, its list registers, its frame. Each has a home CPU to itself, whose
 * EL1 registers are its own while it is on; only that CPU touches what is not marked shared. And
 * what a CPU does next (sched.c), and in a guest's stead (emulate.c, register.c), and interrupts on
 * their way to it (deliver.c). */
#pragma once

#include "insn.h"
#include "visit.h"
#include "vm.h"

enum {
#define VCPU_REG(has, way, name, value) VCPU_##name,
#include "vcpu.def"
    VCPU_REGISTER_COUNT
};

/* An access in flight: what the exception left. The message is made of it, once more after a
 * restart, and so is the end of the instruction (visit.c). fast.S fills the first four, too. */
struct flight {
    uint64_t esr, far, hpfar;    /* an abort, a trapped register, HVC or SMC */
    const struct window *window; /* whose server answers */
    bool busy;                   /* there is one */
    bool parts;                  /* of an instruction that emulate.c took apart */
};

/* What is known of an access with ISV=0 between its visits. */
struct emulation {
    struct insn insn;
    uint64_t pages[2];   /* IPA of the page where it begins, and of the next */
    uint64_t message[3]; /* of the part that is out: x1..x3 */
    uint64_t value[INSN_PARTS];
    unsigned part;  /* the one that is out, or next */
    uint8_t doubts; /* retries, of emulate.c and of trap.c's guest_walk */
};

struct vcpu {
    struct frame frame;         /* first: what vectors.S saves into; up to `vm`: fast.S */
    const struct window *call;  /* of the server that takes all SMCCC calls, or nobody's */
    const struct window *sgi;   /* of the server of ICC_SGI1R_EL1, or nobody's */
    uint64_t sgi_esr;           /* of a write to it from x0 */
    const void *const *windows; /* of its VM */
    uint64_t badge;             /* its number in a badge */
    struct flight flight;       /* the access that a server answers */
    struct vm *vm;
    struct cpu *cpu;   /* home */
    uint8_t index;     /* in its VM */
    bool sleeping;     /* in WFI, or blocked: until an interrupt for it is due */
    atomic_uint state; /* shared: enum vcpu_state; the VM's lock keeps callers of VCPU_ON apart */
    uint64_t entry, argument; /* of a VCPU_STATE_PENDING one */
    uint64_t mpidr;
    struct emulation emulation; /* of a flight in parts */
    struct lr_state lists;
    uint64_t el1[VCPU_REGISTER_COUNT];
    uint64_t fp[FP_WORDS];
};

extern uint64_t vcpu_hcr; /* HCR_EL2 while a guest runs; the same for all */
/* CPTR_EL2: while a guest runs (with VHE, EL0's servers trap); V registers for all; for nobody */
extern uint64_t vcpu_cptr, vcpu_cptr_fp, vcpu_cptr_shut;
extern bool vcpu_has_ras, vcpu_has_sme; /* FEAT_RAS, FEAT_SME */

/* FEAT_VHE: EL2&0 with two halves, the guest's registers by names of their own. */
static inline bool vcpu_has_vhe(void) { return ID_FIELD(id_aa64mmfr1_el1, 8) != 0; }

/* Once, while the kernel's text can be written: what this machine's CPUs have. */
void vcpu_init(void);
void vcpu_init_cpu(void); /* what every CPU sets at EL2 so that a guest is held */

/* Registers of EL0 that a guest and a server share, and that no vector saves. */
static inline void user_set(uint64_t sp, uint64_t tpidr, uint64_t tpidrro) {
    WRITE_SYSREG(sp_el0, sp);
    WRITE_SYSREG(tpidr_el0, tpidr);
    WRITE_SYSREG(tpidrro_el0, tpidrro);
}

void vcpu_reset(struct vcpu *vcpu);                 /* as after power-on, to start at its `entry` */
void vcpu_load(struct cpu *cpu, struct vcpu *vcpu); /* into this CPU, which holds none */
/* Saves and prints the loaded one, but for V registers: during a visit they may be nobody's. */
void vcpu_dump(struct vcpu *vcpu);

/* The loaded vCPU, from its own CPU: off until somebody turns it on. */
void vcpu_turn_off(struct vcpu *vcpu);
/* VCPU_ON of the ABI, from any CPU: exactly one of several callers gets STATUS_OK. */
enum status vcpu_turn_on(struct vcpu *vcpu, uint64_t entry, uint64_t argument, uint64_t *before);

/* Exceptions into the loaded vCPU (inject.c), at its PC; the second, of its flight. Its frame. */
struct frame *vcpu_inject(struct vcpu *vcpu, uint64_t esr);
struct frame *vcpu_inject_abort(struct vcpu *vcpu, unsigned status);

/* V registers to and from memory, FP_WORDS of it (move.S). */
void fp_save(uint64_t *fp);
void fp_load(const uint64_t *fp);

/* What runs next on this CPU: notifications first, then the vCPU, otherwise it sleeps. */
struct frame *sched_next(struct cpu *cpu);

/* The flight is a data abort with ISV=0: the instruction is fetched and taken apart (insn.h), and
 * its parts go out one after another as ordinary accesses; what runs next. */
struct frame *emulate_start(struct cpu *cpu, struct vcpu *vcpu);

/* The part that was out has been answered; null if it was the last. */
struct frame *emulate_answer(struct cpu *cpu, struct vcpu *vcpu, uint64_t value);

/* A trapped system register (ESR_EL2.EC 0x18); what runs next. */
struct frame *register_access(struct cpu *cpu, struct vcpu *vcpu, uint64_t esr);

/* At boot: the ID registers as guests will see them. */
void register_identify(void);

/* Interrupts (deliver.c): these change the words of irq.c under the VM's lock, which no caller
 * holds, and see that the list registers follow: this CPU's own at once, another CPU's by a
 * request. The eret to the guest makes what is written here take effect: there is no ISB. */

/* ICH_APnRm_EL2, ICC_APnRm_EL1: m, and the PREbits from which it exists; UNDEFINED with fewer. */
#define APR_EACH(X) X(0, 1) X(1, 6) X(2, 7) X(3, 7)

/* Makes this CPU's interface that of a fresh vCPU: nothing pending or active, groups disabled, all
 * masked. deliver_sync then gives the vCPU what waits. */
void deliver_load(struct vcpu *vcpu);

/* The loaded vCPU goes off: the words take back what its list registers hold. */
void deliver_withdraw(struct cpu *cpu, struct vcpu *vcpu);

/* Sets ICH_HCR_EL2: ICH_HCR_HELD while a server runs at EL1, then lr_state.hcr, or 0, again. */
void deliver_control(uint32_t hcr);

/* Puts this CPU's list registers in step: after a request, and at a maintenance interrupt. */
void deliver_sync(struct cpu *cpu);

/* At a tick, and before a vCPU sleeps: deliver_sync if the guest has switched a group on or off.
 * QEMU 7.2 does not report that group 0 goes off. */
void deliver_look(struct cpu *cpu);

/* A physical interrupt that is `vm`'s own was acknowledged and is active. */
void deliver_fire(struct cpu *cpu, struct vm *vm, uint32_t intid);

/* A trapped write to ICC_DIR_EL1. */
void deliver_deactivate(struct cpu *cpu, struct vcpu *vcpu, uint64_t value);

/* Would WFI of the loaded vCPU end now? What is in no list register comes with a request. */
bool deliver_pending(struct vcpu *vcpu);

/* The system calls. The VM exists and the caller has the right. */
enum status deliver_op(struct cpu *cpu, struct vm *vm, uint64_t where, uint64_t op, uint64_t mask);
enum status deliver_attr(struct cpu *cpu, struct vm *vm, uint64_t where, uint64_t intid,
                         uint64_t attr, uint64_t value);
enum status deliver_get(struct cpu *cpu, struct vm *vm, uint64_t where, uint64_t masks[IRQ_MASKS]);

/* Sets a server's own line, by its handle: BAD_HANDLE if the server has no such line. */
enum status deliver_line(struct cpu *cpu, const struct server *server, uint64_t handle, bool high);
