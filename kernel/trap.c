/* SPDX-License-Identifier: BSD-2-Clause */
/* The exception class indexes one table of what guests do; a server has two ways to come: a gate
 * call, or a mistake. Who ran is known from cpu.visit, never guessed from the syndrome. */
#include "boundary.h"
#include "ring.h"

/* As vectors.S delivers exceptions from below EL2; back goes the frame of what runs next. */
struct frame *trap_sync(struct cpu *cpu, uint64_t esr); /* a guest or a server */
struct frame *trap_irq(struct cpu *cpu);
struct frame *trap_serror(struct cpu *cpu, uint64_t esr);

typedef struct frame *guest_trap(struct cpu *cpu, struct vcpu *vcpu, uint64_t esr);

static struct frame *guest_wait(struct cpu *cpu, struct vcpu *vcpu, uint64_t esr) {
    access_skip(&vcpu->frame, esr);
    vcpu->sleeping = (esr & 1) == 0; /* WFE is not trapped, but a CPU may do so all the same */
    return sched_next(cpu);
}

/* HVC and SMC: the function id finds the server; only immediate 0 is a call (SMCCC 2.9). */
static struct frame *guest_call(struct cpu *cpu, struct vcpu *vcpu, uint64_t esr) {
    struct flight *flight = &vcpu->flight;
    flight->esr = esr;
    flight->window = window_search(vcpu->vm->calls, (uint32_t)vcpu->frame.x[0]);
    if (ESR_EC(esr) == EC_HVC64)
        vcpu->frame.elr -= 4; /* on it, as for SMC: it may be made again, or be Undefined */
    bool none = (esr & 0xffff) != 0 || vcpu->vm->calls->server == NULL;
    if (none) return vcpu_inject(vcpu, INJECT_UNDEFINED);
    if (flight->window->server != NULL) return visit_access(cpu, vcpu);
    vcpu->frame.x[0] = UINT64_MAX; /* NOT_SUPPORTED: SMCCC 5.2 */
    access_skip(&vcpu->frame, esr);
    return &vcpu->frame;
}

static COLD bool read_table(void *context, uint64_t ipa, uint64_t *value) {
    const struct vm *vm = context;
    pa_t pa;
    return pagetable_walk(&vm->stage2, ipa, &pa) && space_fetch(pa.value, vm->stage2.owner, value);
}

/* The guest's translation table lies where it has no memory: an external abort. If no walk leads
 * there any more, another vCPU has changed the tables meanwhile: the guest tries again, but 256
 * times are no race: then the level is given as 3. */
static COLD struct frame *guest_walk(struct vcpu *vcpu) {
    const struct access_stage1 stage1 = {
        .tcr = READ_GUEST(tcr_el1),
        .ttbr = {READ_GUEST(ttbr0_el1), READ_GUEST(ttbr1_el1)},
        .big_endian = (READ_GUEST(sctlr_el1) & SCTLR_EE) != 0,
    };
    int level =
        access_walk_level(&stage1, vcpu->flight.far, vcpu->flight.hpfar, read_table, vcpu->vm);
    if (level == ACCESS_WALK_GONE && ++vcpu->emulation.doubts != 0) return &vcpu->frame;
    return vcpu_inject_abort(vcpu, FSC_EXTERNAL_WALK + ((unsigned)level & 3));
}

/* 0: the guest's data are little-endian for sure. Else SCTLR_EL1.EE or E0E is set, or it is in
 * AArch32, where PSTATE.E decides. ID registers show no big-endian data; devices refuse them. */
static inline uint64_t endian_bits(const struct vcpu *vcpu) {
    return (READ_GUEST(sctlr_el1) & (SCTLR_EE | SCTLR_E0E)) | (vcpu->frame.spsr & PSTATE_A32);
}

static bool is_big_endian(const struct vcpu *vcpu) {
    uint64_t spsr = vcpu->frame.spsr;
    if ((spsr & PSTATE_A32) != 0) return (spsr & PSTATE_E) != 0;
    return (endian_bits(vcpu) & ((spsr & 0xc) == 0 ? SCTLR_E0E : SCTLR_EE)) != 0;
}

/* All but a plain load or store of little-endian data to a window; instruction fetches, too. */
static COLD NOINLINE struct frame *abort_unusual(struct cpu *cpu, struct vcpu *vcpu) {
    struct flight *flight = &vcpu->flight;
    enum access_class class = access_classify(flight->esr);
    switch (class <= ACCESS_UNDECODED && is_big_endian(vcpu) ? ACCESS_ABORT : class) {
    case ACCESS_UNDECODED: return emulate_start(cpu, vcpu);
    case ACCESS_DECODED:
        flight->window = window_find(vcpu->windows, flight->hpfar);
        if (flight->window->server != NULL) return visit_access(cpu, vcpu);
        break;
    case ACCESS_CACHE: access_skip(&vcpu->frame, flight->esr); return &vcpu->frame;
    case ACCESS_WALK: return guest_walk(vcpu);
    default: break;
    }
    return vcpu_inject_abort(vcpu, access_abort_status(flight->esr));
}

static struct frame *guest_abort(struct cpu *cpu, struct vcpu *vcpu, uint64_t esr) {
    struct flight *flight = &vcpu->flight;
    uint64_t hpfar = READ_SYSREG(hpfar_el2);
    flight->esr = esr;
    flight->far = READ_SYSREG(far_el2);
    flight->hpfar = hpfar;
    if ((esr & ACCESS_PLAIN_MASK) != ACCESS_PLAIN_VALUE || endian_bits(vcpu) != 0 ||
        access_is_beyond(hpfar)) /* window_find's test, which the compiler drops there */
        return abort_unusual(cpu, vcpu);
    flight->window = window_find(vcpu->windows, hpfar);
    if (flight->window->server == NULL) return abort_unusual(cpu, vcpu);
    return visit_access(cpu, vcpu);
}

/* By class; what is not named is an instruction that this machine does not have. */
static guest_trap *const guest_traps[] = {
    [EC_WFX] = guest_wait,         [EC_HVC64] = guest_call,  [EC_SMC64] = guest_call,
    [EC_SYSREG] = register_access, [EC_FETCH] = guest_abort, [EC_DATA] = guest_abort,
};

/* A server's exception: its own mistake, or (el1) the call that a vector in its gate page made of
 * one, which it took itself. */
static COLD NOINLINE struct frame *server_fault(struct cpu *cpu, uint64_t esr) {
    struct visit *visit = cpu->visit;
    uint64_t far = READ_SYSREG(far_el2), vector = (esr ^ visit->gate) - GATE_VECTOR;
    if (vector < 16 && visit->server->boundary == &boundary_el1) {
        visit->frame.elr = READ_GUEST(elr_el1);
        esr = READ_GUEST(esr_el1);
        far = READ_GUEST(far_el1);
    }
    bool abort = (ESR_EC(esr) & ~5u) == EC_FETCH; /* or data, of any level: they set FAR */
    return fail_visit(cpu, "exception, ESR", esr, abort ? &far : NULL);
}

static struct frame *server_trap(struct cpu *cpu, struct visit *visit, uint64_t esr) {
    uint64_t number = esr ^ visit->gate;
    if (number < VERDICT_COUNT) return visit_reply(cpu, visit, (enum verdict)number);
    return number < GATE_ENTRIES ? syscall_enter(cpu, visit, (unsigned)number)
                                 : server_fault(cpu, esr);
}

struct frame *trap_sync(struct cpu *cpu, uint64_t esr) {
    if (cpu->visit != NULL) return server_trap(cpu, cpu->visit, esr);
    unsigned class = ESR_EC(esr);
    guest_trap *trap = class <= EC_DATA ? guest_traps[class] : NULL;
    return trap != NULL ? trap(cpu, cpu->vcpu, esr) : vcpu_inject(cpu->vcpu, INJECT_UNDEFINED);
}

struct frame *trap_irq(struct cpu *cpu) {
    struct visit *visit = cpu->visit;
    (void)gic_take(cpu); /* if there are more, they come as soon as this is done */
    if (visit == NULL) return sched_next(cpu);
    cpu_answer(cpu);
    struct frame *next = visit_overdue(cpu, visit);
    return next != NULL ? next : &visit->frame;
}

/* An SError is an error of the machine, reported to whoever was there; nothing says whose it is.
 * A server that was running is made anew, a guest gets an Undefined exception. */
COLD struct frame *trap_serror(struct cpu *cpu, uint64_t esr) {
    if (cpu->visit != NULL) return fail_visit(cpu, "SError, ESR", esr, NULL);
    ring_print("%s: SError, ESR %lx", cpu->vcpu->vm->image->name, esr);
    notify_log(cpu);
    return vcpu_inject(cpu->vcpu, INJECT_UNDEFINED);
}
