/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nothing of the guest changes until the last part is answered: registers and writeback commit
 * together, an abort leaves all as it was. What the guest rewrites meanwhile is caught by comparing
 * the word with the syndrome (insn_agrees): on any doubt the guest makes the access again, once.
 */
#include "emulate.h"

#include "space.h"
#include "vcpu.h"
#include "window.h"

#define PAR_F  UINT64_C(1) /* D17.2.115 */
#define PAR_PA UINT64_C(0x000ffffffffff000)

/* AT as the guest would translate; PAR_EL1 is the guest's and is put back. Stage 1 only: an IPA. */
#define TRANSLATE(operation, address)                                                              \
    ({                                                                                             \
        uint64_t par_ = READ_SYSREG(par_el1);                                                      \
        __asm__ volatile("at " operation ", %0\n isb" : : "r"(address) : "memory");                \
        uint64_t result_ = READ_SYSREG(par_el1);                                                   \
        WRITE_SYSREG(par_el1, par_);                                                               \
        result_;                                                                                   \
    })

static bool is_el0(const struct vcpu *vcpu) { return (vcpu->frame.spsr & 0xc) == 0; }

/* As EL1 would, which may read all that EL0 may execute, be it for execution only. */
static bool fetch(struct vcpu *vcpu, uint32_t *word) {
    uint64_t par = TRANSLATE("s12e1r", vcpu->frame.elr);
    return (par & PAR_F) == 0 &&
           space_fetch((par & PAR_PA) | (vcpu->frame.elr & 0xfff), vcpu->vm->stage2.owner, word);
}

/* The window of a part, null if nobody answers for it, by the guest's stage 1. */
static const struct window *find(struct vcpu *vcpu, unsigned part, uint64_t *ipa) {
    const struct emulation *emulation = &vcpu->emulation;
    uint64_t address = emulation->address + ((uint64_t)part << emulation->insn.part_log2);
    bool user = is_el0(vcpu) || emulation->insn.unprivileged;
    uint64_t par;
    if (emulation->insn.write)
        par = user ? TRANSLATE("s1e0w", address) : TRANSLATE("s1e1w", address);
    else
        par = user ? TRANSLATE("s1e0r", address) : TRANSLATE("s1e1r", address);
    if ((par & PAR_F) != 0) return NULL;
    *ipa = (par & PAR_PA) | (address & 0xfff);
    const struct window *window = window_find(vcpu->vm, *ipa);
    return window->server != NULL ? window : NULL;
}

static struct insn_regs registers(struct vcpu *vcpu, uint64_t *sp) {
    *sp = vcpu_sp(vcpu);
    return (struct insn_regs){&vcpu->frame, sp, (uint64_t(*)[2])vcpu->fp};
}

static struct frame *send(struct cpu *cpu, struct vcpu *vcpu) {
    const struct emulation *emulation = &vcpu->emulation;
    const struct insn *insn = &emulation->insn;
    struct flight *flight = &vcpu->flight;
    uint64_t sp;
    uint64_t ipa;
    struct insn_regs regs = registers(vcpu, &sp);
    const struct window *window = find(vcpu, emulation->part, &ipa);
    if (window == NULL) { /* the guest has changed its tables meanwhile */
        flight->parts = flight->busy = false;
        vcpu_inject_abort(vcpu, flight->esr, flight->far, FSC_EXTERNAL);
        return sched_next(cpu);
    }
    flight->parts = true;
    flight->server = window->server;
    flight->message.badge = window->badge | (uint64_t)vcpu->index << 16;
    flight->message.where = ipa - window->offset_base;
    flight->message.info = INFO(ACCESS_MMIO, insn->write, insn->part_log2) |
                           (uint64_t)emulation->part << INFO_PART_SHIFT |
                           (uint64_t)(insn->part_count - 1) << INFO_LAST_SHIFT;
    __builtin_memset(flight->message.arguments, 0, sizeof(flight->message.arguments));
    if (insn->write) flight->message.arguments[0] = insn_store_value(insn, &regs, emulation->part);
    return visit_access(cpu, vcpu);
}

static struct frame *refuse(struct vcpu *vcpu, uint64_t esr, uint64_t far, unsigned status) {
    vcpu_inject_abort(vcpu, esr, far, status);
    return &vcpu->frame;
}

/* What was fetched is not what aborted. Another vCPU may have rewritten it: the guest tries again.
 * The same word at the same place twice in a row is no race, and would come for ever. */
static struct frame *doubt(struct vcpu *vcpu, uint32_t word, uint64_t esr, uint64_t far) {
    struct emulation *emulation = &vcpu->emulation;
    bool again = emulation->doubt_pc == vcpu->frame.elr + 1 && emulation->doubt_word == word;

    emulation->doubt_pc = again ? 0 : vcpu->frame.elr + 1;
    emulation->doubt_word = word;
    return again ? refuse(vcpu, esr, far, FSC_EXTERNAL) : &vcpu->frame;
}

struct frame *emulate_start(struct cpu *cpu, struct vcpu *vcpu, uint64_t esr, uint64_t far) {
    struct emulation *emulation = &vcpu->emulation;
    uint32_t word = 0;
    uint64_t sp;
    uint64_t ipa;
    struct insn_regs regs = registers(vcpu, &sp);

    emulation->part = 0;
    if ((vcpu->frame.spsr & PSTATE_A32) != 0)
        return refuse(vcpu, esr, far, FSC_EXTERNAL); /* insn.c knows A64 */
    if (!fetch(vcpu, &word)) return doubt(vcpu, word, esr, far);
    enum insn_class class = insn_decode(word, &emulation->insn);
    if (!insn_agrees(class, &emulation->insn, &regs, esr, far)) return doubt(vcpu, word, esr, far);
    emulation->doubt_pc = 0;
    if (class == INSN_CACHE) {
        access_skip(&vcpu->frame, esr);
        return &vcpu->frame;
    }
    if (class == INSN_EXCLUSIVE) return refuse(vcpu, esr, far, FSC_EXCLUSIVE);
    if (class == INSN_ZERO_LINE) return refuse(vcpu, esr, far, FSC_ALIGNMENT);
    if (class != INSN_ACCESS) return refuse(vcpu, esr, far, FSC_EXTERNAL);
    emulation->address = insn_address(&emulation->insn, &regs);
    for (unsigned part = 0; part < emulation->insn.part_count; part++)
        if (find(vcpu, part, &ipa) == NULL) /* part of it is no device: all of it is refused */
            return refuse(vcpu, esr, far, FSC_EXTERNAL);
    if (emulation->insn.bank == INSN_V) fp_save(vcpu->fp);
    vcpu->flight.esr = esr;
    vcpu->flight.far = far;
    return send(cpu, vcpu);
}

struct frame *emulate_answer(struct cpu *cpu, struct vcpu *vcpu, uint64_t value) {
    struct emulation *emulation = &vcpu->emulation;
    emulation->value[emulation->part++] = value;
    if (emulation->part < emulation->insn.part_count) return send(cpu, vcpu);
    uint64_t sp;
    struct insn_regs regs = registers(vcpu, &sp);
    insn_finish(&emulation->insn, &regs, emulation->value);
    vcpu_sp_set(vcpu, sp);
    if (emulation->insn.bank == INSN_V) fp_load(vcpu->fp);
    vcpu->flight.parts = false;
    access_skip(&vcpu->frame, vcpu->flight.esr);
    return sched_next(cpu);
}
