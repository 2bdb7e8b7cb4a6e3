/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The order of boot, as one readable function a CPU. When everything is built, CPU 0 runs the
 * servers' `init`, callees first, then starts the VMs; from there on all is trap.c's and sched.c's.
 */
#include "main.h"

#include "boot.h"
#include "boundary.h"
#include "gic.h"
#include "panic.h"
#include "ring.h"
#include "sched.h"
#include "smp.h"
#include "space.h"
#include "timer.h"
#include "vcpu.h"
#include "visit.h"

_Noreturn void frame_resume(struct frame *frame);
_Noreturn void main(void);
_Noreturn void main_secondary(struct cpu *cpu);

static uint32_t inits_begun;
static bool started;

static void init_cpu(struct cpu *cpu) {
    extern char vectors_plain[];
    if (!fast_path) WRITE_SYSREG(vbar_el2, vectors_plain);
    vcpu_init_cpu();
    gic_init_cpu(cpu);
    timer_init_cpu(cpu);
    atomic_store(&cpu->online, true);
    sev();
}

_Noreturn void main(void) {
    struct cpu *cpu = &cpus[0];
    vcpu_init();
    boot_build();
    init_cpu(cpu);
    smp_start();
    ring_print("%u CPU%s, %u server%s, %u VM%s, %s", cpu_count, cpu_count == 1 ? "" : "s",
               server_count, server_count == 1 ? "" : "s", vm_count, vm_count == 1 ? "" : "s",
               vcpu_has_vhe() ? "VHE" : "no VHE");
    frame_resume(sched_next(cpu));
}

_Noreturn void main_secondary(struct cpu *cpu) {
    space_use();
    init_cpu(cpu);
    frame_resume(sched_next(cpu));
}

/* A server that has not been begun and whose callees all have been. */
static struct server *next_server(void) {
    for (uint32_t i = 0; i < server_count; i++)
        if ((inits_begun >> i & 1) == 0 && (servers[i].callees & ~inits_begun) == 0)
            return &servers[i];
    return NULL;
}

struct frame *main_start(struct cpu *cpu) {
    for (struct server *server; !started && (server = next_server()) != NULL;) {
        inits_begun |= 1u << server->index;
        struct frame *frame = visit_init(cpu, server);
        if (frame != NULL) return frame;
    }
    for (uint32_t i = 0; !started && i < vm_count; i++) vm_start(&vms[i]);
    started = true;
    return NULL;
}
