/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes the tables of pagetable.c into spaces of this machine: hooks with the barriers, the
 * kernel's own map, and a 2 MiB slot per CPU at the end of the kernel's half, through which memory
 * of others is filled at a start and an instruction is fetched. Guest memory is mapped nowhere
 * else.
 */
#include "space.h"

#include "cpu.h"
#include "gic.h"
#include "image.h"
#include "vcpu.h"

#define KERNEL_BITS 39
#define SLOTS       ((UINT64_C(1) << KERNEL_BITS) - (UINT64_C(1) << 30))

uint64_t kernel_offset;
extern char kernel_start[], text_end[], rodata_end[], stacks_start[], kernel_end[];

static struct pagetable kernel_table;
static struct pool kernel_pool;
static struct lock slot_lock;        /* kernel_table, once several CPUs run */
static uint64_t *lower_root;         /* VHE: empty; without: both halves, as boot_l0 in start.S */
static struct pagetable lower_table; /* without VHE: of all servers behind no boundary */

static void publish(const struct pagetable *table) {
    (void)table;
    dsb(ishst); /* D8.13.3: the walkers of all CPUs see the entries from here on */
    isb();      /* this CPU may use them in its next instruction */
}

/* D8.13.5. By address for the kernel's own table; a VM's or server's changes are rare and large:
 * all of EL1&0's or all of EL2's, on all CPUs. */
static void invalidate(const struct pagetable *table, uint64_t address, uint64_t size) {
    (void)address;
    (void)size;
    dsb(ishst);
    if (table->format == PAGETABLE_STAGE2)
        __asm__ volatile("tlbi alle1is" ::: "memory");
    else
        __asm__ volatile("tlbi alle2is" ::: "memory");
    dsb(ish);
    isb();
}

static const struct pagetable_hooks hooks = {publish, invalidate};

struct pool *space_pool(void) {
    return &kernel_pool;
}

enum status space_create(struct pagetable *table, enum pagetable_format format, uint8_t owner,
                         uint16_t id) {
    *table = (struct pagetable){
        .pool = &kernel_pool, .hooks = &hooks, .format = format, .owner = owner, .id = id};
    return pagetable_init(table, format == PAGETABLE_STAGE2 ? IPA_BITS : KERNEL_BITS);
}

enum status space_create_vm(struct vm *vm, uint64_t pool_pa, uint64_t pool_size) {
    pool_init(&vm->pool, PA(pool_pa), pool_size, kernel_offset);
    vm->stage2 = (struct pagetable){.pool = &vm->pool,
                                    .hooks = &hooks,
                                    .format = PAGETABLE_STAGE2,
                                    .owner = (uint8_t)(MEMORY_VM + vm->index),
                                    .id = (uint16_t)(vm->index + 1)};
    enum status status = pagetable_init(&vm->stage2, IPA_BITS);
    if (status == STATUS_OK)
        vm->vttbr = space_physical(vm->stage2.root) | (uint64_t)(vm->index + 1) << 48;
    return status;
}

/* At the kernel's own offset. */
static enum status map_linear(struct pagetable *table, uint64_t pa, uint64_t size, uint32_t attr) {
    uint64_t address = pa & ((UINT64_C(1) << KERNEL_BITS) - 1);
    attr |= PT_READ | (table->format == PAGETABLE_EL2_0 ? PT_GLOBAL : 0);
    return size == 0 ? STATUS_OK : pagetable_map(table, address, PA(pa), size, attr);
}

static enum status map_stacks(struct pagetable *table) {
    enum status status = STATUS_OK;
    for (const char *stack = stacks_start; status == STATUS_OK && stack < kernel_end;
         stack += STACK_STRIDE)
        status = map_linear(table, space_physical(stack) + IMAGE_PAGE, STACK_STRIDE - IMAGE_PAGE,
                            PT_WRITE);
    return status;
}

enum status space_init(const struct image *image) {
    const struct image_machine *machine = image_machine(image, 0);
    const struct {
        uint64_t pa, size;
        uint32_t attr;
    } ranges[] = {
        {space_physical(kernel_start), (uint64_t)(text_end - kernel_start),                          PT_EXEC                 },
        {space_physical(text_end),     (uint64_t)(rodata_end - text_end),                            0                       },
        {space_physical(rodata_end),   (uint64_t)(stacks_start - rodata_end),                        PT_WRITE                },
        {image->payload_pa,            (image->header->size + IMAGE_PAGE - 1) & ~(IMAGE_PAGE - 1ul), 0                       },
        {machine->pool_pa,             machine->pool_size,                                           PT_WRITE                },
        {machine->gicd,                GICD_SIZE,                                                    PT_WRITE | PT_DEVICE    },
        {machine->gicr,                image_count(image,                                            IMAGE_CPU) * GICR_STRIDE, PT_WRITE | PT_DEVICE},
        {PANIC_UART,                            IMAGE_PAGE,                                                                               PT_WRITE | PT_DEVICE                                                                 },
    };
    pool_init(&kernel_pool, PA(machine->pool_pa), machine->pool_size, kernel_offset);
    enum status status = space_create(
        &kernel_table, vcpu_has_vhe() ? PAGETABLE_EL2_0 : PAGETABLE_EL2, MEMORY_KERNEL, 0);
    for (unsigned i = 0; status == STATUS_OK && i < sizeof(ranges) / sizeof(ranges[0]); i++)
        status = map_linear(&kernel_table, ranges[i].pa, ranges[i].size, ranges[i].attr);
    if (status == STATUS_OK) status = map_stacks(&kernel_table);
    lower_root = pool_take(&kernel_pool);
    if (status != STATUS_OK || lower_root == NULL || vcpu_has_vhe())
        return lower_root == NULL ? STATUS_NO_MEMORY : status;
    status = space_create(&lower_table, PAGETABLE_EL2, MEMORY_NONE, 0);
    lower_root[0] = space_physical(lower_table.root) | 3; /* D8.3: tables */
    lower_root[1] = space_physical(kernel_table.root) | 3;
    return status;
}

struct pagetable space_lower(uint8_t owner) {
    struct pagetable table = lower_table;
    table.owner = owner;
    return table;
}

enum status space_map_pool(uint64_t pa, uint64_t size) {
    return map_linear(&kernel_table, pa, size, PT_WRITE);
}

enum status space_map_segment(uint64_t pa, uint64_t size, uint8_t server) {
    struct pagetable view = kernel_table;
    view.owner = (uint8_t)(MEMORY_SERVER + server);
    return map_linear(&view, pa, size, PT_WRITE);
}

void space_use(void) {
    if (vcpu_has_vhe()) WRITE_SYSREG(ttbr1_el2, space_physical(kernel_table.root));
    WRITE_SYSREG(ttbr0_el2, space_physical(lower_root));
    isb();
    __asm__ volatile("tlbi alle2" ::: "memory"); /* the boot tables are gone */
    dsb(nsh);
    isb();
}

static uint64_t slot_map(uint64_t pa, uint64_t size, uint8_t owner, uint32_t attr,
                         struct pagetable *view) {
    uint64_t address = SLOTS + (uint64_t)cpu_this()->index * IMAGE_BLOCK;
    *view = kernel_table;
    view->owner = owner;
    if (pagetable_map(view, address, PA(pa), size, attr | PT_READ) != STATUS_OK) return 0;
    return address;
}

void space_clean(const void *start, uint64_t size) {
    uint64_t line = 4ul << (READ_SYSREG(ctr_el0) >> 16 & 0xf); /* DminLine */
    for (uint64_t at = (uint64_t)start & -line; at < (uint64_t)start + size; at += line)
        __asm__ volatile("dc cvac, %0" : : "r"(at) : "memory");
    dsb(sy);
    __asm__ volatile("ic ialluis" ::: "memory"); /* what was code there before is not any more */
    dsb(ish);
}

void space_fill(uint64_t pa, const void *source, uint64_t size, uint8_t owner) {
    struct pagetable view;
    while (size > 0) {
        uint64_t offset = pa % IMAGE_BLOCK;
        uint64_t part = IMAGE_BLOCK - offset < size ? IMAGE_BLOCK - offset : size;
        lock_take(&slot_lock);
        uint64_t slot = slot_map(pa - offset, IMAGE_BLOCK, owner, PT_WRITE, &view);
        if (slot != 0) {
            char *to = space_pointer(0) + slot + offset;
            if (source != NULL)
                __builtin_memcpy(to, source, part);
            else
                __builtin_memset(to, 0, part);
            space_clean(to, part);
            (void)pagetable_unmap(&view, slot, IMAGE_BLOCK);
        }
        lock_give(&slot_lock);
        pa += part;
        size -= part;
        source = source != NULL ? (const char *)source + part : NULL;
    }
}

bool space_fetch(uint64_t pa, uint8_t owner, uint32_t *word) {
    struct pagetable view;
    lock_take(&slot_lock);
    uint64_t slot = slot_map(pa & ~4095ul, IMAGE_PAGE, owner, 0, &view);
    if (slot != 0) {
        *word = *(const volatile uint32_t *)((char *)space_pointer(0) + slot + (pa & 0xffc));
        (void)pagetable_unmap(&view, slot, IMAGE_PAGE);
    }
    lock_give(&slot_lock);
    return slot != 0;
}

bool space_is_guard(uint64_t address) {
    uint64_t offset = address - (uint64_t)stacks_start;
    return address >= (uint64_t)stacks_start && address < (uint64_t)kernel_end &&
           offset % STACK_STRIDE < IMAGE_PAGE;
}

uint64_t space_image_offset(uint64_t address) { return address - (uint64_t)kernel_start; }
