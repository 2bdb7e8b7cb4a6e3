/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a visit begins and ends: the frame that the server starts with, the switch of registers
 * around it, the reply. No C stack is kept during a visit: what is to happen after it stands in
 * its kind, its parent, and the vCPU's access in flight. Failures are fail.c's, notifications
 * notify.c's.
 */
#include "visit.h"

#include "boundary.h"
#include "deliver.h"
#include "emulate.h"
#include "entry.h"
#include "fail.h"
#include "flight.h"
#include "notify.h"
#include "window.h"

struct server servers[SERVER_MAX];
uint32_t server_count;

/* A guest that waits for a busy server gets back to its interrupts after about 20,000
 * instructions; a round of cpu_wait takes about 40. */
#define ACCESS_WAIT_ROUNDS 500

/* What an exception level below shares with whoever is entered next. */
static void user_save(struct frame *frame) {
    frame->sp_el0 = READ_SYSREG(sp_el0);
    frame->tpidr_el0 = READ_SYSREG(tpidr_el0);
    frame->tpidrro_el0 = READ_SYSREG(tpidrro_el0);
}

static void user_load(const struct frame *frame) {
    WRITE_SYSREG(sp_el0, frame->sp_el0);
    WRITE_SYSREG(tpidr_el0, frame->tpidr_el0);
    WRITE_SYSREG(tpidrro_el0, frame->tpidrro_el0);
}

static void fp_give(struct visit *visit) {
    isb(); /* CPTR_EL2 is the boundary's */
    fp_save(visit->fp);
    fp_clear();
}

/* Everything that the message does not name is zero; 16 bytes a store. */
static inline void clear_from(struct frame *frame, unsigned first) {
#pragma GCC unroll 16
    for (unsigned i = first; i < 30; i += 2) __builtin_memset(&frame->x[i], 0, 16);
    frame->x[30] = 0;
}

static inline void set_entry(struct visit *visit, uint64_t entry) {
    struct frame *frame = &visit->frame;
    frame->elr = entry;
    frame->spsr = visit->server->boundary->spsr; /* the kernel's, never what a server left */
    frame->sp_el0 = visit->stack;
    frame->tpidr_el0 = 0;
    frame->tpidrro_el0 = 0;
}

void visit_clear(struct visit *visit, uint64_t entry) {
    clear_from(&visit->frame, 0);
    set_entry(visit, entry);
}

/* Switches the registers to the server's; its frame is set up. */
static inline void enter(struct cpu *cpu, struct visit *visit) {
    const struct server *server = visit->server;
    struct visit *parent = cpu->visit;

    visit->parent = parent;
    visit->vcpu = NULL;
    if (parent != NULL) {
        user_save(&parent->frame);
        parent->server->boundary->leave(parent->server);
    } else if (cpu->vcpu != NULL) {
        user_save(&cpu->vcpu->frame);
    }
    cpu->visit = visit;
    server->boundary->enter(server);
    user_load(&visit->frame);
    if ((server->flags & SERVER_FP) != 0) fp_give(visit);
}

static inline struct visit *visit_of(const struct cpu *cpu, struct server *server) {
    return &server->visits[(server->flags & SERVER_CONCURRENT) != 0 ? cpu->index : 0];
}

struct visit *visit_begin(struct cpu *cpu, struct server *server, enum visit_kind kind,
                          uint64_t entry) {
    struct visit *visit = visit_of(cpu, server);
    visit->kind = kind;
    visit_clear(visit, entry);
    enter(cpu, visit);
    return visit;
}

void visit_enter_again(const struct visit *visit) {
    const struct boundary *boundary = visit->server->boundary;
    boundary->leave(visit->server);
    boundary->enter(visit->server);
    user_load(&visit->frame);
}

uint32_t visit_ticks_max(const struct visit *visit) {
    return visit->kind == VISIT_INIT ? INIT_TICKS : visit->server->budget_ticks;
}

void visit_unfold(struct visit *visit) {
    struct vcpu *vcpu = visit->vcpu;
    if (vcpu == NULL) return;
    visit->vcpu = NULL;
    uint64_t esr = vcpu->fast_esr;
    vcpu->frame.elr -= 4; /* fast.S was sure of the end */
    if (ESR_EC(esr) == 0) {
        flight_call(vcpu, visit->server, vcpu->call->badge, (uint64_t)EC_HVC64 << 26 | ESR_IL);
    } else {
        uint64_t ipa = access_ipa(vcpu->fast_hpfar, vcpu->fast_far);
        if (ESR_EC(esr) == EC_SYSREG)
            flight_register(vcpu, visit->server, vcpu->sgi->badge, (uint32_t)esr & ~(1u << 6));
        else
            flight_access(vcpu, window_find(vcpu->vm, ipa), esr, vcpu->fast_far, ipa);
    }
    vcpu->flight.busy = true;
}

struct frame *visit_end(struct cpu *cpu, struct visit *visit) {
    struct server *server = visit->server;
    struct visit *parent = visit->parent;

    if ((server->flags & SERVER_FP) != 0) fp_load(visit->fp);
    server->boundary->leave(server);
    cpu->visit = parent;
    visit->parent = NULL; /* between visits: fast.S counts on it */
    visit->kind = VISIT_ACCESS;
    visit->ticks = 0;
    if (parent != NULL) {
        parent->server->boundary->enter(parent->server);
        user_load(&parent->frame);
    } else if (cpu->vcpu != NULL) {
        user_load(&cpu->vcpu->frame);
    }
    entry_give(cpu, server); /* the visit may be somebody else's from here on */
    return parent != NULL ? &parent->frame : NULL;
}

void visit_set_state(struct server *server, enum server_state state) {
    server->state = state;
    server->visits->entry = state == SERVER_UP && server->fast ? server->access : 0;
}

struct frame *visit_access(struct cpu *cpu, struct vcpu *vcpu) {
    struct flight *flight = &vcpu->flight;
    struct server *server = flight->server;

    if (!entry_take(cpu, server, ACCESS_WAIT_ROUNDS)) {
        flight->busy = flight->parts; /* a single access is made again by the guest */
        return sched_next(cpu);
    }
    if (server->state != SERVER_UP) {
        entry_give(cpu, server);
        return fail_unavailable(cpu, vcpu);
    }
    flight->busy = true;
    struct visit *visit = visit_of(cpu, server); /* kind and ticks are those of an access */
    __builtin_memcpy(visit->frame.x, &flight->message, sizeof(flight->message));
    clear_from(&visit->frame, sizeof(flight->message) / 8);
    set_entry(visit, server->access);
    enter(cpu, visit);
    return &visit->frame;
}

struct frame *visit_init(struct cpu *cpu, struct server *server) {
    if (server->init == 0) {
        visit_set_state(server, SERVER_UP);
        return NULL;
    }
    (void)entry_take(cpu, server, WAIT_FOREVER);
    return &visit_begin(cpu, server, VISIT_INIT, server->init)->frame; /* x0 = INIT_BOOT = 0 */
}

struct frame *visit_call(struct cpu *cpu, struct visit *caller) {
    struct frame *from = &caller->frame;
    if (from->x[0] >= caller->server->edge_count) {
        from->x[0] = STATUS_BAD_HANDLE;
        return from;
    }
    const struct image_edge *edge = &caller->server->edges[from->x[0]];
    struct server *callee = &servers[edge->callee];
    (void)entry_take(cpu, callee,
                     WAIT_FOREVER); /* ends: calls form no cycle, visits have budgets */
    if (callee->state != SERVER_UP || callee->called == 0) {
        entry_give(cpu, callee);
        from->x[0] = callee->state != SERVER_UP ? STATUS_DEAD : STATUS_BAD_CALL;
        return from;
    }
    struct frame *frame = &visit_begin(cpu, callee, VISIT_CALL, callee->called)->frame;
    frame->x[0] = BADGE(edge->right, 0, 0) | (uint64_t)(caller->server->index + 1) << 32;
    frame->x[1] = from->x[1];
    frame->x[2] = INFO(ACCESS_CALL, false, 0);
    for (unsigned i = 0; i < 6; i++) frame->x[3 + i] = from->x[2 + i];
    return frame;
}

/* A callee's answer goes into the caller's registers. */
static void answer_call(struct frame *caller, const uint64_t *x, enum verdict verdict) {
    bool good = verdict == VERDICT_DONE || verdict == VERDICT_FOUR;
    caller->x[0] = good ? STATUS_OK : STATUS_BAD_CALL;
    for (unsigned i = 0; i < 4; i++)
        caller->x[1 + i] = verdict == VERDICT_FOUR || (good && i == 0) ? x[i] : 0;
}

/* A server's answer goes into the guest's registers. */
static struct frame *answer_access(struct cpu *cpu, struct vcpu *vcpu, const uint64_t *x,
                                   enum verdict verdict) {
    struct flight *flight = &vcpu->flight;
    flight->busy = false;
    switch (verdict) {
    case VERDICT_DONE:
    case VERDICT_FOUR:
    case VERDICT_BLOCK:
    case VERDICT_OFF:
        if (flight->parts) return emulate_answer(cpu, vcpu, x[0]);
        sched_finish(vcpu, x, verdict);
        break;
    case VERDICT_ABORT:
    case VERDICT_UNDEF: sched_refuse(vcpu, verdict); break;
    default: /* MORE: the guest makes the access again */ flight->busy = flight->parts; break;
    }
    return sched_next(cpu);
}

struct frame *visit_reply(struct cpu *cpu, struct visit *visit, enum verdict verdict) {
    visit_unfold(visit);
    const uint64_t x[4] = {visit->frame.x[0], visit->frame.x[1], visit->frame.x[2],
                           visit->frame.x[3]};
    uint32_t kind = visit->kind;
    struct server *server = visit->server;

    if (verdict == VERDICT_LINE) {
        uint64_t op = visit->frame.x[7];
        (void)deliver_line(cpu, server, (uint16_t)op, (op & LINE_OP_LEVEL) != 0);
        verdict = VERDICT_DONE;
    }
    if (kind == VISIT_NOTIFIED)
        notify_done(cpu, server, visit->bits);
    else if (kind == VISIT_INIT)
        visit_set_state(server, SERVER_UP);
    struct frame *caller = visit_end(cpu, visit);
    if (kind == VISIT_CALL)
        answer_call(caller, x, verdict);
    else if (kind == VISIT_ACCESS)
        return answer_access(cpu, cpu->vcpu, x, verdict);
    return caller != NULL ? caller : sched_next(cpu);
}
