/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registers of vCPUs: in the hardware while one is loaded, in memory while it is not. Both
 * spellings of the EL1 registers come from vcpu.def; which one this machine wants is chosen once.
 * What a vCPU does is decided elsewhere.
 */
#include "vcpu.h"

#include "deliver.h"
#include "inject.h"
#include "space.h"
#include "sysreg.h"

#define VTCR_FIXED UINT64_C(0x80003558) /* RES1, 4 KiB, inner shareable WB, SL0=1, T0SZ=24 */
#define MDCR_TRAPS UINT64_C(0xe60)      /* TDRA TDOSA TDA TPM TPMCR: D17.2.103 */
#define CPTR_VHE   UINT64_C(0x50100000) /* TAM TTA, FPEN=01, ZEN=SMEN=00: D17.2.32 */
#define CPTR_PLAIN UINT64_C(0x401033ff) /* TAM TTA, RES1, TFP=0, TZ, TSM */
#define CPTR_FPEN  (UINT64_C(3) << 20)  /* with VHE */
#define CPTR_TFP   (UINT64_C(1) << 10)  /* without */
#define CNTHCTL_VHE                                                                                \
    (UINT64_C(1) << 10) /* EL1PCTEN: CNTPCT but not CNTP for the guest, D17.10.2                   \
                         */
#define CNTHCTL_PLAIN UINT64_C(1)

uint64_t vcpu_hcr, vcpu_cptr, vcpu_cptr_fp, vcpu_cptr_shut;
static bool has_keys; /* FEAT_PAuth */

/* One pair of functions for each spelling: all registers between the hardware and an array. */
#define VCPU_KEY(name, encoding)
#define VCPU_REG(name, vhe, plain, reset) el1[VCPU_##name] = READ_SYSREG(vhe);
static void save_vhe(uint64_t *el1) {
#include "vcpu.def"
}
#undef VCPU_REG
#define VCPU_REG(name, vhe, plain, reset) el1[VCPU_##name] = READ_SYSREG(plain);
static void save_plain(uint64_t *el1) {
#include "vcpu.def"
}
#undef VCPU_REG
#define VCPU_REG(name, vhe, plain, reset) WRITE_SYSREG(vhe, el1[VCPU_##name]);
static void load_vhe(const uint64_t *el1) {
#include "vcpu.def"
}
#undef VCPU_REG
#define VCPU_REG(name, vhe, plain, reset) WRITE_SYSREG(plain, el1[VCPU_##name]);
static void load_plain(const uint64_t *el1) {
#include "vcpu.def"
}
#undef VCPU_REG
#undef VCPU_KEY

#define VCPU_REG(name, vhe, plain, reset)
#define VCPU_KEY(name, encoding) el1[VCPU_##name] = READ_SYSREG(encoding);
static void save_keys(uint64_t *el1) {
#include "vcpu.def"
}
#undef VCPU_KEY
#define VCPU_KEY(name, encoding) WRITE_SYSREG(encoding, el1[VCPU_##name]);
static void load_keys(const uint64_t *el1) {
#include "vcpu.def"
}
#undef VCPU_REG
#undef VCPU_KEY

static const uint64_t reset_values[VCPU_REGISTER_COUNT] = {
#define VCPU_REG(name, vhe, plain, reset) [VCPU_##name] = (reset),
#define VCPU_KEY(name, encoding)
#include "vcpu.def"
#undef VCPU_REG
#undef VCPU_KEY
};

static const struct spelling {
    void (*save)(uint64_t *el1);
    void (*load)(const uint64_t *el1);
} spellings[] =
    {
        {save_plain, load_plain},
        {save_vhe,   load_vhe  }
},
  *spelling;

bool vcpu_has_vhe(void) { return (READ_SYSREG(id_aa64mmfr1_el1) >> 8 & 0xf) != 0; }

void vcpu_init(void) {
    bool vhe = vcpu_has_vhe();
    uint64_t isar1 = READ_SYSREG(id_aa64isar1_el1);
    has_keys = (isar1 >> 4 & 0xff) != 0; /* APA, API */
    spelling = &spellings[vhe];
    vcpu_cptr = vhe ? CPTR_VHE : CPTR_PLAIN;
    vcpu_cptr_fp = vhe ? CPTR_VHE | CPTR_FPEN : CPTR_PLAIN;
    vcpu_cptr_shut = vhe ? CPTR_VHE & ~CPTR_FPEN : CPTR_PLAIN | CPTR_TFP;
    vcpu_hcr = HCR_VM | HCR_SWIO | HCR_FMO | HCR_IMO | HCR_AMO | HCR_FB | HCR_BSU_IS | HCR_TWI |
               HCR_TID3 | HCR_TSC | HCR_TIDCP | HCR_TACR | HCR_TSW | HCR_RW;
    vcpu_hcr |= (has_keys ? HCR_APK | HCR_API : 0) | (vhe ? HCR_E2H : 0);
}

void vcpu_init_cpu(void) {
    uint64_t range = READ_SYSREG(id_aa64mmfr0_el1) & 0xf;
    bool vhe = vcpu_has_vhe();
    WRITE_SYSREG(vtcr_el2, VTCR_FIXED | (range > 5 ? 5 : range) << 16);
    WRITE_SYSREG(vpidr_el2, READ_SYSREG(midr_el1));
    WRITE_SYSREG(mdcr_el2,
                 MDCR_TRAPS | (READ_SYSREG(pmcr_el0) >> 11 & 0x1f)); /* HPMN: all, none usable */
    WRITE_SYSREG(mdscr_el1, 0);
    WRITE_SYSREG(cptr_el2, vcpu_cptr);
    WRITE_SYSREG(cnthctl_el2, vhe ? CNTHCTL_VHE : CNTHCTL_PLAIN);
    WRITE_SYSREG(hstr_el2, 0);
    WRITE_SYSREG(hcr_el2, vcpu_hcr);
    WRITE_SYSREG(vttbr_el2, 0);
    isb();
}

void vcpu_reset(struct vcpu *vcpu, uint64_t entry, uint64_t argument) {
    vcpu->frame = (struct frame){.x[0] = argument, .elr = entry, .spsr = SPSR_EL1H | SPSR_DAIF};
    vcpu->flight = (struct flight){0};
    vcpu->sleeping = false;
    __builtin_memcpy(vcpu->el1, reset_values, sizeof(reset_values));
    vcpu->el1[VCPU_VMPIDR_EL2] = vcpu->mpidr | UINT64_C(1) << 31;
    __builtin_memset(vcpu->fp, 0, sizeof(vcpu->fp));
}

void vcpu_unload(struct cpu *cpu) {
    struct vcpu *vcpu = cpu->vcpu;
    if (vcpu == NULL) return;
    spelling->save(vcpu->el1);
    if (has_keys) save_keys(vcpu->el1);
    fp_save(vcpu->fp);
    cpu->vcpu = NULL;
}

void vcpu_load(struct cpu *cpu, struct vcpu *vcpu) {
    vcpu_unload(cpu);
    WRITE_SYSREG(vttbr_el2, vcpu->vm->vttbr);
    isb();
    /* Another vCPU of this VM may have been here: what is private to a PE is not tagged (D8.13.1).
     */
    __asm__ volatile("tlbi vmalls12e1\n ic iallu" ::: "memory");
    dsb(nsh);
    spelling->load(vcpu->el1);
    if (has_keys) load_keys(vcpu->el1);
    fp_load(vcpu->fp);
    deliver_load(vcpu);
    WRITE_SYSREG(sp_el0, vcpu->frame.sp_el0);
    WRITE_SYSREG(tpidr_el0, vcpu->frame.tpidr_el0);
    WRITE_SYSREG(tpidrro_el0, vcpu->frame.tpidrro_el0);
    isb();
    cpu->vcpu = vcpu;
}

void vcpu_turn_off(struct vcpu *vcpu) {
    if (vcpu_has_vhe())
        WRITE_SYSREG(cntv_ctl_el02, 0); /* nobody is left to take it */
    else
        WRITE_SYSREG(cntv_ctl_el0, 0);
    deliver_withdraw(vcpu->cpu, vcpu);
    atomic_store_explicit(&vcpu->state, VCPU_STATE_OFF, memory_order_release);
}

/* OFF -> claimed -> PENDING, so that the entry is there before its CPU looks. */
enum status vcpu_turn_on(struct vcpu *vcpu, uint64_t entry, uint64_t argument, uint64_t *before) {
    unsigned state = VCPU_STATE_OFF;
    bool won = atomic_compare_exchange_strong(&vcpu->state, &state, VCPU_STATE_CLAIMED);
    *before = vcpu_state(vcpu);
    if (!won) return STATUS_BUSY;
    vcpu->entry = entry;
    vcpu->argument = argument;
    atomic_store(&vcpu->state, VCPU_STATE_PENDING);
    cpu_request(vcpu->cpu, REQUEST_VM);
    return STATUS_OK;
}

/* The EL1 registers that an exception reads and writes, of the loaded vCPU. */
#define EL1_GET(reg) (vcpu_has_vhe() ? READ_SYSREG(reg##_el12) : READ_SYSREG(reg##_el1))
#define EL1_SET(reg, value)                                                                        \
    do {                                                                                           \
        if (vcpu_has_vhe())                                                                        \
            WRITE_SYSREG(reg##_el12, value);                                                       \
        else                                                                                       \
            WRITE_SYSREG(reg##_el1, value);                                                        \
    } while (false)

static void inject(struct vcpu *vcpu, uint64_t esr) {
    EL1_SET(esr, esr);
    EL1_SET(elr, vcpu->frame.elr);
    EL1_SET(spsr, vcpu->frame.spsr);
    inject_take(&vcpu->frame, EL1_GET(vbar), EL1_GET(sctlr), READ_SYSREG(id_aa64mmfr1_el1),
                READ_SYSREG(id_aa64pfr1_el1));
}

void vcpu_inject_undefined(struct vcpu *vcpu) { inject(vcpu, INJECT_UNDEFINED); }

void vcpu_inject_abort(struct vcpu *vcpu, uint64_t esr, uint64_t far, unsigned status) {
    EL1_SET(far, far);
    inject(vcpu, inject_abort(vcpu->frame.spsr, esr, status));
}

struct access_stage1 vcpu_stage1(void) {
    return (struct access_stage1){
        .tcr = EL1_GET(tcr),
        .ttbr = {EL1_GET(ttbr0), EL1_GET(ttbr1)},
        .big_endian = (EL1_GET(sctlr) >> 25 & 1) != 0,
    };
}

uint64_t vcpu_sp(const struct vcpu *vcpu) {
    return (vcpu->frame.spsr & 0xf) == SPSR_EL1H ? READ_SYSREG(sp_el1) : READ_SYSREG(sp_el0);
}

void vcpu_sp_set(struct vcpu *vcpu, uint64_t sp) {
    if ((vcpu->frame.spsr & 0xf) == SPSR_EL1H)
        WRITE_SYSREG(sp_el1, sp);
    else
        WRITE_SYSREG(sp_el0, sp);
}
