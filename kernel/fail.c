/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A visit that faults, calls nonsense or overruns its budget is cut off here. Restart makes the
 * server anew under its entry word, so that others just find it busy; then `init` runs, and its
 * reply answers the access in flight or has it made again.
 */
#include "fail.h"

#include "entry.h"
#include "notify.h"
#include "ring.h"
#include "vcpu.h"

void fail_restore(const struct server *server, int all) {
    for (uint32_t i = 0; i < server->segment_count; i++) {
        const struct image_segment *segment = &server->segments[i];
        bool keep = (segment->flags & SEGMENT_STATE) != 0 || (segment->flags & SEGMENT_WRITE) == 0;
        if (keep && !all) continue;
        uint64_t zeros = segment->size - segment->file_size;
        uint8_t owner = (uint8_t)(MEMORY_SERVER + server->index);
        space_fill(segment->pa, boot_payload(segment->offset), segment->file_size, owner);
        space_fill(segment->pa + segment->file_size, NULL, zeros, owner);
    }
}

/* Restart, unless there were too many within this second: then the next policy. */
static enum image_policy choose_policy(struct server *server) {
    uint64_t now = timer_now();
    if (server->failures == 0 || now - server->failed_at > timer_frequency()) {
        server->failed_at = now;
        server->failures = 0;
    }
    server->failures++;
    server->failures_total++;
    bool often =
        server->image->policy == POLICY_RESTART && server->failures > server->image->restarts;
    return (enum image_policy)(often ? server->image->next_policy : server->image->policy);
}

/* What the visit was for, to be asked again or answered without it. An access is its vCPU's. */
static void put_back(struct cpu *cpu, struct visit *visit) {
    if (visit->kind == VISIT_NOTIFIED)
        notify_server(cpu, visit->server, visit->bits);
    else if (visit->kind == VISIT_CALL && visit->parent != NULL)
        visit->parent->frame.x[0] = STATUS_DEAD;
}

static struct frame *restart(struct cpu *cpu, struct visit *visit) {
    struct server *server = visit->server;
    fail_restore(server, false);
    if (server->image->init == 0) return NULL;
    visit_set_state(server, SERVER_NEW);
    /* Init answers the access that died, be it itself that dies now, and no other in flight. */
    visit->bits = visit->kind == VISIT_ACCESS || (visit->kind == VISIT_INIT && visit->bits != 0);
    visit_begin_again(cpu, visit, server->image->init);
    visit->frame.x[0] = INIT_RESTART;
    return &visit->frame;
}

struct frame *fail_visit(struct cpu *cpu, const char *what, uint64_t number, const uint64_t *far) {
    struct visit *visit = cpu->visit;
    struct server *server = visit->server;
    enum image_policy policy = choose_policy(server);
    visit_unfold(visit);
    static const char consequences[][20] = {"restarted", "its VMs stop", "the machine stops"};
    uint64_t pc = visit->frame.elr - server->image->base;
    if (far == NULL)
        ring_print("%s: down: %s %lx, pc +%lx; %s (failure %lu)", server->image->name, what, number,
                   pc, consequences[policy], server->failures_total);
    else
        ring_print("%s: down: %s %lx, address %lx, pc +%lx; %s (failure %lu)", server->image->name,
                   what, number, *far, pc, consequences[policy], server->failures_total);
    notify_log(cpu);
    if (policy == POLICY_HALT) panic("%s failed, and its policy is to halt", server->image->name);
    put_back(cpu, visit);
    struct frame *next = NULL;
    if (policy == POLICY_RESTART) next = restart(cpu, visit);
    if (next != NULL) return next;
    visit_set_state(server, policy == POLICY_RESTART ? SERVER_UP : SERVER_DOWN);
    struct frame *caller = visit_end(cpu, visit);
    for (uint32_t i = 0; i < vm_count && policy == POLICY_STOP_VM; i++)
        if ((server->vms >> i & 1) != 0) vm_request(&vms[i], VM_WANT_STOP);
    return caller != NULL ? caller : sched_next(cpu);
}
