/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest's access with ISV=0, part by part. Nothing of the guest changes until the last part is
 * answered: registers and writeback commit together, an abort leaves all as it was. What the guest
 * rewrites meanwhile is caught by comparing the word with the syndrome. */
#include "vcpu.h"

/* AT as the guest would translate; PAR_EL1 is the guest's and is put back. */
#define TRANSLATE(operation, address)                                                              \
    ({                                                                                             \
        uint64_t kept_ = READ_SYSREG(par_el1);                                                     \
        __asm__ volatile("at " operation ", %0\n isb" : : "r"(address) : "memory");                \
        uint64_t par_ = READ_SYSREG(par_el1);                                                      \
        WRITE_SYSREG(par_el1, kept_);                                                              \
        par_;                                                                                      \
    })

/* The stack pointer that it uses at present. */
static uint64_t sp(const struct vcpu *vcpu) {
    return (vcpu->frame.spsr & 0xf) == SPSR_EL1H ? READ_SYSREG(sp_el1) : READ_SYSREG(sp_el0);
}

static void sp_set(const struct vcpu *vcpu, uint64_t value) {
    if ((vcpu->frame.spsr & 0xf) == SPSR_EL1H)
        WRITE_SYSREG(sp_el1, value);
    else
        WRITE_SYSREG(sp_el0, value);
}

/* As EL1 would, which may read all that EL0 may execute, be it for execution only; 0, which is no
 * instruction, if there is nothing. */
static uint32_t fetch(const struct vcpu *vcpu) {
    uint64_t par = TRANSLATE("s12e1r", vcpu->frame.elr), two = 0;
    uint64_t pa = (par & PAR_PA) | (vcpu->frame.elr & 0xfff);
    if ((par & PAR_F) == 0) (void)space_fetch(pa, vcpu->vm->stage2.owner, &two);
    return (uint32_t)(two >> (pa & 4) * 8);
}

/* The IPA of a page that the access touches, or ~0: HPFAR has that of the one that aborted, the
 * guest's stage 1 that of the other. */
static uint64_t page_of(const struct vcpu *vcpu, uint64_t address) {
    const struct flight *flight = &vcpu->flight;
    bool user = (vcpu->frame.spsr & 0xc) == 0, write = vcpu->emulation.insn.access.write;
    if ((address ^ flight->far) >> 12 == 0) return access_ipa(flight->hpfar, 0);
    uint64_t par = user    ? write ? TRANSLATE("s1e0w", address) : TRANSLATE("s1e0r", address)
                      : write ? TRANSLATE("s1e1w", address)
                           : TRANSLATE("s1e1r", address);
    return (par & PAR_F) == 0 ? par & PAR_PA : ~UINT64_C(0);
}

/* Finds out where the access lies; false if part of it is no device's: then all is refused. */
static bool place(struct vcpu *vcpu) {
    struct emulation *emulation = &vcpu->emulation;
    const struct insn *insn = &emulation->insn;
    uint64_t first = insn_address(insn);
    uint64_t last = first + (insn->part_count << insn->access.size_log2) - 1;
    emulation->pages[0] = page_of(vcpu, first);
    emulation->pages[1] = page_of(vcpu, last);
    return window_find(vcpu->windows, emulation->pages[0] >> 8)->server != NULL &&
           window_find(vcpu->windows, emulation->pages[1] >> 8)->server != NULL;
}

static struct frame *send(struct cpu *cpu, struct vcpu *vcpu) {
    struct emulation *emulation = &vcpu->emulation;
    const struct insn *insn = &emulation->insn;
    uint64_t first = insn_address(insn), part = emulation->part, last = insn->part_count - 1;
    uint64_t address = first + (part << insn->access.size_log2);
    uint64_t ipa = emulation->pages[(address ^ first) >> 12 != 0] | (address & 0xfff);
    vcpu->flight.parts = true;
    vcpu->flight.window = window_find(vcpu->windows, ipa >> 8);
    emulation->message[0] = ipa - vcpu->flight.window->offset_base;
    emulation->message[1] = INFO(ACCESS_MMIO, insn->access.write, insn->access.size_log2) |
                            part << INFO_PART_SHIFT | last << INFO_LAST_SHIFT;
    emulation->message[2] = insn->access.write ? insn_store_value(insn, emulation->part) : 0;
    return visit_access(cpu, vcpu);
}

struct frame *emulate_start(struct cpu *cpu, struct vcpu *vcpu) {
    const struct flight *flight = &vcpu->flight;
    struct emulation *emulation = &vcpu->emulation;
    struct insn *insn = &emulation->insn;
    insn_decode(fetch(vcpu), insn);
    insn->regs = (struct insn_regs){&vcpu->frame, (uint64_t(*)[2])vcpu->fp, sp(vcpu)};
    if ((vcpu->frame.spsr & PSTATE_A32) != 0 || !insn_agrees(insn, flight->esr, flight->far)) {
        /* Another vCPU may have rewritten it: again. 256 times in a row are no race. */
        if (++emulation->doubts != 0) return &vcpu->frame;
        insn->class = INSN_OTHER;
    }
    emulation->doubts = 0;
    if (insn->class == INSN_ACCESS && place(vcpu)) {
        emulation->part = 0;
        if (insn->vector) fp_save(vcpu->fp);
        return send(cpu, vcpu);
    }
    switch (window_find(vcpu->windows, flight->hpfar)->server ? insn->class : INSN_OTHER) {
    case INSN_CACHE: access_skip(&vcpu->frame, flight->esr); return &vcpu->frame;
    case INSN_EXCLUSIVE: return vcpu_inject_abort(vcpu, FSC_EXCLUSIVE);
    case INSN_ZERO_LINE: return vcpu_inject_abort(vcpu, FSC_ALIGNMENT);
    default: return vcpu_inject_abort(vcpu, FSC_EXTERNAL); /* or no window is there */
    }
}

struct frame *emulate_answer(struct cpu *cpu, struct vcpu *vcpu, uint64_t value) {
    struct emulation *emulation = &vcpu->emulation;
    struct insn *insn = &emulation->insn;
    struct flight *flight = &vcpu->flight;
    emulation->value[emulation->part++] = value;
    if (emulation->part < insn->part_count) return send(cpu, vcpu);
    insn_finish(insn, emulation->value);
    sp_set(vcpu, insn->regs.sp);
    if (insn->vector) fp_load(vcpu->fp);
    flight->busy = flight->parts = false;
    access_skip(&vcpu->frame, flight->esr);
    return NULL;
}
