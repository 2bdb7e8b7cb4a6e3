/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts become bits here. An interrupt stays active at the GIC until `notified` has returned,
 * so a device cannot flood the CPU; one that still comes more than RATE_MAX times a tick stays
 * active until the next. A VM's own (routed) SPI goes to the VM. Model of the bits: notify.pml. */
#include "ring.h"
#include "vcpu.h"

#define RATE_MAX 100 /* a tick (1 ms) and interrupt: 100,000 a second */

static uint32_t taken[INTERRUPT_MAX]; /* in this tick; each has one CPU */

static uint32_t index_of(const struct image_interrupt *interrupt) {
    return (uint32_t)(interrupt - image_interrupt(&boot_image, 0));
}

void notify_init(void) {
    EACH (INTERRUPT, interrupt)
        gic_enable(interrupt->intid, &cpus[interrupt->cpu],
                   (interrupt->flags & INTERRUPT_EDGE) != 0);
    EACH (ROUTE, route)
        if (route->intid >= 32)
            gic_enable(route->intid, vms[route->vm].vcpus[0].cpu,
                       (route->flags & INTERRUPT_EDGE) != 0);
}

void notify_server(struct cpu *cpu, struct server *server, uint64_t bits) {
    if (server->image->notified == 0) return;
    atomic_fetch_or(&server->bits, bits); /* before anybody looks whether the server is busy */
    cpu->notify |= 1u << server->index;
}

void notify_log(struct cpu *cpu) {
    if (!ring_has_news()) return;
    for (uint32_t i = 0; i < server_count; i++)
        if ((servers[i].flags & SERVER_LOG) != 0) notify_server(cpu, &servers[i], NOTIFY_LOG);
}

void notify_interrupt(struct cpu *cpu, uint32_t intid) {
    EACH_OF (INTERRUPT, interrupt, intid, intid) {
        taken[index_of(interrupt)]++;
        notify_server(cpu, &servers[interrupt->server], UINT64_C(1) << interrupt->bit);
    }
    EACH_OF (ROUTE, route, intid, intid) deliver_fire(cpu, &vms[route->vm], route->virtual_intid);
}

struct frame *notify_visit(struct cpu *cpu) {
    cpu->notify &= ~cpu->resting; /* a tick sets them again */
    for (uint32_t due; (due = cpu->notify & ~cpu->notified) != 0;) {
        struct server *server = &servers[__builtin_ctz(due)];
        cpu->notify &= ~(1u << server->index);
        if (atomic_load(&server->bits) == 0 || !entry_take(cpu, server, 0))
            continue; /* busy: whoever leaves it finds the bits */
        uint64_t bits = server->state == SERVER_UP ? atomic_exchange(&server->bits, 0) : 0;
        if (bits == 0) { /* taken by another CPU; entry_give looks again: notify.pml, PLANT 3 */
            entry_give(cpu, server);
            if (server->state != SERVER_UP) cpu->notify &= ~(1u << server->index); /* later */
            continue;
        }
        struct visit *visit = visit_begin(cpu, server, VISIT_NOTIFIED, server->image->notified);
        cpu->notified |= 1u << server->index; /* who rings himself again must not keep guests out */
        visit->bits = bits;
        visit->frame.x[0] = bits;
        return &visit->frame;
    }
    return NULL;
}

void notify_done(struct cpu *cpu, const struct visit *visit) {
    const struct server *server = visit->server;
    uint64_t bits = visit->bits;
    if (visit->ticks != 0) cpu->resting |= 1u << server->index;
    for (uint32_t i = 0; i < vm_count; i++)
        if ((bits & NOTIFY_VM_RESET(i)) != 0)
            atomic_fetch_and(&vms[i].untold, ~(1u << server->index));
    EACH_OF (INTERRUPT, interrupt, server, server->index) {
        uint64_t index = index_of(interrupt);
        if ((bits >> interrupt->bit & 1) == 0) continue;
        if (taken[index] > RATE_MAX && interrupt->cpu == cpu->index)
            cpu->deferred |= UINT64_C(1) << index;
        else
            gic_deactivate(cpu, interrupt->intid);
    }
}

void notify_tick(struct cpu *cpu) {
    EACH_OF (INTERRUPT, interrupt, cpu, cpu->index) taken[index_of(interrupt)] = 0;
    for (; cpu->deferred != 0; cpu->deferred &= cpu->deferred - 1)
        gic_deactivate(
            cpu, image_interrupt(&boot_image, (uint32_t)__builtin_ctzl(cpu->deferred))->intid);
}
