/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's access with ISV=0, part by part. Nothing of the guest changes until the last part is
 * answered: registers and writeback commit together, an abort leaves all as it was. What the guest
 * rewrites meanwhile is caught by comparing the word with the syndrome.
 */
#pragma GCC optimize("Os")
#include "emulate.h"

#include "flight.h"
#include "sched.h"
#include "space.h"
#include "window.h"

#define PAR_F  UINT64_C(1) /* D17.2.115 */
#define PAR_PA UINT64_C(0x000ffffffffff000)

/* As EL1 would, which may read all that EL0 may execute, be it for execution only. PAR_EL1 is the
 * guest's and is put back. */
static bool fetch(const struct vcpu *vcpu, uint32_t *word) {
    uint64_t pc = vcpu->frame.elr, kept = READ_SYSREG(par_el1);
    __asm__ volatile("at s12e1r, %0\n isb" : : "r"(pc) : "memory");
    uint64_t par = READ_SYSREG(par_el1);
    WRITE_SYSREG(par_el1, kept);
    uint64_t pa = (par & PAR_PA) | (pc & 0xfff);
    return (par & PAR_F) == 0 && space_fetch(pa, vcpu->vm->stage2.owner, word);
}

/* As if the CPU had described the part, which lies in the page that aborted. */
static struct frame *send(struct cpu *cpu, struct vcpu *vcpu, uint64_t esr, uint64_t far) {
    const struct emulation *emulation = &vcpu->emulation;
    const struct insn *insn = &emulation->insn;
    struct message *message = &vcpu->flight.message;
    uint64_t part = emulation->part, last = insn->part_count - 1;
    uint64_t ipa = emulation->ipa + (part << insn->access.size_log2);
    flight_access(vcpu, window_find(vcpu->vm, ipa), esr, far, ipa);
    vcpu->flight.parts = true;
    message->info |= part << INFO_PART_SHIFT | last << INFO_LAST_SHIFT;
    if (insn->access.write) message->arguments[0] = insn_store_value(insn, emulation->part);
    return visit_access(cpu, vcpu);
}

struct frame *emulate_start(struct cpu *cpu, struct vcpu *vcpu, uint64_t esr, uint64_t far) {
    struct emulation *emulation = &vcpu->emulation;
    struct insn *insn = &emulation->insn;
    uint32_t word;
    insn_decode(fetch(vcpu, &word) ? word : 0, insn);
    insn->regs = (struct insn_regs){&vcpu->frame, (uint64_t(*)[2])vcpu->fp, vcpu_sp(vcpu)};
    if ((vcpu->frame.spsr & PSTATE_A32) != 0 || !insn_agrees(insn, esr, far)) {
        /* Another vCPU may have rewritten it: again. 256 times in a row are no race. */
        if (++emulation->doubts != 0) return &vcpu->frame;
        insn->class = INSN_OTHER;
    }
    emulation->doubts = 0;
    uint64_t ipa = access_ipa(READ_SYSREG(hpfar_el2), insn_address(insn));
    uint64_t end = (ipa & 0xfff) + (insn->part_count << insn->access.size_log2);
    bool served = end <= 0x1000 && window_find(vcpu->vm, ipa)->server != NULL;
    if (insn->class == INSN_ACCESS && served) { /* all of it lies in the page that aborted */
        emulation->ipa = ipa;
        emulation->part = 0;
        if (insn->vector) fp_save(vcpu->fp);
        return send(cpu, vcpu, esr | (uint64_t)insn->access.size_log2 << 22, far); /* SAS */
    }
    switch (insn->class) {
    case INSN_CACHE: access_skip(&vcpu->frame, esr); break;
    case INSN_EXCLUSIVE: vcpu_inject_abort(vcpu, esr, far, FSC_EXCLUSIVE); break;
    case INSN_ZERO_LINE: vcpu_inject_abort(vcpu, esr, far, FSC_ALIGNMENT); break;
    default: vcpu_inject_abort(vcpu, esr, far, FSC_EXTERNAL); break;
    }
    return &vcpu->frame;
}

struct frame *emulate_answer(struct cpu *cpu, struct vcpu *vcpu, uint64_t value) {
    struct emulation *emulation = &vcpu->emulation;
    struct insn *insn = &emulation->insn;
    const struct flight *flight = &vcpu->flight;
    emulation->value[emulation->part++] = value;
    if (emulation->part < insn->part_count) return send(cpu, vcpu, flight->esr, flight->far);
    insn_finish(insn, emulation->value);
    vcpu_sp_set(vcpu, insn->regs.sp);
    if (insn->vector) fp_load(vcpu->fp);
    access_skip(&vcpu->frame, flight->esr);
    return sched_next(cpu);
}
