/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory, in three layers. memory.c: who owns RAM, and where pages of tables come from.
 * pagetable.c: translation tables of 4 KiB granule, stage 2 (IPA_BITS) and stage 1 (39 bits), from
 * level 1 on. space.c: the kernel's, servers' and VMs' spaces, TLBs, and the only way to memory
 * that is not the kernel's (a slot for each CPU). All is built at boot; later only the leaf of a
 * slot changes, by its own CPU: nothing here locks. */
#pragma once

#include <skerry/image.h>
#include <skerry/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vm;

typedef struct {
    uint64_t value;
} pa_t;

#define PA(address) ((pa_t){address})

/* Owners of a block of RAM, and the ASIDs or VMIDs of their spaces; pools, and so all tables, are
 * the kernel's. */
enum memory_owner {
    MEMORY_NONE = 0,
    MEMORY_KERNEL = 1,
    MEMORY_SERVER = 2, /* + server */
    MEMORY_VM = 64,    /* + VM */
};

/* Forgets all owners. STATUS_RANGE unless both are multiples of IMAGE_BLOCK, size <= RAM_MAX. */
enum status memory_init(pa_t base, uint64_t size);

/* Gives `owner` every block that [pa, pa + size) touches. STATUS_RANGE if that is empty or not all
 * RAM; STATUS_OVERLAP if a block has another owner already: then nothing is changed. */
enum status memory_claim(pa_t pa, uint64_t size, uint8_t owner);

/* Whether all bytes are RAM that belongs to `owner`; whether none is RAM. */
bool memory_owned(pa_t pa, uint64_t size, uint8_t owner);
bool memory_outside(pa_t pa, uint64_t size);

struct pool {           /* RAM of the kernel, to be used for one VM, or for kernel and servers */
    uint64_t next, end; /* physical addresses of what is left; multiples of IMAGE_PAGE */
};

/* A zeroed page, or two in a row, aligned to their size. NULL when the pool has none left. */
uint64_t *pool_take(struct pool *pool, unsigned pages);

enum pagetable_format {
    PAGETABLE_STAGE2,
    PAGETABLE_EL2,    /* stage 1 of EL2 without VHE: one privilege level */
    PAGETABLE_EL2_0,  /* stage 1 of EL2&0, with VHE: for EL2, of one ASID */
    PAGETABLE_KERNEL, /* stage 1 of EL2&0: for EL2, of every ASID */
    PAGETABLE_EL0,    /* stage 1 of EL2&0: for EL0, of one ASID */
};

/* Every mapping can be read. Without PT_DEVICE it is RAM of the table's owner, Normal write-back;
 * with it, outside RAM, Device-nGnRE and not PT_EXEC. WRITE and EXEC are the image's flags. */
enum pagetable_attr {
    PT_READ = 0,
    PT_WRITE = REGION_WRITE,
    PT_EXEC = REGION_EXECUTE, /* not with WRITE in a stage 1 */
    PT_DEVICE = 1u << 2,
    PT_FLAGS = PT_WRITE | PT_EXEC
};
_Static_assert(SEGMENT_WRITE == REGION_WRITE && SEGMENT_EXECUTE == REGION_EXECUTE, "PT_WRITE");
_Static_assert(FRAME_WRITE == REGION_WRITE, "PT_WRITE");

struct pagetable {
    uint64_t *root;
    struct pool *pool;
    uint64_t ttbr;  /* for TTBRn_EL2, VTTBR_EL2: the root's address, with ASID or VMID; space.c's */
    uint8_t format; /* enum pagetable_format */
    uint8_t owner;  /* enum memory_owner: whose space it is */
};

/* Takes the root out of the pool; the caller has set the other fields. STATUS_NO_MEMORY. */
enum status pagetable_init(struct pagetable *table);

/* Maps memory of `owner`. STATUS_RANGE: an address (in TTBR1_EL2's half, without its sign bits) or
 * size is empty, misaligned or out of range, or the attributes do not go together. STATUS_OVERLAP:
 * some of the addresses are mapped, or some of the memory is not the owner's. STATUS_NO_MEMORY: the
 * pool is dry. After the last two a part may be mapped. */
enum status pagetable_map(struct pagetable *table, uint8_t owner, uint64_t address, pa_t pa,
                          uint64_t size, uint32_t attr);

/* Takes away the leaf that maps an address; the table that it is in stays. */
void pagetable_unmap(struct pagetable *table, uint64_t address);

/* Where an input address leads; false if it is not mapped. */
bool pagetable_walk(const struct pagetable *table, uint64_t address, pa_t *pa);

/* Of space.c, so that pagetable.c is the same on the host. The first: every walker sees the entries
 * written so far before any later one. The second: no CPU's TLB has what was cleared. */
void pagetable_publish(void);
void pagetable_invalidate(void);

#define LINKED __attribute__((visibility("hidden"))) /* its address needs no entry in a table */
extern LINKED char kernel_start[], text_end[], rodata_end[], stacks_start[], kernel_end[];
extern LINKED uint64_t boot_l0[], boot_l1[]; /* of start.S, as is the next */
void start_again(uint64_t offset, uint64_t table);
extern uint64_t kernel_offset; /* virtual minus physical address of what the kernel has mapped */

static inline void *space_pointer(uint64_t pa) { return (void *)(uintptr_t)(pa + kernel_offset); }

static inline uint64_t space_physical(const void *pointer) {
    return (uint64_t)(uintptr_t)pointer - kernel_offset;
}

/* What the kernel has mapped at its own offset ends below; there the CPUs' slots begin. */
#define SPACE_REACH (UINT64_C(511) << 30)

/* Builds the kernel's own table and uses it, as other CPUs will. RAM has its owners. */
enum status space_init(void);

/* Once all CPUs are there: closes what start.S has opened in the lower half, for servers. */
void space_close(void);

/* Makes a table with its ASID or VMID, out of its pool, or the kernel's if `pool` is null. EL2_0
 * without VHE: the lower half of EL2's one space, which all such tables share. */
enum status space_create(struct pagetable *table, enum pagetable_format format, uint8_t owner);

/* Sets up a VM's pool and, out of it, an empty stage 2. */
enum status space_create_vm(struct vm *vm);

/* Copies to, or (source NULL) zeroes, RAM that belongs to `owner`, at boot and at a reset. Returns
 * how many bytes: at most to the end of a block, or 64 KiB when an interrupt is pending. */
uint64_t space_fill(uint64_t pa, const char *source, uint64_t size, uint8_t owner);

/* From now on what was written here is also seen with caches off (a guest starts so: D7.5.9,
 * D7.5.10), no cache hides what is written so, and instruction fetches from here find it. */
void space_clean(const void *start, uint64_t size);

/* Reads the doubleword around the byte at `pa`, which its owner may have written with caches on or
 * off (B2.8), and drops its line again; false if that is not RAM of `owner`. */
bool space_fetch(uint64_t pa, uint8_t owner, uint64_t *value);
