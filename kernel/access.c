/* SPDX-License-Identifier: BSD-2-Clause */
/* The classes of a guest's abort, the step over an instruction, and the level of a stage-1 walk
 * that left memory (pure). Nothing here reads a register or the guest's memory by itself. */
#include "access.h"

/* Devices are mapped invalid, so only a translation fault is an access to one. FnV, EA, SET and AR
 * say nothing here: the first three belong to external aborts, and a load-acquire is an ordinary
 * load to a device.
 *
 * The order matters. An AT instruction whose walk leaves memory has CM and S1PTW set, and takes an
 * external abort like any access (D8.15): S1PTW comes first. Maintenance is a matter of caches, and
 * a device has no line in any: nothing to do, also for a DC IVAC that lacked the permission to
 * write. DC ZVA writes, has CM=0 and ISV=0, and is insn.c's. */
enum access_class access_classify(uint64_t esr) {
    unsigned kind = ESR_FSC(esr) & ~FSC_LEVEL;
    bool stage2 = kind == FSC_TRANSLATION || kind == FSC_PERMISSION || kind == FSC_ACCESS_FLAG;
    if (ESR_EC(esr) != EC_DATA && ESR_EC(esr) != EC_FETCH) return ACCESS_NONE;
    if (esr & ESR_S1PTW) return ACCESS_WALK;
    if (ESR_EC(esr) == EC_FETCH) return ACCESS_ABORT;
    if (stage2 && (esr & ESR_CM)) return ACCESS_CACHE;
    if (kind != FSC_TRANSLATION) return ACCESS_ABORT;
    return esr & ESR_ISV ? ACCESS_DECODED : ACCESS_UNDECODED;
}

/* What the machine itself reports stays what it is. A stage-2 fault is the hypervisor's name for
 * "nothing answers here", which a machine without one calls a synchronous external abort. */
unsigned access_abort_status(uint64_t esr) {
    unsigned status = ESR_FSC(esr);
    bool external_walk = (status & ~FSC_LEVEL) == FSC_EXTERNAL_WALK;
    bool reported = external_walk || status == FSC_ALIGNMENT || status == FSC_EXCLUSIVE;
    return reported ? status : FSC_EXTERNAL;
}

/* ITAdvance() of the Arm ARM: the next instruction of an IT block, or its end. */
static uint64_t it_advance(uint64_t spsr) {
    uint64_t it = (spsr & PSTATE_IT_HIGH) >> 8 | (spsr & PSTATE_IT_LOW) >> 25;
    it = it & 7 ? (it & 0xe0) | (it << 1 & 0x1f) : 0;
    return (spsr & ~(PSTATE_IT_HIGH | PSTATE_IT_LOW)) | (it >> 2) << 10 | (it & 3) << 25;
}

void access_skip_a32(struct frame *frame, uint64_t esr) {
    frame->elr += esr & ESR_IL ? 4 : 2;
    frame->spsr = it_advance(frame->spsr) & ~PSTATE_SS;
}

int access_walk_level(const struct access_stage1 *stage1, uint64_t far, uint64_t hpfar,
                      access_read *read, void *context) {
    /* TG0 and TG1 name the same sizes by different numbers; the reserved one is read as 4 KiB. */
    static const uint8_t granule_log2[8] = {12, 16, 14, 12, 12, 14, 12, 16};
    unsigned half = far >> 55 & 1; /* the top byte may be a tag */
    unsigned fields = stage1->tcr >> 16 * half & 0xffff;
    unsigned page_log2 = granule_log2[half << 2 | fields >> 14];
    unsigned size = fields & 0x3f; /* TnSZ; the CPU treats what is out of range as the limit */
    unsigned least = page_log2 == 16 ? 12 : 16; /* FEAT_LVA; TCR_EL1.DS is not looked at */
    unsigned bits = 64 - (size < least ? least : size > 48 ? 48 : size);
    uint64_t table = stage1->ttbr[half] & TTBR_BADDR;
    for (int level = 0; level <= 3; level++) {
        unsigned shift = page_log2 + (page_log2 - 3) * (unsigned)(3 - level);
        if (shift >= bits) continue; /* the walk begins further down */
        uint64_t span = (UINT64_C(8) << (bits - shift)) - 8;
        uint64_t at = (table & ~(span | 0x3f)) | (far >> shift << 3 & span);
        uint64_t descriptor;
        if ((at & ~UINT64_C(0xfff)) == access_ipa(hpfar, 0)) return level;
        if (!read(context, at, &descriptor)) break;
        if (stage1->big_endian) descriptor = __builtin_bswap64(descriptor);
        if ((descriptor & 3) != 3) /* no table */
            break;
        table = descriptor & TTBR_BADDR & ~((UINT64_C(1) << page_log2) - 1);
        bits = shift;
    }
    return ACCESS_WALK_GONE;
}
