/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces: the kernel's, servers', VMs'; TLB maintenance; and the one way in which the
 * kernel reaches memory that is not its own (a slot per CPU, mapped for the moment).
 */
#pragma once

#include "pagetable.h"

struct image;
struct vm;

extern uint64_t kernel_offset; /* virtual minus physical address of what the kernel has mapped */

static inline void *space_pointer(uint64_t pa) { return (void *)(uintptr_t)(pa + kernel_offset); }

static inline uint64_t space_physical(const void *pointer) {
    return (uint64_t)(uintptr_t)pointer - kernel_offset;
}

/* Builds the kernel's own table (text, data, payload, pool, GIC, UART); needs memory's owners. */
enum status space_init(const struct image *image);

/* Makes this CPU use the kernel's table and an empty lower half. */
void space_use(void);

/* A table with its ASID or VMID, out of its pool: the kernel's if it has none yet. */
enum status space_create(struct pagetable *table, enum pagetable_format format, uint8_t owner,
                         uint16_t id);

/* Without VHE: the lower half of EL2's one space. */
struct pagetable space_lower(uint8_t owner);

/* A VM's pool and, out of it, its stage 2, empty. */
enum status space_create_vm(struct vm *vm, uint64_t pool_pa, uint64_t pool_size);

/* Copies to, or (source NULL) zeroes, RAM that belongs to `owner`. At boot and at a reset. */
void space_fill(uint64_t pa, const char *source, uint64_t size, uint8_t owner);

/* What was written here is seen with caches off, too (a guest starts so: D7.5.9, D7.5.10), and is
 * what is fetched from here. */
void space_clean(const void *start, uint64_t size);

/* The instruction at `pa` in RAM of `owner`, read through this CPU's slot; false if it is not his.
 */
bool space_fetch(uint64_t pa, uint8_t owner, uint32_t *word);

/* True for an address in the guard pages of the kernel's stacks. */
bool space_is_guard(uint64_t address);

/* Offset of a kernel address in the kernel's image, as in its ELF. */
uint64_t space_image_offset(uint64_t address);
