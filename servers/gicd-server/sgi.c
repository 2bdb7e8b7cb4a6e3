/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Software generated interrupts: from the target list of a system register to a set of vCPUs, in
 * one call of the kernel. Called by main.c for the trapped registers. Pure but for irq_calls_*.
 */
#include "gic.h"

#include <vcpus.h>

#define SGI_IRM   (UINT64_C(1) << 40)          /* all but the sender */
#define SGI_RANGE UINT64_C(0x00fff0ff00ff0000) /* Aff3, RS, Aff2, Aff1: where the list starts */

/* The set of vCPUs that the target list names. An absent vCPU is ignored. */
static uint32_t listed(const struct gic *gic, uint64_t value) {
    uint64_t aff3_aff2 = value >> 16 & UINT64_C(0xff00ff0000), aff1 = value >> 8 & 0xff00;
    uint64_t range = aff3_aff2 | aff1 | (value >> 40 & 0xf0); /* RS: which 16 values of Aff0 */
    uint32_t vcpus = 0;
    if ((value & SGI_RANGE) == 0 && gic->plain != 0) return (uint32_t)value & gic->plain;
    for (uint32_t list = (uint16_t)value; list != 0; list &= list - 1) {
        unsigned vcpu = vcpus_find(&gic->config, range | (unsigned)__builtin_ctz(list));
        if (vcpu != VCPUS_NONE) vcpus |= 1u << vcpu;
    }
    return vcpus;
}

static uint32_t in_group0(const struct gic *gic, uint32_t vcpus, unsigned intid) {
    for (uint32_t vcpu = 0; vcpu < gic->config.vcpu_count; vcpu++)
        vcpus &= ~((gic->private[vcpu].group1 >> intid & 1) << vcpu);
    return vcpus;
}

/* With one Security state, ICC_SGI1R_EL1 sends the SGI to each target, whatever its group is there.
 * The other two registers send it only to targets where it is in group 0 (8.1.10). */
struct reply sgi_send(const struct gic *gic, unsigned sender, bool group1_too, uint64_t value) {
    unsigned intid = value >> 24 & 0xf;
    uint32_t vcpus;
    if ((value & SGI_IRM) != 0)
        vcpus = ((1u << gic->config.vcpu_count) - 1) & ~(1u << sender);
    else
        vcpus = listed(gic, value);
    if (!group1_too) vcpus = in_group0(gic, vcpus, intid);
    if (vcpus != 0) irq_calls_send(gic->vm, (uint32_t)IRQ_WHERE_SGI(intid), IRQ_PEND, vcpus);
    return reply_done(0);
}
