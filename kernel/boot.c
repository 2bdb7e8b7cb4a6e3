/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Builds CPUs, VMs, vCPUs and servers, once, out of tables that image.c has checked. Whatever still
 * fails here is a lack of memory or of a feature, and ends in a line that names the thing.
 */
#include "boot.h"

#include "boundary.h"
#include "fail.h"
#include "gic.h"
#include "image.h"
#include "notify.h"
#include "panic.h"
#include "ring.h"
#include "space.h"
#include "vcpu.h"
#include "visit.h"
#include "window.h"

static struct image image;
static struct vcpu vcpus[VCPU_TOTAL];
static struct visit visits[SERVER_MAX + CPU_MAX * 4]; /* concurrent servers take one a CPU */
static uint64_t fp_areas[SERVER_MAX][66];
static uint32_t visit_count, fp_count;
static char stacks[CPU_MAX][2][STACK_STRIDE] __attribute__((section(".stacks"), aligned(4096)));
extern char kernel_start[], kernel_end[];

static uint32_t crc(uint32_t value, const void *bytes, size_t size) {
    const uint8_t *at = bytes;
    value = ~value;
    for (; size > 0 && (uintptr_t)at % 8 != 0; size--)
        __asm__("crc32b %w0, %w0, %w1" : "+r"(value) : "r"(*at++));
    for (; size >= 8; size -= 8, at += 8)
        __asm__("crc32x %w0, %w0, %1" : "+r"(value) : "r"(*(const uint64_t *)at));
    for (; size > 0; size--) __asm__("crc32b %w0, %w0, %w1" : "+r"(value) : "r"(*at++));
    return ~value;
}

const void *boot_payload(uint64_t offset) { return image_bytes(&image, offset); }

static void expect(enum status status, const char *what, const char *name) {
    if (status == STATUS_NO_MEMORY)
        panic("%s %s: its pool of table pages is too small; enlarge `pool`", what, name);
    if (status != STATUS_OK) panic("%s %s: cannot be built (status %u)", what, name, status);
}

/* Tables are sorted by the VM or server they belong to; where the part of `owner` begins. */
#define PART(name, field, owner, first, size)                                                      \
    do {                                                                                           \
        (first) = image_##name(&image, 0);                                                         \
        (size) = 0;                                                                                \
        for (uint32_t i_ = image_count(&image, IMAGE_PART_##name); i_ > 0; i_--)                   \
            if ((first)[i_ - 1].field == (owner)) (size)++;                                        \
        while ((size) > 0 && (first)->field != (owner)) (first)++;                                 \
    } while (false)
#define IMAGE_PART_segment IMAGE_SEGMENT
#define IMAGE_PART_frame   IMAGE_FRAME
#define IMAGE_PART_edge    IMAGE_EDGE
#define IMAGE_PART_line    IMAGE_LINE

/* fast.S takes plain accesses but for sign-extending loads. */
#define FAST_MASK          (ACCESS_PLAIN_MASK | ESR_SSE)
bool fast_path; /* the CPU has VHE, and the image does not forbid it */

static void claim(uint64_t pa, uint64_t size, uint32_t owner, const char *what) {
    if (memory_claim(PA(pa), size, (uint8_t)owner) != STATUS_OK)
        panic("%s at %lx: somebody else has this RAM", what, pa);
}

static void claim_memory(void) {
    const struct image_machine *machine = image_machine(&image, 0);
    uint64_t kernel = space_physical(kernel_start);
    claim(kernel, image.payload_pa + image.header->size - kernel, MEMORY_KERNEL, "the kernel");
    claim(machine->pool_pa, machine->pool_size, MEMORY_KERNEL, "the kernel's pool");
    for (uint32_t i = 0; i < vm_count; i++)
        claim(image_vm(&image, i)->pool_pa, image_vm(&image, i)->pool_size, MEMORY_KERNEL,
              "a VM's pool");
    for (uint32_t i = 0; i < image_count(&image, IMAGE_REGION); i++)
        claim(image_region(&image, i)->pa, image_region(&image, i)->size,
              MEMORY_VM + image_region(&image, i)->vm, "a VM's region");
    for (uint32_t i = 0; i < image_count(&image, IMAGE_SEGMENT); i++)
        claim(image_segment(&image, i)->pa, image_segment(&image, i)->size,
              MEMORY_SERVER + image_segment(&image, i)->server, "a server's segment");
}

static void build_cpus(void) {
    cpu_count = image_count(&image, IMAGE_CPU);
    for (uint32_t i = 0; i < cpu_count; i++) {
        cpus[i].index = i;
        cpus[i].owner = i + 1;
        cpus[i].hcr = vcpu_hcr;
        cpus[i].fast[0] = FAST_MASK;
        cpus[i].fast[1] = ACCESS_PLAIN_VALUE;
        cpus[i].mpidr = image_cpu(&image, i)->mpidr;
        cpus[i].stack_top = (uint64_t)&stacks[i][0][STACK_STRIDE];
        cpus[i].emergency_top = (uint64_t)&stacks[i][1][STACK_STRIDE];
    }
}

static void build_memory(struct vm *vm) {
    for (uint32_t i = 0; i < image_count(&image, IMAGE_REGION); i++) {
        const struct image_region *region = image_region(&image, i);
        uint32_t attr = PT_READ | ((region->flags & REGION_WRITE) != 0 ? PT_WRITE : 0) |
                        ((region->flags & REGION_EXECUTE) != 0 ? PT_EXEC : 0);
        if (region->vm == vm->index)
            expect(pagetable_map(&vm->stage2, region->ipa, PA(region->pa), region->size, attr),
                   "memory of VM", vm->name);
    }
}

static void build_vm(uint32_t index) {
    const struct image_vm *entry = image_vm(&image, index);
    struct vm *vm = &vms[index];
    uint32_t first;
    vm->index = (uint8_t)index;
    __builtin_memcpy(vm->name, entry->name, IMAGE_NAME);
    vm->vcpu_count = (uint8_t)image_vcpu_count(&image, index, &first);
    vm->vcpus = &vcpus[first];
    vm->entry = entry->entry;
    vm->argument = entry->argument;
    atomic_store(&vm->want, VM_WANT_RUN);
    expect(space_create_vm(vm, entry->pool_pa, entry->pool_size), "VM", vm->name);
    build_memory(vm);
    expect(window_build(vm, &image), "windows of VM", vm->name);
    emulate_identify();
    vm->irq.vcpu_count = vm->vcpu_count;
    irq_reset(&vm->irq);
    for (uint32_t i = 0; i < image_count(&image, IMAGE_ROUTE); i++) {
        const struct image_route *route = image_route(&image, i);
        if (route->vm == index)
            expect(irq_route(&vm->irq, route->virtual_intid, (uint16_t)route->intid,
                             (route->flags & INTERRUPT_EDGE) != 0),
                   "route of VM", vm->name);
    }
    /* For fast.S: one server takes all calls, one the register of SGIs. */
    bool all = fast_path && vm->calls != NULL && vm->calls->last - vm->calls->first == UINT32_MAX;
    const struct window *call = all ? vm->calls : NULL;
    const struct window *sgi =
        fast_path ? window_search(vm->registers, SYSREG_ICC_SGI1R_EL1) : NULL;
    for (uint32_t i = 0; i < vm->vcpu_count; i++) {
        const struct image_vcpu *from = image_vcpu(&image, first + i);
        struct vcpu *vcpu = &vm->vcpus[i];
        vcpu->vm = vm;
        vcpu->index = (uint8_t)i;
        vcpu->mpidr = from->mpidr;
        vcpu->windows = vm->windows;
        vcpu->badge = BADGE(0, i, 0);
        vcpu->call = call;
        vcpu->sgi = sgi;
        vcpu->sgi_esr = sgi != NULL ? (uint64_t)EC_SYSREG << 26 | ESR_IL | SYSREG_ICC_SGI1R_EL1 : 0;
        vcpu->cpu = &cpus[from->cpu];
        vcpu->cpu->home = vcpu;
    }
}

/* A server's VMs: those that can visit it, and those it has rights to. */
static void build_grants(struct server *server) {
    for (uint32_t i = 0; i < image_count(&image, IMAGE_WINDOW); i++)
        if (image_window(&image, i)->server == server->index)
            server->vms |= 1u << image_window(&image, i)->vm;
    for (uint32_t i = 0; i < image_count(&image, IMAGE_SYSREG); i++)
        if (image_sysreg(&image, i)->server == server->index)
            server->vms |= 1u << image_sysreg(&image, i)->vm;
    for (uint32_t i = 0; i < image_count(&image, IMAGE_SMCCC); i++)
        if (image_smccc(&image, i)->server == server->index)
            server->vms |= 1u << image_smccc(&image, i)->vm;
    for (uint32_t i = 0; i < image_count(&image, IMAGE_RIGHT); i++) {
        const struct image_right *right = image_right(&image, i);
        if (right->server != server->index) continue;
        server->rights[right->vm] |= right->rights;
        server->vms |= 1u << right->vm;
    }
    for (uint32_t i = 0; i < server->edge_count; i++)
        server->callees |= 1u << server->edges[i].callee;
}

static void build_server(uint32_t index) {
    const struct image_server *entry = image_server(&image, index);
    struct server *server = &servers[index];
    bool concurrent = (entry->flags & SERVER_CONCURRENT) != 0;

    *server = (struct server){
        .index = (uint8_t)index,
        .flags = (uint8_t)entry->flags,
        .policy = entry->policy,
        .next_policy = entry->next_policy,
        .restarts = entry->restarts,
        .budget_ticks = BUDGET_TICKS(entry->budget_us),
        .base = entry->base,
        .init = entry->init,
        .access = entry->access,
        .notified = entry->notified,
        .called = entry->called,
        .stack_top = entry->stack_top,
        .stack_stride = entry->stack_stride,
        .open = cpu_count == 1 || concurrent,
        .deadline = UINT64_MAX,
        .visits = &visits[visit_count],
    };
    __builtin_memcpy(server->name, entry->name, IMAGE_NAME);
    visit_count += concurrent ? cpu_count : 1;
    if (visit_count > sizeof(visits) / sizeof(visits[0]))
        panic("server %s: too many concurrent servers", server->name);
    PART(segment, server, index, server->segments, server->segment_count);
    PART(frame, server, index, server->frames, server->frame_count);
    PART(edge, caller, index, server->edges, server->edge_count);
    PART(line, server, index, server->lines, server->line_count);
    build_grants(server);
    for (uint32_t i = 0; i < (concurrent ? cpu_count : 1) && (entry->flags & SERVER_FP) != 0; i++)
        server->visits[i].fp = fp_areas[fp_count++ % SERVER_MAX];
    server->boundary = boundary_choose((enum image_boundary)entry->boundary);
    for (uint32_t i = 0; i < server->segment_count; i++)
        expect(space_map_segment(server->segments[i].pa, server->segments[i].size, server->index),
               "server", server->name);
    expect(server->boundary->create(server), "server", server->name);
    for (uint32_t i = 0; i < (concurrent ? cpu_count : 1); i++) {
        server->visits[i].server = server;
        server->visits[i].ttbr = server->ttbr;
        server->visits[i].hcr = HCR_SERVER_VHE;
        server->visits[i].gate = (uint64_t)server->boundary->call_class << 26 | ESR_IL;
        server->visits[i].stack = server->stack_top + i * server->stack_stride;
    }
    struct visit *visit = server->visits;
    visit->lock = server->open ? NULL : &server->entry;
    visit->bit = 1u << index;
    server->fast = fast_path && !concurrent && (entry->flags & SERVER_FP) == 0 &&
                   server->boundary == &boundary_el0_vhe;
}

void boot_build(void) {
    const struct image_limits limits = {space_physical(kernel_start), space_physical(kernel_end),
                                        crc};
    const uint64_t file_size = ((const uint64_t *)kernel_start)[2]; /* image_size of the header */
    const uint64_t size = (uint64_t)(kernel_end - kernel_start);
    struct image_error error;
    enum status status =
        image_check(kernel_end, file_size > size ? file_size - size : 0, &limits, &image, &error);
    if (status != STATUS_OK && error.entry == IMAGE_NO_ENTRY)
        panic("image: %s: %s", image_table_name(error.type), error.what);
    if (status != STATUS_OK)
        panic("image: %s %u: %s %s", image_table_name(error.type), error.entry, error.field,
              error.what);
    const struct image_machine *machine = image_machine(&image, 0);
    expect(memory_init(PA(machine->ram_base), machine->ram_size), "machine", "RAM");
    vm_count = image_count(&image, IMAGE_VM);
    server_count = image_count(&image, IMAGE_SERVER);
    fast_path = vcpu_has_vhe() && (machine->flags & MACHINE_NO_FAST_PATH) == 0;
    claim_memory();
    build_cpus();
    expect(space_init(&image), "kernel", "space");
    space_use();
    gic_init(machine->gicd, machine->gicr);
    for (uint32_t i = 0; i < server_count; i++) {
        build_server(i);
        fail_restore(&servers[i], true);
    }
    for (uint32_t i = 0; i < vm_count; i++) build_vm(i);
    dsb(ish);
    __asm__ volatile("ic ialluis" ::: "memory"); /* servers' text was written as data */
    dsb(ish);
    isb();
    notify_init(&image);
}

void boot_fill_vm(struct vm *vm) {
    uint8_t owner = vm->stage2.owner;
    for (uint32_t i = 0; i < image_count(&image, IMAGE_REGION); i++)
        if (image_region(&image, i)->vm == vm->index)
            space_fill(image_region(&image, i)->pa, NULL, image_region(&image, i)->size, owner);
    for (uint32_t i = 0; i < image_count(&image, IMAGE_LOAD); i++) {
        const struct image_load *load = image_load(&image, i);
        pa_t pa; /* a load lies within one region, which is one piece of RAM */
        if (load->vm != vm->index) continue;
        if (!pagetable_walk(&vm->stage2, load->ipa, &pa))
            panic("VM %s: load %u has no memory", vm->name, i);
        space_fill(pa.value, boot_payload(load->offset), load->size, owner);
    }
}
