/* SPDX-License-Identifier: BSD-2-Clause */
/* Makes the tables of pagetable.c into spaces of this machine: barriers and TLB maintenance, the
 * kernel's own map, and a 2 MiB slot per CPU at the end of the kernel's half, through which memory
 * of others is filled at a start and an instruction is fetched. Guest memory is mapped nowhere
 * else. Compiled for size: boot, and what is slow anyway. */
#include "vcpu.h"

#define FILL_STEP 0x10000 /* some 15,000 instructions */

static struct pagetable kernel_table;
static struct pool kernel_pool;
static struct pagetable lower_table; /* without VHE: of all servers behind no boundary */

void pagetable_publish(void) {
    dsb(ishst); /* D8.13.3: the walkers of all CPUs see the entries from here on */
    isb();      /* this CPU may use them in its next instruction */
}

/* D8.13.5. Leaves go in the kernel's table only, and seldom: everything of EL2's regime, for QEMU
 * 7.2 does not let VAE2IS reach EL2&0. */
void pagetable_invalidate(void) {
    dsb(ishst);
    __asm__ volatile("tlbi alle2is" ::: "memory");
    dsb(ish);
    isb();
}

enum status space_create(struct pagetable *table, enum pagetable_format format, uint8_t owner) {
    if (format == PAGETABLE_EL2_0 && !vcpu_has_vhe()) { /* EL2 has one space, and no ASIDs */
        *table = lower_table;
        table->owner = owner;
        table->ttbr = READ_SYSREG(ttbr0_el2); /* of both halves */
        return STATUS_OK;
    }
    if (table->pool == NULL) table->pool = &kernel_pool;
    table->format = (uint8_t)format;
    table->owner = owner;
    enum status status = pagetable_init(table);
    if (status == STATUS_OK) table->ttbr = space_physical(table->root) | (uint64_t)owner << 48;
    return status;
}

/* Into the kernel's half; RAM and devices at the kernel's own offset. */
static enum status map(uint64_t address, uint64_t pa, uint64_t size, uint8_t owner, uint32_t attr) {
    return pagetable_map(&kernel_table, owner, address, PA(pa), size, attr);
}

enum status space_create_vm(struct vm *vm) {
    uint64_t pa = vm->image->pool_pa, size = vm->image->pool_size;
    enum status status = map(pa, pa, size, MEMORY_KERNEL, PT_WRITE);
    if (status != STATUS_OK) return status;
    vm->pool = (struct pool){pa, pa + size};
    vm->stage2.pool = &vm->pool;
    return space_create(&vm->stage2, PAGETABLE_STAGE2, (uint8_t)(MEMORY_VM + vm->index));
}

static uint64_t slot_address(void) { return SPACE_REACH + cpu_this()->index * IMAGE_BLOCK; }

/* The block of `pa` through this CPU's slot; NULL if it is not the owner's. No lock: the entry is
 * this CPU's alone, and its table is there since space_init. */
static char *slot_open(uint64_t pa, uint8_t owner, uint32_t attr) {
    enum status status = map(slot_address(), pa - pa % IMAGE_BLOCK, IMAGE_BLOCK, owner, attr);
    return status == STATUS_OK ? space_pointer(slot_address()) : NULL;
}

static void slot_close(void) { pagetable_unmap(&kernel_table, slot_address()); }

static enum status map_kernel(void) {
    const struct image_machine *machine = image_machine(&boot_image, 0);
    const uint64_t payload_end = boot_image.payload_pa + boot_image.header->size;
    const uint64_t gicr_size = image_count(&boot_image, IMAGE_CPU) * GICR_STRIDE;
    const struct {
        uint64_t start, end;
        uint32_t attr;
    } ranges[] = {
#define RANGE(start, end, attr) {start, end, attr},
#include "space.def"
    };
    enum status status = STATUS_OK;
    for (unsigned i = 0; status == STATUS_OK && i < sizeof(ranges) / sizeof(ranges[0]); i++)
        status = map(ranges[i].start, ranges[i].start, ranges[i].end - ranges[i].start,
                     MEMORY_KERNEL, ranges[i].attr);
    for (uint64_t stack = space_physical(stacks_start); /* each with a guard page below */
         status == STATUS_OK && stack < space_physical(kernel_end); stack += STACK_STRIDE)
        status = map(stack + IMAGE_PAGE, stack + IMAGE_PAGE, STACK_STRIDE - IMAGE_PAGE,
                     MEMORY_KERNEL, PT_WRITE);
    return status;
}

enum status space_init(void) {
    const struct image_machine *machine = image_machine(&boot_image, 0);
    kernel_pool = (struct pool){machine->pool_pa, machine->pool_pa + machine->pool_size};
    enum pagetable_format format = vcpu_has_vhe() ? PAGETABLE_KERNEL : PAGETABLE_EL2;
    enum status status = space_create(&kernel_table, format, MEMORY_KERNEL);
    if (status == STATUS_OK) status = map_kernel();
    if (status != STATUS_OK) return status;
    if (slot_open(boot_image.kernel_pa, MEMORY_KERNEL, PT_READ) == NULL) return STATUS_NO_MEMORY;
    slot_close(); /* the table for all slots stays */
    start_again(kernel_offset, space_physical(kernel_table.root) | 3); /* D8.3: a table */
    return vcpu_has_vhe() ? STATUS_OK : space_create(&lower_table, PAGETABLE_EL2, MEMORY_NONE);
}

void space_close(void) {
    boot_l0[0] = 0;
    __builtin_memset(boot_l1, 0, IMAGE_PAGE);
    pagetable_invalidate();
    if (!vcpu_has_vhe()) boot_l0[0] = lower_table.ttbr | 3;
    pagetable_publish();
}

void space_clean(const void *start, uint64_t size) {
    uint64_t line = 4ul << (READ_SYSREG(ctr_el0) >> 16 & 0xf); /* DminLine */
    for (uint64_t at = (uint64_t)start & -line; at < (uint64_t)start + size; at += line)
        __asm__ volatile("dc civac, %0" : : "r"(at) : "memory");
    dsb(sy);
    __asm__ volatile("ic ialluis" ::: "memory"); /* what was code there before is not any more */
    dsb(ish);
}

uint64_t space_fill(uint64_t pa, const char *source, uint64_t size, uint8_t owner) {
    uint64_t done = 0, rest = IMAGE_BLOCK - pa % IMAGE_BLOCK;
    char *block = slot_open(pa, owner, PT_WRITE);
    if (size > rest) size = rest;
    if (block == NULL) return size;
    while (done < size && (done == 0 || READ_SYSREG(isr_el1) == 0)) {
        char *at = block + IMAGE_BLOCK - rest + done;
        uint64_t part = size - done < FILL_STEP ? size - done : FILL_STEP;
        if (source != NULL)
            __builtin_memcpy(at, source + done, part);
        else
            __builtin_memset(at, 0, part);
        space_clean(at, part);
        done += part;
    }
    slot_close();
    return done;
}

bool space_fetch(uint64_t pa, uint8_t owner, uint64_t *value) {
    const char *block = slot_open(pa, owner, PT_READ);
    if (block == NULL) return false;
    __asm__ volatile("dc civac, %1\n dsb sy\n ldr %0, [%1]\n dc civac, %1"
                     : "=&r"(*value)
                     : "r"(block + (pa & (IMAGE_BLOCK - 8)))
                     : "memory"); /* slot_close's store stays behind it */
    slot_close();
    return true;
}
