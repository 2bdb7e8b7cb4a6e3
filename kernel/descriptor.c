/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attributes of leaf descriptors (pure): stage 2, and stage 1 with one or two privilege levels.
 * Called by pagetable.c. It knows neither addresses nor owners.
 */
#include "descriptor.h"

#define SH_INNER        (UINT64_C(3) << 8)
#define AF              (UINT64_C(1) << 10)
#define S2_DEVICE_nGnRE (UINT64_C(1) << 2)             /* MemAttr[3:0] = 0b0001 */
#define S2_NORMAL       (UINT64_C(14) << 2 | SH_INNER) /* on top: 0b1111, write-back */
#define S2_READ         (UINT64_C(1) << 6)
#define S2_WRITE        (UINT64_C(1) << 7)
#define S1_NORMAL       (UINT64_C(1) << 2 | SH_INNER) /* AttrIndx = 1, see PAGETABLE_MAIR */
#define S1_USER         (UINT64_C(1) << 6)            /* AP[1]; RES1 where there is no EL0 */
#define S1_READ_ONLY    (UINT64_C(1) << 7)            /* AP[2] */
#define S1_NOT_GLOBAL   (UINT64_C(1) << 11)
#define PXN             (UINT64_C(1) << 53)
#define XN              (UINT64_C(1) << 54) /* UXN where there is an EL0; stage 2: XN[1] */

#define EL2_0_USER      (PAGETABLE_EL2_0 + 1) /* what of EL2_0 is for EL0 */
#define ATTR_COUNT      6

/* A leaf with all attributes, and the bits that differ where one is absent, by its bit in enum
 * pagetable_attr; none: the format has no such attribute. */
static const struct format {
    uint64_t all, differ[ATTR_COUNT];
} formats[] = {
  /* read, write, exec, user, device, global */
    [PAGETABLE_STAGE2] = {AF | S2_READ | S2_WRITE | S2_DEVICE_nGnRE,
                          {0, S2_WRITE, XN, 0, S2_NORMAL, 0}                                                            },
    [PAGETABLE_EL2] = {AF | S1_USER,                              {0, S1_READ_ONLY, XN, 0, S1_NORMAL, 0}             },
 /* What EL0 may execute, EL2 never does, and the other way round. */
    [PAGETABLE_EL2_0] = {AF | XN,                                   {0, S1_READ_ONLY, PXN, 0, S1_NORMAL, S1_NOT_GLOBAL}},
    [EL2_0_USER] = {AF | PXN | S1_USER,                        {0, S1_READ_ONLY, XN, 0, S1_NORMAL, S1_NOT_GLOBAL} },
};

static const struct format *format_of(enum pagetable_format format, bool user) {
    return &formats[format == PAGETABLE_EL2_0 && user ? EL2_0_USER : (int)format];
}

bool descriptor_valid(enum pagetable_format format, uint32_t attr) {
    uint32_t known = format == PAGETABLE_EL2_0 ? PT_READ | PT_USER : PT_READ;

    for (unsigned i = 0; i < ATTR_COUNT; i++)
        known |= (uint32_t)(formats[format].differ[i] != 0) << i;
    return (attr & ~known) == 0 && (attr & PT_READ) != 0 &&
           (attr & (PT_EXEC | PT_DEVICE)) != (PT_EXEC | PT_DEVICE) &&
           (format == PAGETABLE_STAGE2 || (attr & (PT_WRITE | PT_EXEC)) != (PT_WRITE | PT_EXEC));
}

uint64_t descriptor_encode(enum pagetable_format format, uint32_t attr) {
    const struct format *bits = format_of(format, (attr & PT_USER) != 0);
    uint64_t desc = bits->all;

    for (unsigned i = 0; i < ATTR_COUNT; i++) desc ^= (attr >> i & 1) != 0 ? 0 : bits->differ[i];
    return desc;
}

uint32_t descriptor_decode(enum pagetable_format format, uint64_t desc) {
    bool user = format == PAGETABLE_EL2_0 && (desc & S1_USER) != 0;
    const struct format *bits = format_of(format, user);
    uint32_t attr = user ? PT_READ | PT_USER : PT_READ;

    for (unsigned i = 0; i < ATTR_COUNT; i++)
        attr |= (uint32_t)((~(desc ^ bits->all) & bits->differ[i]) != 0) << i;
    return attr;
}
