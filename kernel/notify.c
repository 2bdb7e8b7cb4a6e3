/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts become bits here. An interrupt stays active at the GIC until `notified` has returned,
 * so a device cannot flood the CPU; one that comes more often than RATE_MAX a tick even so stays
 * active until the next tick. A VM's own (routed) SPI goes to the VM instead. */
#include "notify.h"

#include "deliver.h"
#include "entry.h"
#include "ring.h"
#include "vcpu.h"

#define RATE_MAX 100 /* a tick (1 ms) and interrupt: 100,000 a second */

static const struct image_interrupt *interrupts;
static const struct image_route *routes;
static uint32_t interrupt_count, route_count;
static uint32_t taken[INTERRUPT_MAX]; /* in this tick; each has one CPU */

void notify_init(const struct image *image) {
    interrupts = image_interrupt(image, 0);
    interrupt_count = image_count(image, IMAGE_INTERRUPT);
    routes = image_route(image, 0);
    route_count = image_count(image, IMAGE_ROUTE);
    for (uint32_t i = 0; i < interrupt_count; i++)
        gic_enable(interrupts[i].intid, &cpus[interrupts[i].cpu],
                   (interrupts[i].flags & INTERRUPT_EDGE) != 0);
    for (uint32_t i = 0; i < route_count; i++)
        if (routes[i].intid >= 32)
            gic_enable(routes[i].intid, vms[routes[i].vm].vcpus[0].cpu,
                       (routes[i].flags & INTERRUPT_EDGE) != 0);
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
    for (uint32_t i = 0; i < interrupt_count; i++)
        if (interrupts[i].intid == intid) {
            taken[i]++;
            notify_server(cpu, &servers[interrupts[i].server], UINT64_C(1) << interrupts[i].bit);
        }
    for (uint32_t i = 0; i < route_count; i++)
        if (routes[i].intid == intid)
            deliver_fire(cpu, &vms[routes[i].vm], routes[i].virtual_intid);
}

struct frame *notify_visit(struct cpu *cpu) {
    for (uint32_t due; (due = cpu->notify & ~cpu->notified) != 0;) {
        struct server *server = &servers[__builtin_ctz(due)];
        cpu->notify &= ~(1u << server->index);
        if (atomic_load(&server->bits) == 0 || !entry_try(cpu, server))
            continue; /* busy: whoever leaves it finds the bits */
        uint64_t bits = server->state == SERVER_UP ? atomic_exchange(&server->bits, 0) : 0;
        if (bits == 0) { /* taken by another CPU; new ones may have come since, and found us here */
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

void notify_done(struct cpu *cpu, struct server *server, uint64_t bits) {
    for (uint32_t i = 0; i < interrupt_count; i++) {
        if (interrupts[i].server != server->index || (bits >> interrupts[i].bit & 1) == 0) continue;
        if (taken[i] > RATE_MAX && interrupts[i].cpu == cpu->index)
            cpu->deferred |= UINT64_C(1) << i;
        else
            gic_deactivate(interrupts[i].intid);
    }
}

void notify_tick(struct cpu *cpu) {
    for (uint32_t i = 0; i < interrupt_count; i++)
        if (interrupts[i].cpu == cpu->index) taken[i] = 0;
    for (; cpu->deferred != 0; cpu->deferred &= cpu->deferred - 1)
        gic_deactivate(interrupts[__builtin_ctzl(cpu->deferred)].intid);
}
