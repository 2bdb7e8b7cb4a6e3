/* SPDX-License-Identifier: BSD-2-Clause */
/* The order of boot, and its work: CPUs, VMs, vCPUs and servers are built once, out of tables that
 * image.c has checked. Whatever still fails is a lack of memory or of a feature, and ends in a line
 * that names the thing. Then CPU 0 runs the servers' `init`, callees first, and starts the VMs;
 * from there on all is trap.c's and sched.c's. */
#include "boundary.h"
#include "ring.h"
#include "vcpu.h"

/* fast.S takes plain accesses but for sign-extending loads. */
#define FAST_MASK  (ACCESS_PLAIN_MASK | ESR_SSE)
#define BOOT_BLOCK (UINT64_C(1) << 30) /* start.S maps the kernel's and the next */

_Noreturn void frame_resume(struct frame *frame);

static char stacks[CPU_MAX][2][STACK_STRIDE] __attribute__((section(".stacks"), aligned(4096)));
#define STACK_TOP(cpu, which) ((uint64_t)&stacks[cpu][which][STACK_STRIDE])

/* The first is in use before anything is built. */
struct cpu cpus[CPU_MAX] = {
    {.stack_top = STACK_TOP(0, 0), .emergency_top = STACK_TOP(0, 1)}
};
uint32_t cpu_count = 1;

struct image boot_image;
static struct vcpu vcpus[VCPU_TOTAL];
static struct visit visits[STACK_TOTAL];
static uint32_t visit_count, inits_begun;
atomic_bool boot_started;

uint32_t image_crc(uint32_t value, const void *bytes, size_t size) {
    const uint8_t *at = bytes;
    value = ~value;
    for (; size >= 8; size -= 8, at += 8)
        __asm__("crc32x %w0, %w0, %1" : "+r"(value) : "r"(*(const uint64_t *)at));
    for (; size > 0; size--) __asm__("crc32b %w0, %w0, %w1" : "+r"(value) : "r"(*at++));
    return ~value;
}

static void expect(enum status status, const char *what, const char *name) {
    if (status == STATUS_NO_MEMORY)
        panic("%s %s: too few pages for tables; enlarge `pool` or `kernel_pool`", what, name);
    if (status != STATUS_OK) panic("%s %s: cannot be built (status %u)", what, name, status);
}

static uint64_t used_end; /* nothing above this is used, and this is whose it is */
static uint8_t used_by;

static void claim(uint64_t pa, uint64_t size, unsigned owner) {
    expect(memory_claim(PA(pa), size, (uint8_t)owner), "image", "RAM");
    if (pa + size <= used_end) return;
    used_end = pa + size;
    used_by = (uint8_t)owner;
}

static void claim_memory(const struct image_machine *machine) {
    uint64_t kernel = space_physical(kernel_start);
    expect(memory_init(PA(machine->ram_base), machine->ram_size), "machine", "RAM");
    claim(kernel, boot_image.payload_pa + boot_image.header->size - kernel, MEMORY_KERNEL);
    claim(machine->pool_pa, machine->pool_size, MEMORY_KERNEL);
    EACH (VM, vm) claim(vm->pool_pa, vm->pool_size, MEMORY_KERNEL);
    EACH (REGION, region) claim(region->pa, region->size, MEMORY_VM + region->vm);
    EACH (SEGMENT, segment) claim(segment->pa, segment->size, MEMORY_SERVER + segment->server);
}

static void build_cpus(void) {
    cpu_count = image_count(&boot_image, IMAGE_CPU);
    for (uint32_t i = 0; i < cpu_count; i++)
        cpus[i] = (struct cpu){
            .guard = cpus[i].guard, /* start.S made it */
            .cut = {0xff, 0xffff, 0xffffffff, UINT64_MAX},
            .stack_top = STACK_TOP(i, 0),
            .emergency_top = STACK_TOP(i, 1),
            .owner = i + 1,
            .hcr = vcpu_hcr,
            .fast_mask = FAST_MASK,
            .fast_value = ACCESS_PLAIN_VALUE,
            .index = i,
            .mpidr = image_cpu(&boot_image, i)->mpidr,
            .deadline = UINT64_MAX,
        };
}

static void build_vm(uint32_t index) {
    struct vm *vm = &vms[index];
    vm->image = image_vm(&boot_image, index);
    vm->index = (uint8_t)index;
    expect(space_create_vm(vm), "VM", vm->image->name);
    EACH_OF (REGION, region, vm, index)
        expect(pagetable_map(&vm->stage2, vm->stage2.owner, region->ipa, PA(region->pa),
                             region->size, region->flags & PT_FLAGS),
               "memory of VM", vm->image->name);
    expect(window_build(vm), "windows of VM", vm->image->name);
    /* For fast.S: one server takes all calls, one the register of SGIs. */
    bool all = vm->calls->last - vm->calls->first == UINT32_MAX;
    EACH_OF (VCPU, vcpu, vm, index) {
        uint32_t i = vm->irq.vcpu_count++;
        struct cpu *cpu = &cpus[vcpu->cpu];
        cpu->home = &vcpus[vcpu - image_vcpu(&boot_image, 0)];
        if (i == 0) vm->vcpus = cpu->home;
        *cpu->home = (struct vcpu){
            .call = all ? vm->calls : &window_nobody,
            .sgi = window_search(vm->registers, SYSREG_ICC_SGI1R_EL1),
            .sgi_esr = (uint64_t)EC_SYSREG << 26 | ESR_IL | SYSREG_ICC_SGI1R_EL1,
            .windows = vm->windows,
            .badge = BADGE(0, i, 0),
            .vm = vm,
            .cpu = cpu,
            .index = (uint8_t)i,
            .mpidr = vcpu->mpidr,
        };
    }
    irq_reset(&vm->irq);
    vm->want = VM_WANT_START;
    EACH_OF (ROUTE, route, vm, index)
        irq_route(&vm->irq, route->virtual_intid, (uint16_t)route->intid,
                  (route->flags & INTERRUPT_EDGE) != 0);
}

static void build_visits(struct server *server) {
    uint32_t count = (server->flags & SERVER_CONCURRENT) != 0 ? cpu_count : 1;
    server->visits = &visits[visit_count];
    visit_count += count;
    if (visit_count > STACK_TOTAL)
        panic("%s: too many stacks: fewer concurrent servers, or CPUs", server->image->name);
    for (uint32_t i = 0; i < count; i++) {
        server->visits[i].lock = &visit_shut;
        server->visits[i].server = server;
        server->visits[i].ttbr = server->space.ttbr;
        server->visits[i].hcr = server->hcr;
        server->visits[i].gate = (uint64_t)server->boundary->call_class << 26 | ESR_IL;
        server->visits[i].entry = server->image->access;
        server->visits[i].stack = server->image->stack_top + i * server->image->stack_stride;
    }
    server->visits->bit = 1u << server->index;
}

static void build_server(uint32_t index) {
    const struct image_server *entry = image_server(&boot_image, index);
    struct server *server = &servers[index];
    *server = (struct server){
        .image = entry,
        .index = (uint8_t)index,
        .flags = (uint8_t)entry->flags,
        .word = (entry->flags & SERVER_CONCURRENT) != 0 ? ENTRY_SHARED : 0,
        .deadline = UINT64_MAX,
    };
    EACH_OF (RIGHT, right, server, index) {
        server->rights[right->vm] |= right->rights;
        server->vms |= 1u << right->vm;
    }
    EACH_OF (EDGE, edge, caller, index)
        if (server->edge_count++ == 0) server->edges = edge;
    EACH_OF (LINE, line, server, index)
        if (server->line_count++ == 0) server->lines = line;
    expect(boundary_create(server), "server", server->image->name);
    build_visits(server);
    fail_restore(server, true);
}

static void build(void) {
    extern LINKED char vectors[], lower_plain[];
    const uint64_t file_size = ((const uint64_t *)kernel_start)[2]; /* image_size of the header */
    const uint64_t size = (uint64_t)(kernel_end - kernel_start);
    struct image_error error;
    vcpu_init();
    boot_image.kernel_pa = space_physical(kernel_start);
    boot_image.payload_pa = space_physical(kernel_end);
    uint64_t limit = (boot_image.kernel_pa / BOOT_BLOCK + 2) * BOOT_BLOCK - boot_image.payload_pa;
    if (file_size < size + limit) limit = file_size > size ? file_size - size : 0;
    if (image_check(kernel_end, limit, &boot_image, &error) != STATUS_OK) {
        const char *table = image_table_name(error.type);
        if (error.entry == IMAGE_NO_ENTRY) panic("image: %s: %s", table, error.what);
        panic("image: %s %u: %s %s", table, error.entry, error.field, error.what);
    }
    const struct image_machine *machine = image_machine(&boot_image, 0);
    vm_count = image_count(&boot_image, IMAGE_VM);
    server_count = image_count(&boot_image, IMAGE_SERVER);
    /* Without fast.S all that comes from below goes to C at once. */
    if (!vcpu_has_vhe() || (machine->flags & MACHINE_NO_FAST_PATH) != 0) {
        char *from = &vectors[VECTOR_SYNC];
        *(uint32_t *)from = INSN_B | ((uint32_t)(lower_plain - from) / 4 & 0x3ffffff);
        space_clean(from, 4);
    }
    claim_memory(machine);
    build_cpus();
    expect(space_init(), "kernel", "space");
    /* RAM reaches this far, or the read aborts and panic_exception says so. */
    (void)space_fetch(used_end - 8, used_by, &(uint64_t){0});
    gic_init(machine->gicd, machine->gicr);
    register_identify();
    for (uint32_t i = 0; i < server_count; i++) build_server(i);
    for (uint32_t i = 0; i < vm_count; i++) build_vm(i);
    notify_init();
}

_Noreturn void main(struct cpu *cpu) {
    bool first = cpu == &cpus[0];
    if (first) build();
    vcpu_init_cpu();
    gic_init_cpu(cpu);
    timer_wake(cpu);
    atomic_store(&cpu->online, true);
    sev();
    if (first) {
        cpu_start_others();
        space_close();
        ring_print("%u CPU%s, %u server%s, %u VM%s, %s", cpu_count, cpu_count == 1 ? "" : "s",
                   server_count, server_count == 1 ? "" : "s", vm_count, vm_count == 1 ? "" : "s",
                   vcpu_has_vhe() ? "VHE" : "no VHE");
    }
    frame_resume(sched_next(cpu));
}

/* The server's first visit; null if it has no `init`. */
static struct frame *init(struct cpu *cpu, struct server *server) {
    uint64_t entry = server->image->init;
    (void)entry_take(cpu, server, WAIT_FOREVER);
    if (entry != 0) return &visit_begin(cpu, server, VISIT_INIT, entry)->frame; /* INIT_BOOT = 0 */
    visit_set_state(server, SERVER_UP);
    entry_give(cpu, server); /* it may have got bits already */
    return NULL;
}

struct frame *boot_start(struct cpu *cpu) {
    if (boot_started) return NULL;
    while (inits_begun < server_count) {
        struct frame *frame = init(cpu, &servers[inits_begun++]);
        if (frame != NULL) return frame;
    }
    boot_started = true;
    for (uint32_t i = 0; i < vm_count; i++) cpu_request(vms[i].vcpus->cpu, REQUEST_VM);
    return NULL;
}
