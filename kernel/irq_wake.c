/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a vCPU that waits in WFI has a reason to go on: what ICC_HPPIR and the signal to the PE
 * would say (IHI 0069, "Interrupt prioritization"), for what is in its list registers and what
 * waits for one. Neither changes anything nor asks the hardware.
 */
#include "irq_word.h"

/* Bits of a priority that decide preemption (ICC_BPR0_EL1, ICC_BPR1_EL1, ICC_CTLR_EL1.CBPR). */
static uint32_t preemption_mask(uint32_t vmcr, uint32_t group) {
    if (group == 0 || (vmcr & ICH_VMCR_VCBPR)) return 0xffu << (ICH_VMCR_VBPR0(vmcr) + 1);
    return 0xffu << ICH_VMCR_VBPR1(vmcr);
}

static bool signalled(const struct lr_state *lists, uint32_t group, uint32_t priority) {
    return (lists->vmcr & ICH_VMCR_VENG(group)) && priority < ICH_VMCR_VPMR(lists->vmcr) &&
           (priority & preemption_mask(lists->vmcr, group) & 0xff) < lists->running;
}

bool irq_wakes(const struct irq_vm *vm, uint32_t vcpu, const struct lr_state *lists) {
    for (uint32_t used = lists->used; used; used &= used - 1) {
        uint64_t lr = lists->lr[__builtin_ctz(used)];
        uint32_t group = lr & LR_GROUP1 ? 1 : 0;
        if ((lr & LR_STATE) == LR_PENDING &&
            signalled(lists, group, (uint32_t)(lr >> LR_PRIORITY_SHIFT) & 0xff))
            return true;
    }
    for (uint32_t group = 0; group < 2; group++) {
        uint32_t levels = vm->queue[vcpu][IRQ_READY0 + group].levels;
        if (levels && signalled(lists, group, (uint32_t)__builtin_ctz(levels) * 8)) return true;
    }
    return false;
}
