/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's stage 1. mmu_build and mmu_enable run with the MMU off, so they use aligned stores
 * only and call nothing of libc.
 */
#include "mmu.h"

#include "sysreg.h"

#define ENTRIES       512
#define LEAF_PAGE     UINT64_C(0x703) /* valid page, access flag, inner shareable */

/* MAIR_EL1: attribute 0 Device-nGnRE, 1 Normal write-back, 2 Normal non-cacheable. */
#define MAIR          UINT64_C(0x44ff04)

/* TCR_EL1: T0SZ 25, write-back inner-shareable walks, TTBR1 off (EPD1). IPS is added. */
#define TCR_VALUE     (UINT64_C(25) | 1u << 8 | 1u << 10 | 3u << 12 | 1u << 23)
#define TCR_IPS_SHIFT 32

/* SCTLR_EL1: the RES1 bits of Armv8.0 (SPAN among them: PAN stays as it is on an exception), M, C,
 * I, and DZE, UCT for EL0. Neither A nor SA: unaligned accesses are what probe is about. */
#define SCTLR_VALUE   UINT64_C(0x30d0d985)

static uint64_t top[ENTRIES] __attribute__((aligned(4096)));
static uint64_t window_middle[ENTRIES] __attribute__((aligned(4096)));
static uint64_t window_pages[ENTRIES] __attribute__((aligned(4096)));

static void mmu_flush(void) {
    __asm__ volatile("dsb ishst\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" ::: "memory");
}

void mmu_build(void) {
    volatile uint64_t *entry = top;
    entry[0] = MMU_LEAF_BLOCK | MMU_DEVICE | MMU_NEVER;
    entry[1] = MMU_GIB | MMU_LEAF_BLOCK | MMU_NORMAL;
    entry[MMU_WINDOW / MMU_GIB] = (uint64_t)window_middle | MMU_TABLE;
    volatile uint64_t *middle = window_middle;
    middle[0] = (uint64_t)window_pages | MMU_TABLE;
}

static uint64_t mmu_pa_range(void) {
    uint64_t range = field(sysreg_read(id_aa64mmfr0_el1), 3, 0);
    return range > 5 ? 5 : range; /* 52 bits need larger granules */
}

void mmu_enable(void) {
    sysreg_write(mair_el1, MAIR);
    sysreg_write(tcr_el1, TCR_VALUE | mmu_pa_range() << TCR_IPS_SHIFT);
    sysreg_write(ttbr0_el1, (uint64_t)top);
    mmu_flush();
    sysreg_write(sctlr_el1, SCTLR_VALUE);
    isb();
}

uint64_t mmu_map_page(unsigned index, uint64_t pa, uint64_t attributes) {
    window_pages[index % ENTRIES] = 0; /* break before make, Arm ARM D8.14.1 */
    mmu_flush();
    window_pages[index % ENTRIES] = pa | LEAF_PAGE | attributes;
    mmu_flush();
    return MMU_WINDOW + index % ENTRIES * MMU_PAGE;
}

void mmu_set_top(unsigned index, uint64_t descriptor) {
    top[index % ENTRIES] = 0;
    mmu_flush();
    top[index % ENTRIES] = descriptor;
    mmu_flush();
}

unsigned mmu_pa_bits(void) {
    static const unsigned char bits[] = {32, 36, 40, 42, 44, 48};
    return bits[mmu_pa_range()];
}
