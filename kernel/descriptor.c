/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attributes of leaf descriptors (pure): stage 2, and stage 1 with one or two privilege levels.
 * Called by pagetable.c. It knows neither addresses nor owners.
 */
#include "descriptor.h"

#define DESC_SH_INNER   (UINT64_C(3) << 8)
#define DESC_AF         (UINT64_C(1) << 10)
#define S2_DEVICE_nGnRE (UINT64_C(1) << 2) /* MemAttr[3:0] = 0b0001 */
#define S2_NORMAL_WB    (UINT64_C(15) << 2)
#define S2_READ         (UINT64_C(1) << 6)
#define S2_WRITE        (UINT64_C(1) << 7)
#define S2_XN           (UINT64_C(1) << 54) /* XN[1:0] = 0b10: the same without FEAT_XNX */
#define S1_NORMAL_WB    (UINT64_C(1) << 2)  /* AttrIndx = 1, see PAGETABLE_MAIR */
#define S1_USER         (UINT64_C(1) << 6)  /* AP[1]; RES1 where there is no EL0 */
#define S1_READ_ONLY    (UINT64_C(1) << 7)  /* AP[2] */
#define S1_NOT_GLOBAL   (UINT64_C(1) << 11)
#define S1_PXN          (UINT64_C(1) << 53)
#define S1_XN           (UINT64_C(1) << 54) /* UXN where there is an EL0 */

bool descriptor_valid(enum pagetable_format format, uint32_t attr)
{
    uint32_t known = PT_READ | PT_WRITE | PT_EXEC | PT_DEVICE;

    if (format == PAGETABLE_EL2_0)
        known |= PT_USER | PT_GLOBAL;
    if ((attr & ~known) != 0 || (attr & PT_READ) == 0)
        return false;
    if ((attr & PT_EXEC) != 0 && (attr & PT_DEVICE) != 0)
        return false;
    return format == PAGETABLE_STAGE2 || (attr & PT_WRITE) == 0 || (attr & PT_EXEC) == 0;
}

static uint64_t encode_stage2(uint32_t attr)
{
    uint64_t desc = DESC_AF | S2_READ;

    desc |= (attr & PT_DEVICE) != 0 ? S2_DEVICE_nGnRE : S2_NORMAL_WB | DESC_SH_INNER;
    if ((attr & PT_WRITE) != 0)
        desc |= S2_WRITE;
    if ((attr & PT_EXEC) == 0)
        desc |= S2_XN;
    return desc;
}

uint64_t descriptor_encode(enum pagetable_format format, uint32_t attr)
{
    bool user = (attr & PT_USER) != 0, exec = (attr & PT_EXEC) != 0;
    uint64_t desc = DESC_AF;

    if (format == PAGETABLE_STAGE2)
        return encode_stage2(attr);

    if ((attr & PT_DEVICE) == 0)
        desc |= S1_NORMAL_WB | DESC_SH_INNER;
    if ((attr & PT_WRITE) == 0)
        desc |= S1_READ_ONLY;
    if (format == PAGETABLE_EL2)
        return desc | S1_USER | (exec ? 0 : S1_XN);

    /* What EL0 may execute, EL2 never does, and the other way round. */
    desc |= (user && exec ? 0 : S1_XN) | (!user && exec ? 0 : S1_PXN);
    if (user)
        desc |= S1_USER;
    if ((attr & PT_GLOBAL) == 0)
        desc |= S1_NOT_GLOBAL;
    return desc;
}

static uint32_t decode_stage2(uint64_t desc)
{
    uint32_t attr = PT_READ;

    if ((desc & S2_WRITE) != 0)
        attr |= PT_WRITE;
    if ((desc & S2_XN) == 0)
        attr |= PT_EXEC;
    if ((desc & S2_NORMAL_WB) != S2_NORMAL_WB)
        attr |= PT_DEVICE;
    return attr;
}

uint32_t descriptor_decode(enum pagetable_format format, uint64_t desc)
{
    uint32_t attr = PT_READ;
    uint64_t xn = S1_XN;

    if (format == PAGETABLE_STAGE2)
        return decode_stage2(desc);

    if ((desc & S1_READ_ONLY) == 0)
        attr |= PT_WRITE;
    if ((desc & S1_NORMAL_WB) == 0)
        attr |= PT_DEVICE;
    if (format == PAGETABLE_EL2_0) {
        if ((desc & S1_USER) != 0)
            attr |= PT_USER;
        else
            xn = S1_PXN;
        if ((desc & S1_NOT_GLOBAL) == 0)
            attr |= PT_GLOBAL;
    }
    return (desc & xn) != 0 ? attr : attr | PT_EXEC;
}
