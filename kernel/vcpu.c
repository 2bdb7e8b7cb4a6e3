/* SPDX-License-Identifier: BSD-2-Clause */
/* The registers of vCPUs: in the hardware while one is loaded, in memory while it is not; and what
 * holds a guest at EL1. Reset, save, restore and dump come from one list, vcpu.def. */
#include "vcpu.h"

#include "ring.h"

#define OFFSET(name, type, field, offset)                                                          \
    _Static_assert(offsetof(struct type, field) == (offset), #name);
#include "offsets.def"
_Static_assert(_Alignof(struct vcpu) == 16 && _Alignof(struct visit) == 16, "SP points at them");

uint64_t vcpu_hcr, vcpu_cptr, vcpu_cptr_fp, vcpu_cptr_shut;
bool vcpu_has_ras, vcpu_has_sme;
static bool has_keys; /* FEAT_PAuth: APA, API, APA3 */

/* Makes of each sctlr_el1 that READ_GUEST and WRITE_GUEST wrote an SCTLR_EL12. */
static void spell(void) {
    extern LINKED const int32_t spelled_start[], spelled_end[];
    for (const int32_t *at = spelled_start; at < spelled_end; at++) {
        uint32_t *instruction = (uint32_t *)((uintptr_t)at + (uintptr_t)*at);
        *instruction = (*instruction & ~OP1_MASK) | OP1_GUEST;
        space_clean(instruction, sizeof(*instruction));
    }
}

void vcpu_init(void) {
    bool vhe = vcpu_has_vhe();
    if (ID_FIELD(id_aa64mmfr0_el1, 0) < 2 || timer_frequency() == 0)
        panic("CPU: below 40 address bits, or CNTFRQ_EL0 is 0");
    has_keys = (READ_SYSREG(id_aa64isar1_el1) & 0xff0) | (READ_SYSREG(ID_AA64ISAR2_EL1) & 0xf000);
    vcpu_has_ras = ID_FIELD(id_aa64pfr0_el1, 28) != 0;
    vcpu_has_sme = ID_FIELD(id_aa64pfr1_el1, 24) != 0;
    vcpu_cptr = vhe ? CPTR_VHE : CPTR_PLAIN;
    vcpu_cptr_fp = vhe ? CPTR_VHE | CPTR_FPEN : CPTR_PLAIN;
    vcpu_cptr_shut = vhe ? CPTR_VHE & ~CPTR_FPEN : CPTR_PLAIN | CPTR_TFP;
    vcpu_hcr = HCR_VM | HCR_SWIO | HCR_FMO | HCR_IMO | HCR_AMO | HCR_FB | HCR_BSU_IS | HCR_TWI |
               HCR_TID3 | HCR_TID5 | HCR_TSC | HCR_TIDCP | HCR_TACR | HCR_TSW | HCR_RW | HCR_TLOR;
    vcpu_hcr |= HCR_TERR | (has_keys ? HCR_APK | HCR_API : 0) | (vhe ? HCR_E2H : 0);
    if (vhe) spell();
}

void vcpu_init_cpu(void) {
    uint64_t range = ID_FIELD(id_aa64mmfr0_el1, 0);
    bool has_pmu = ID_FIELD(id_aa64dfr0_el1, 8) - 1 < 14; /* 15: one that is not Arm's */
#define EL2_REG(has, way, name, value)                                                             \
    if (has) WRITE_##way(name, value);
#include "el2.def"
    isb();
}

void vcpu_reset(struct vcpu *vcpu) {
    vcpu->frame =
        (struct frame){.x[0] = vcpu->argument, .elr = vcpu->entry, .spsr = SPSR_EL1H | SPSR_DAIF};
    vcpu->flight = (struct flight){0};
    vcpu->sleeping = false;
    __builtin_memset(vcpu->el1, 0, sizeof(vcpu->el1));
#define VCPU_REG(has, way, name, value)                                                            \
    if ((value) != 0) vcpu->el1[VCPU_##name] = (value);
#include "vcpu.def"
    __builtin_memset(vcpu->fp, 0, sizeof(vcpu->fp));
}

static void save(struct vcpu *vcpu) {
#define VCPU_REG(has, way, name, value)                                                            \
    if (has) vcpu->el1[VCPU_##name] = READ_##way(name);
#include "vcpu.def"
}

void vcpu_dump(struct vcpu *vcpu) {
    static const char names[] =
#define VCPU_REG(has, way, name, value) #name "\0"
#include "vcpu.def"
        ;
    const char *name = names;
    save(vcpu);
    ring_print("%s: vCPU %u: PC %lx", vcpu->vm->image->name, vcpu->index, vcpu->frame.elr);
    for (unsigned i = 0; i < VCPU_S3_0_C2_C1_0; i++, name++) { /* not what stands behind: keys */
        ring_print("  %s %lx", name, vcpu->el1[i]);
        while (*name != 0) name++;
    }
}

void vcpu_load(struct cpu *cpu, struct vcpu *vcpu) {
    WRITE_SYSREG(vttbr_el2, vcpu->vm->stage2.ttbr);
    WRITE_SYSREG(vmpidr_el2, vcpu->mpidr | UINT64_C(1) << 31); /* RES1 */
#define VCPU_REG(has, way, name, value)                                                            \
    if (has) WRITE_##way(name, vcpu->el1[VCPU_##name]);
#include "vcpu.def"
    fp_load(vcpu->fp);
    user_set(vcpu->frame.sp_el0, vcpu->frame.tpidr_el0, vcpu->frame.tpidrro_el0);
    deliver_load(vcpu);
    /* What is private to a PE is not tagged, and may be of the VM's last life (D8.13.1). */
    isb();
    __asm__ volatile("tlbi vmalls12e1\n ic iallu" ::: "memory");
    dsb(nsh);
    isb();
    cpu->vcpu = vcpu;
}

void vcpu_turn_off(struct vcpu *vcpu) {
    save(vcpu);
    fp_save(vcpu->fp);
    WRITE_GUEST(cntv_ctl_el0, 0); /* nobody is left to take them */
    WRITE_GUEST(cntp_ctl_el0, 0);
    deliver_withdraw(vcpu->cpu, vcpu);
    atomic_store_explicit(&vcpu->state, VCPU_STATE_OFF, memory_order_release);
}

enum status vcpu_turn_on(struct vcpu *vcpu, uint64_t entry, uint64_t argument, uint64_t *before) {
    lock_take(&vcpu->vm->lock);
    *before = atomic_load(&vcpu->state);
    bool free = *before == VCPU_STATE_OFF && atomic_load(&vcpu->vm->want) == VM_WANT_RUN;
    if (free) {
        vcpu->entry = entry;
        vcpu->argument = argument;
        atomic_store(&vcpu->state, VCPU_STATE_PENDING); /* last, without its CPU's lock: life.pml */
    }
    lock_give(&vcpu->vm->lock);
    if (free) cpu_request(vcpu->cpu, REQUEST_VM);
    return free ? STATUS_OK : STATUS_BUSY;
}

struct frame *vcpu_inject(struct vcpu *vcpu, uint64_t esr) {
    WRITE_GUEST(esr_el1, esr);
    WRITE_GUEST(elr_el1, vcpu->frame.elr);
    WRITE_GUEST(spsr_el1, vcpu->frame.spsr);
    inject_take(&vcpu->frame, READ_GUEST(vbar_el1), READ_GUEST(sctlr_el1),
                READ_SYSREG(id_aa64mmfr1_el1), READ_SYSREG(id_aa64pfr1_el1));
    return &vcpu->frame;
}

struct frame *vcpu_inject_abort(struct vcpu *vcpu, unsigned status) {
    WRITE_GUEST(far_el1, vcpu->flight.far);
    return vcpu_inject(vcpu, inject_abort(vcpu->frame.spsr, vcpu->flight.esr, status));
}
