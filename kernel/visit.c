/* SPDX-License-Identifier: BSD-2-Clause */
/* How a visit begins and ends: the frame that the server starts with, the message of an access in
 * it, the switch of registers around it, the reply. No C stack is kept during a visit: what is to
 * happen after it stands in its kind, its parent, and the vCPU's access in flight. */
#include "boundary.h"

struct server servers[SERVER_MAX];
uint32_t server_count;
atomic_uint visit_shut = 1;

static inline void user_save(struct frame *frame) {
    frame->sp_el0 = READ_SYSREG(sp_el0);
    frame->tpidr_el0 = READ_SYSREG(tpidr_el0);
    frame->tpidrro_el0 = READ_SYSREG(tpidrro_el0);
}

static bool has_fp(const struct visit *visit) { return (visit->server->flags & SERVER_FP) != 0; }

/* V registers of the server's own, empty at each entry; fp_take puts back what was there. */
static COLD NOINLINE void fp_give(struct visit *visit) {
    static uint64_t empty[FP_WORDS]; /* not const: 528 bytes of the kernel's constants */
    WRITE_SYSREG(cptr_el2, vcpu_cptr_fp);
    isb();
    fp_save(visit->fp);
    fp_load(empty);
}

static COLD NOINLINE void fp_take(const struct visit *visit) {
    fp_load(visit->fp);
    WRITE_SYSREG(cptr_el2, vcpu_cptr);
}

/* Everything that the message does not name is zero; 16 bytes a store. */
static inline void clear_from(struct frame *frame, unsigned first) {
#pragma GCC unroll 16
    for (unsigned i = first; i < 30; i += 2) __builtin_memset(&frame->x[i], 0, 16);
    frame->x[30] = 0;
}

static inline struct visit *visit_of(const struct cpu *cpu, struct server *server) {
    return &server->visits[(server->flags & SERVER_CONCURRENT) != 0 ? cpu->index : 0];
}

/* Into the server at an entry point; x0 to x30 are in its frame. */
static inline struct frame *enter(struct cpu *cpu, struct visit *visit, uint64_t entry) {
    const struct boundary *boundary = visit->server->boundary;
    visit->frame.elr = entry;
    visit->frame.spsr = boundary->spsr; /* the kernel's, never what a server left */
    visit->vcpu = NULL;
    cpu->visit = visit;
    user_set(visit->stack, 0, 0);
    return boundary->enter(cpu, visit);
}

/* It ends in C from then on: fast.S clears no ticks. */
static COLD NOINLINE void count_ticks(struct visit *visit, uint32_t count) {
    visit_unfold(visit);
    visit->ticks += count;
}

/* Half of them become its caller's. */
static COLD NOINLINE void end_ticks(struct visit *visit) {
    if (visit->ticks != 0 && visit->parent != NULL)
        count_ticks(visit->parent, (visit->ticks + 1) / 2);
    visit->ticks = 0;
}

/* Counts a tick, wherever it came: in the server, or in the kernel, which works or waits for it.
 * The guest has had it if nothing ran, or a server in its stead. */
COLD void visit_tick(struct cpu *cpu) {
    const struct visit *first = cpu->visit;
    while (first != NULL && first->parent != NULL) first = first->parent;
    if (first == NULL || first->kind == VISIT_ACCESS) {
        cpu->notify |= cpu->resting;
        cpu->resting = 0;
    }
    if (cpu->visit != NULL) count_ticks(cpu->visit, 1);
}

COLD NOINLINE struct frame *visit_overdue(struct cpu *cpu, struct visit *visit) {
    if (visit->ticks < (visit->server->state == SERVER_NEW ? 90 : 40)) return NULL; /* in `init` */
    return fail_visit(cpu, "its visit took too long, ticks", visit->ticks, NULL);
}

/* The same with empty registers. */
static COLD NOINLINE void start(struct cpu *cpu, struct visit *visit, enum visit_kind kind,
                                uint64_t entry) {
    visit->kind = kind;
    end_ticks(visit); /* of the visit that failed, if it starts anew */
    __builtin_memset(visit->frame.x, 0, sizeof(visit->frame.x));
    if (has_fp(visit)) fp_give(visit);
    (void)enter(cpu, visit, entry);
}

COLD struct visit *visit_begin(struct cpu *cpu, struct server *server, enum visit_kind kind,
                               uint64_t entry) {
    struct visit *visit = visit_of(cpu, server);
    struct visit *parent = cpu->visit;
    visit->parent = parent;
    if (parent != NULL) {
        user_save(&parent->frame);
        if (has_fp(parent)) WRITE_SYSREG(cptr_el2, vcpu_cptr);
        (void)parent->server->boundary->leave(cpu, NULL);
    } else if (cpu->vcpu != NULL) {
        user_save(&cpu->vcpu->frame);
    }
    start(cpu, visit, kind, entry);
    return visit;
}

COLD struct frame *visit_restart(struct cpu *cpu, struct visit *visit) {
    struct server *server = visit->server;
    visit_set_state(server, SERVER_NEW);
    if (has_fp(visit)) fp_take(visit);
    (void)server->boundary->leave(cpu, NULL);
    start(cpu, visit, visit->kind == VISIT_ACCESS ? VISIT_ACCESS : VISIT_INIT, server->image->init);
    visit->frame.x[0] = INIT_RESTART;
    return &visit->frame;
}

COLD void visit_unfold(struct visit *visit) {
    struct vcpu *vcpu = visit->vcpu;
    if (vcpu == NULL) return;
    struct flight *flight = &vcpu->flight;
    visit->vcpu = NULL;
    vcpu->frame.elr -= 4; /* fast.S was sure of the end */
    flight->busy = true;
    if (ESR_EC(flight->esr) == EC_SYSREG) {
        flight->esr = flight->far;
        flight->window = vcpu->sgi;
    } else if (ESR_EC(flight->esr) != EC_DATA) {
        flight->esr = (uint64_t)EC_HVC64 << 26 | ESR_IL;
        flight->window = vcpu->call;
    }
}

COLD struct frame *visit_end(struct cpu *cpu, struct visit *visit) {
    struct visit *parent = visit->parent;
    struct frame *frame = cpu->vcpu != NULL ? &cpu->vcpu->frame : NULL;
    if (has_fp(visit)) fp_take(visit);
    (void)visit->server->boundary->leave(cpu, NULL);
    cpu->visit = parent;
    end_ticks(visit);
    visit->parent = NULL; /* between visits: fast.S and visit_access count on these */
    visit->kind = VISIT_ACCESS;
    if (parent != NULL) {
        frame = &parent->frame;
        if (has_fp(parent)) WRITE_SYSREG(cptr_el2, vcpu_cptr_fp);
        (void)parent->server->boundary->enter(cpu, parent);
    }
    if (frame != NULL) user_set(frame->sp_el0, frame->tpidr_el0, frame->tpidrro_el0);
    entry_give(cpu, visit->server); /* the visit may be somebody else's from here on */
    return parent != NULL ? frame : NULL;
}

void visit_set_state(struct server *server, enum server_state state) {
    bool plain = state == SERVER_UP && (server->flags & (SERVER_FP | SERVER_CONCURRENT)) == 0;
    atomic_thread_fence(memory_order_release); /* UP is behind what `init` did, on all CPUs */
    server->state = state;
    server->visits->lock = !plain ? &visit_shut : cpu_count == 1 ? NULL : &server->word;
}

/* x0..x9 of a server at its entry point `access` (include/skerry/access.h). */
static inline void make_message(const struct vcpu *vcpu, uint64_t *x) {
    const struct flight *flight = &vcpu->flight;
    uint64_t esr = flight->esr;
    x[0] = flight->window->badge + vcpu->badge;
    __builtin_memset(&x[4], 0, 6 * sizeof(x[0]));
    if (ESR_EC(esr) == EC_DATA) {
        struct access access = access_decode(esr);
        x[1] = access_ipa(flight->hpfar, flight->far) - flight->window->offset_base;
        x[2] = INFO(ACCESS_MMIO, access.write, access.size_log2);
        x[3] = access.write ? access_store_value(&vcpu->frame, access) : 0;
        if (flight->parts) __builtin_memcpy(&x[1], vcpu->emulation.message, 3 * sizeof(x[0]));
    } else if (ESR_EC(esr) == EC_SYSREG) {
        struct access access = access_register(esr);
        x[1] = esr & ISS_REGISTER;
        x[2] = INFO(ACCESS_SYSREG, access.write, access.size_log2);
        x[3] = access.write ? access_store_value(&vcpu->frame, access) : 0;
    } else {
        x[1] = (uint32_t)vcpu->frame.x[0];
        x[2] = INFO(ACCESS_SMCCC, false, 0) | (ESR_EC(esr) == EC_SMC64 ? INFO_SMC : 0);
        __builtin_memcpy(&x[3], &vcpu->frame.x[1], 7 * sizeof(x[0]));
    }
}

/* It is done, with one value, or four for a call: into its register, and the PC behind it. */
static void finish_access(struct vcpu *vcpu, const uint64_t *x, unsigned values) {
    struct frame *frame = &vcpu->frame;
    uint64_t esr = vcpu->flight.esr;
    if (ESR_EC(esr) == EC_DATA || ESR_EC(esr) == EC_SYSREG) {
        struct access access = ESR_EC(esr) == EC_DATA ? access_decode(esr) : access_register(esr);
        if (!access.write) access_finish(frame, access, x[0]);
    } else {
        for (unsigned i = 0; i < values; i++) frame->x[i] = x[i];
    }
    access_skip(frame, esr);
}

static FLATTEN NOINLINE struct frame *access(struct cpu *cpu, struct vcpu *vcpu,
                                             struct visit *visit) {
    vcpu->flight.busy = true;
    make_message(vcpu, visit->frame.x);
    clear_from(&visit->frame, 10);
    user_save(&vcpu->frame);
    return enter(cpu, visit, visit->entry);
}

/* Null: the server is busy, or down. */
COLD struct frame *visit_again(struct cpu *cpu, struct vcpu *vcpu) {
    struct flight *flight = &vcpu->flight;
    struct server *server = flight->window->server;
    /* 500 rounds are about 20,000 instructions: then the guest gets back to its interrupts. */
    bool inside = entry_take(cpu, server, 500);
    if (!inside || server->state != SERVER_UP) {
        bool down = server->state == SERVER_DOWN;
        flight->busy = flight->parts = flight->parts && vcpu->emulation.part != 0 && !down;
        if (down) vm_request(vcpu->vm, VM_WANT_STOP);
        if (inside) entry_give(cpu, server);
        return NULL;
    }
    struct visit *visit = visit_of(cpu, server);
    if (has_fp(visit)) fp_give(visit);
    return access(cpu, vcpu, visit);
}

/* To a server that others may be in, that uses V registers, or is down. */
static COLD NOINLINE struct frame *access_unusual(struct cpu *cpu, struct vcpu *vcpu) {
    struct frame *next = visit_again(cpu, vcpu);
    return next != NULL ? next : sched_next(cpu);
}

struct frame *visit_access(struct cpu *cpu, struct vcpu *vcpu) {
    struct visit *visit = vcpu->flight.window->server->visits;
    return visit->lock == NULL ? access(cpu, vcpu, visit) : access_unusual(cpu, vcpu);
}

static void answer_call(const struct visit *visit, enum verdict verdict) {
    static const uint8_t answers[VERDICT_COUNT] = {
        [VERDICT_DONE] = 1, [VERDICT_FOUR] = 4, [VERDICT_LINE] = 1};
    struct visit *caller = visit->parent;
    uint64_t *x = caller->frame.x, values = answers[verdict];
    x[0] = values != 0 ? STATUS_OK : STATUS_BAD_CALL;
    for (unsigned i = 0; i < 4; i++) x[1 + i] = i < values ? visit->frame.x[i] : 0;
}

/* What an access wants beyond its value; the server is left already. */
static struct frame *after(struct cpu *cpu, struct vcpu *vcpu, enum verdict verdict) {
    struct flight *flight = &vcpu->flight;
    switch (verdict) {
    case VERDICT_ABORT:
    case VERDICT_UNDEF:
        flight->busy = flight->parts = false;
        if (verdict == VERDICT_ABORT && ESR_EC(flight->esr) == EC_DATA)
            (void)vcpu_inject_abort(vcpu, FSC_EXTERNAL);
        else
            (void)vcpu_inject(vcpu, INJECT_UNDEFINED);
        break;
    case VERDICT_MORE: /* the guest makes the access again, the kernel a part of one */
        flight->busy = flight->parts = flight->parts && vcpu->emulation.part != 0;
        break;
    case VERDICT_BLOCK: vcpu->sleeping = true; break;
    case VERDICT_OFF: vcpu_turn_off(vcpu); break;
    default: break;
    }
    return sched_next(cpu);
}

/* All but a plain DONE to an access: other verdicts, parts, `init`, `notified`, `called`. */
static COLD NOINLINE struct frame *reply_unusual(struct cpu *cpu, struct visit *visit,
                                                 enum verdict verdict) {
    const uint64_t *x = visit->frame.x;
    uint64_t value = x[0];
    uint32_t kind = visit->kind;
    struct vcpu *vcpu = cpu->vcpu;
    bool done = verdict != VERDICT_ABORT && verdict != VERDICT_UNDEF && verdict != VERDICT_MORE;
    visit_unfold(visit);
    if (verdict == VERDICT_LINE && (x[7] & LINE_OP_VALID) != 0)
        (void)deliver_line(cpu, visit->server, (uint16_t)x[7], (x[7] & LINE_OP_LEVEL) != 0);
    if (kind == VISIT_CALL) answer_call(visit, verdict);
    if (kind == VISIT_NOTIFIED) notify_done(cpu, visit);
    if (visit->server->state == SERVER_NEW) visit_set_state(visit->server, SERVER_UP);
    if (kind == VISIT_ACCESS && done && !vcpu->flight.parts) {
        finish_access(vcpu, x, verdict == VERDICT_FOUR ? 4 : 1);
        vcpu->flight.busy = false;
    }
    struct frame *caller = visit_end(cpu, visit);
    if (kind != VISIT_ACCESS) return caller != NULL ? caller : sched_next(cpu);
    struct frame *next = done && vcpu->flight.parts ? emulate_answer(cpu, vcpu, value) : NULL;
    return next != NULL ? next : after(cpu, vcpu, verdict);
}

static COLD NOINLINE struct frame *leave_to_work(struct cpu *cpu, const struct boundary *boundary) {
    (void)boundary->leave(cpu, NULL);
    return sched_next(cpu);
}

FLATTEN struct frame *visit_reply(struct cpu *cpu, struct visit *visit, enum verdict verdict) {
    struct vcpu *vcpu = cpu->vcpu;
    struct server *server = visit->server;
    if (verdict != VERDICT_DONE || visit->kind != VISIT_ACCESS || visit->vcpu != NULL ||
        vcpu->flight.parts || visit->lock != NULL)
        return reply_unusual(cpu, visit, verdict);
    finish_access(vcpu, visit->frame.x, 1);
    vcpu->flight.busy = false;
    cpu->visit = NULL;
    visit->ticks = 0;
    user_set(vcpu->frame.sp_el0, vcpu->frame.tpidr_el0, vcpu->frame.tpidrro_el0);
    if (atomic_load(&server->bits) != 0) cpu->notify |= 1u << server->index; /* as entry_give */
    return cpu_has_work(cpu) ? leave_to_work(cpu, server->boundary)
                             : server->boundary->leave(cpu, &vcpu->frame);
}
