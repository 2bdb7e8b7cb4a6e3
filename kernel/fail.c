/* SPDX-License-Identifier: BSD-2-Clause */
/* A visit that faults, makes an unknown call or overruns its budget is cut off here. Restart makes
 * the server anew while this CPU keeps its entry word: others just find it busy. Then `init` runs,
 * and its reply answers the access in flight or has it made again. */
#include "ring.h"
#include "vcpu.h"

void fail_restore(const struct server *server, bool all) {
    EACH_OF (SEGMENT, segment, server, server->index) {
        bool keep = (segment->flags & SEGMENT_STATE) != 0 || (segment->flags & SEGMENT_WRITE) == 0;
        if (keep && !all) continue;
        uint8_t owner = (uint8_t)(MEMORY_SERVER + server->index);
        for (uint64_t done = 0; done < segment->size;) {
            bool copy = done < segment->file_size;
            const void *from = copy ? image_bytes(&boot_image, segment->offset + done) : NULL;
            done += space_fill(segment->pa + done, from,
                               (copy ? segment->file_size : segment->size) - done, owner);
            if (all) continue; /* at boot */
            gic_poll(cpu_this());
            cpu_answer(cpu_this());
            __asm__ volatile("yield"); /* an emulator then runs the CPUs that were answered */
        }
    }
}

/* The server's policy; its next one after too many restarts within this second, or of `init` at a
 * stretch. POLICY_COUNT if another CPU makes the server anew, and waits for this one to leave. */
static unsigned choose_policy(struct cpu *cpu, struct server *server) {
    if (!entry_alone(cpu, server)) return POLICY_COUNT;
    uint64_t now = timer_now();
    if (server->state != SERVER_NEW && now - server->failed_at > timer_frequency()) {
        server->failed_at = now;
        server->failures = 0;
    }
    server->failures++;
    server->failures_total++;
    bool often = server->failures > server->image->restarts;
    bool next = often && server->image->policy == POLICY_RESTART;
    return next ? server->image->next_policy : server->image->policy;
}

/* What the visit was for: bits are given again, a caller is answered. An access is in its vCPU. */
static void put_back(struct cpu *cpu, struct visit *visit) {
    if (visit->kind == VISIT_NOTIFIED)
        notify_server(cpu, visit->server, visit->bits);
    else if (visit->kind == VISIT_CALL)
        visit->parent->frame.x[0] = STATUS_DEAD;
}

struct frame *fail_visit(struct cpu *cpu, const char *what, uint64_t number, const uint64_t *far) {
    struct visit *visit = cpu->visit;
    struct server *server = visit->server;
    unsigned policy = choose_policy(cpu, server);
    visit_unfold(visit);
    static const char ends[][18] = {"restarted", "its VMs stop", "the machine stops", "restarting"};
    const char *name = server->image->name;
    uint64_t pc = visit->frame.elr - server->image->base;
    if (far == NULL)
        ring_print("%s: down: %s 0x%lx, pc +0x%lx; %s (failure %lu)", name, what, number, pc,
                   ends[policy], server->failures_total);
    else
        ring_print("%s: down: %s 0x%lx, address 0x%lx, pc +0x%lx; %s (failure %lu)", name, what,
                   number, *far, pc, ends[policy], server->failures_total);
    notify_log(cpu);
    if (policy == POLICY_HALT) panic("%s failed, and its policy is to halt", name);
    put_back(cpu, visit);
    if (policy == POLICY_RESTART) fail_restore(server, false);
    if (policy == POLICY_RESTART && server->image->init != 0) return visit_restart(cpu, visit);
    if (policy == POLICY_STOP_VM) visit_set_state(server, SERVER_DOWN);
    struct frame *caller = visit_end(cpu, visit);
    for (uint32_t due = policy == POLICY_STOP_VM ? server->vms : 0; due != 0; due &= due - 1)
        vm_request(&vms[__builtin_ctz(due)], VM_WANT_STOP);
    return caller != NULL ? caller : sched_next(cpu);
}
