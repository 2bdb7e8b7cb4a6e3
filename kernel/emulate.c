/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's access with ISV=0, part by part. Nothing of the guest changes until the last part is
 * answered: registers and writeback commit together, an abort leaves all as it was. What the guest
 * rewrites meanwhile is caught by comparing the word with the syndrome: on any doubt the guest
 * makes the access again.
 */
#pragma GCC optimize("Os")
#include "emulate.h"

#include "flight.h"
#include "sched.h"
#include "space.h"
#include "window.h"

#define PAR_F     UINT64_C(1) /* D17.2.115 */
#define PAR_PA    UINT64_C(0x000ffffffffff000)
#define SAS(log2) ((uint64_t)(log2) << 22)

/* As EL1 would, which may read all that EL0 may execute, be it for execution only. PAR_EL1 is the
 * guest's and is put back. */
static bool fetch(const struct vcpu *vcpu, uint32_t *word) {
    uint64_t pc = vcpu->frame.elr, kept = READ_SYSREG(par_el1);
    __asm__ volatile("at s12e1r, %0\n isb" : : "r"(pc) : "memory");
    uint64_t par = READ_SYSREG(par_el1);
    WRITE_SYSREG(par_el1, kept);
    return (par & PAR_F) == 0 &&
           space_fetch((par & PAR_PA) | (pc & 0xfff), vcpu->vm->stage2.owner, word);
}

static struct insn_regs registers(struct vcpu *vcpu) {
    return (struct insn_regs){&vcpu->frame, (uint64_t(*)[2])vcpu->fp, vcpu_sp(vcpu)};
}

static struct frame *refuse(struct vcpu *vcpu, uint64_t esr, uint64_t far, unsigned status) {
    vcpu_inject_abort(vcpu, esr, far, status);
    return &vcpu->frame;
}

/* As if the CPU had described the part. */
static struct frame *send(struct cpu *cpu, struct vcpu *vcpu, uint64_t esr, uint64_t far) {
    const struct emulation *emulation = &vcpu->emulation;
    const struct insn *insn = &emulation->insn;
    struct flight *flight = &vcpu->flight;
    struct insn_regs regs = registers(vcpu);
    uint64_t ipa = emulation->ipa + ((uint64_t)emulation->part << insn->access.size_log2);

    flight_access(vcpu, window_find(vcpu->vm, ipa), esr, far, ipa);
    flight->parts = true;
    flight->message.info |= (uint64_t)emulation->part << INFO_PART_SHIFT |
                            (uint64_t)(insn->part_count - 1) << INFO_LAST_SHIFT;
    if (insn->access.write)
        flight->message.arguments[0] = insn_store_value(insn, &regs, emulation->part);
    return visit_access(cpu, vcpu);
}

/* The parts lie in the page that aborted, or none of them is served: what else the access touches
 * may be memory. */
static struct frame *begin(struct cpu *cpu, struct vcpu *vcpu, uint64_t esr, uint64_t far) {
    struct emulation *emulation = &vcpu->emulation;
    const struct insn *insn = &emulation->insn;
    struct insn_regs regs = registers(vcpu);
    uint64_t address = insn_address(insn, &regs);
    unsigned bytes = insn->part_count << insn->access.size_log2;

    emulation->ipa = access_ipa(READ_SYSREG(hpfar_el2), address);
    if ((address & 0xfff) + bytes > 0x1000 || window_find(vcpu->vm, emulation->ipa)->server == NULL)
        return refuse(vcpu, esr, far, FSC_EXTERNAL);
    if (insn->vector) fp_save(vcpu->fp);
    emulation->part = 0;
    return send(cpu, vcpu, esr | SAS(insn->access.size_log2), far);
}

struct frame *emulate_start(struct cpu *cpu, struct vcpu *vcpu, uint64_t esr, uint64_t far) {
    struct emulation *emulation = &vcpu->emulation;
    struct insn_regs regs = registers(vcpu);
    enum insn_class class = INSN_OTHER;
    uint32_t word;

    if ((vcpu->frame.spsr & PSTATE_A32) != 0)
        return refuse(vcpu, esr, far, FSC_EXTERNAL); /* insn.c knows A64 */
    if (fetch(vcpu, &word)) class = insn_decode(word, &emulation->insn);
    if (class == INSN_OTHER || !insn_agrees(class, &emulation->insn, &regs, esr, far)) {
        /* Another vCPU may have rewritten it. 256 times in a row is no race, but what insn.c does
         * not know. */
        if (++emulation->doubts != 0) return &vcpu->frame;
        return refuse(vcpu, esr, far, FSC_EXTERNAL);
    }
    emulation->doubts = 0;
    if (class == INSN_ACCESS) return begin(cpu, vcpu, esr, far);
    if (class == INSN_EXCLUSIVE) return refuse(vcpu, esr, far, FSC_EXCLUSIVE);
    if (class == INSN_ZERO_LINE) return refuse(vcpu, esr, far, FSC_ALIGNMENT);
    access_skip(&vcpu->frame, esr); /* INSN_CACHE */
    return &vcpu->frame;
}

struct frame *emulate_answer(struct cpu *cpu, struct vcpu *vcpu, uint64_t value) {
    struct emulation *emulation = &vcpu->emulation;
    const struct insn *insn = &emulation->insn;
    const struct flight *flight = &vcpu->flight;
    struct insn_regs regs = registers(vcpu);

    emulation->value[emulation->part++] = value;
    if (emulation->part < insn->part_count) return send(cpu, vcpu, flight->esr, flight->far);
    insn_finish(insn, &regs, emulation->value);
    vcpu_sp_set(vcpu, regs.sp);
    if (insn->vector) fp_load(vcpu->fp);
    access_skip(&vcpu->frame, flight->esr);
    return sched_next(cpu);
}
