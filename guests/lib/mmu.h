/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stage 1 of a guest: an identity map (the first GiB device, the second RAM), a window of 2 MiB
 * whose pages a test points where it likes, and single top-level entries for tests that want
 * something broken. One set of tables for all CPUs; 4 KiB granule, 39 bits.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define MMU_PAGE       4096ul
#define MMU_GIB        0x40000000ul
#define MMU_WINDOW     (4 * MMU_GIB) /* 512 pages */
#define MMU_SPARE      8u            /* top-level entries 8.. are free for mmu_set_top */

/* Attributes of a leaf. Without MMU_USER_NEVER or MMU_NEVER a page may be executed. */
#define MMU_DEVICE     (0u << 2) /* Device-nGnRE */
#define MMU_NORMAL     (1u << 2) /* write-back */
#define MMU_UNCACHED   (2u << 2) /* Normal, non-cacheable */
#define MMU_USER       (1u << 6) /* EL0 too */
#define MMU_READ_ONLY  (1u << 7)
#define MMU_NEVER      (UINT64_C(3) << 53) /* execute never, EL1 and EL0 */

#define MMU_LEAF_BLOCK UINT64_C(0x701) /* valid block, access flag, inner shareable */
#define MMU_TABLE      UINT64_C(3)

/* start.S: make the tables, once; use them, on each CPU. */
void mmu_build(void);
void mmu_enable(void);

/* Page `index` of the window shows `pa`; returns its address. */
uint64_t mmu_map_page(unsigned index, uint64_t pa, uint64_t attributes);

/* Top-level entry `index` (1 GiB each) becomes `descriptor` as it stands. */
void mmu_set_top(unsigned index, uint64_t descriptor);

/* ID_AA64MMFR0_EL1.PARange in bits, at most 48. */
unsigned mmu_pa_bits(void);
