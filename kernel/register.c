/* SPDX-License-Identifier: BSD-2-Clause */
/* Trapped system registers of guests: ID registers show only what is switched (id.def), some
 * registers are a server's, register.def has the rest. All others are Undefined. */
#include "vcpu.h"

#define ISS_RT(iss) ((iss) >> 5 & 31)
#define ISS_ID      (SYSREG_ENCODING(3, 7, 15, 8, 0) | ISS_READ) /* op0 op1 CRn CRm<3>, a read */

enum action { UNDEFINED, IGNORED, SET_WAY, DEACTIVATE }; /* from SET_WAY on, writes only */

static const struct {
    uint32_t mask, value;
    uint8_t action, reads; /* enum action; what a read gives */
} registers[] = {
#define REGISTER(op0, op1, crn, crm, crm_mask, op2, op2_mask, action, reads)                       \
    {((action) == UNDEFINED ? 0 : SYSREG_ENCODING(3, 7, 15, crm_mask, op2_mask)) |                 \
         ((action) >= SET_WAY ? ISS_READ : 0),                                                     \
     SYSREG_ENCODING(op0, op1, crn, crm, op2), action, reads},
#include "register.def"
};

static uint64_t id_registers[8][8]; /* ID_*_EL1 as guests see them, by CRm and op2 */

void register_identify(void) {
#define ID_REGISTER(crm, op2, name, shown, set)                                                    \
    id_registers[crm][op2] = (READ_SYSREG(name) & UINT64_C(shown)) | (set);
#include "id.def"
}

static struct frame *finish(struct vcpu *vcpu, uint64_t esr, uint64_t value) {
    if ((esr & ISS_READ) != 0 && ISS_RT(esr) != 31) vcpu->frame.x[ISS_RT(esr)] = value;
    access_skip(&vcpu->frame, esr);
    return &vcpu->frame;
}

static NOINLINE struct frame *access_other(struct cpu *cpu, struct vcpu *vcpu, uint64_t esr) {
    uint32_t iss = (uint32_t)esr & 0x1ffffff, row = 0;
    uint64_t written = ((uint64_t *)&vcpu->frame)[ISS_RT(iss)]; /* XZR is there, too */
    vcpu->flight.esr = esr;
    vcpu->flight.window = window_search(vcpu->vm->registers, iss & ISS_REGISTER);
    if (vcpu->flight.window->server != NULL) return visit_access(cpu, vcpu);
    while ((iss & registers[row].mask) != registers[row].value) row++;
    switch (registers[row].action) {
    case UNDEFINED: return vcpu_inject(vcpu, INJECT_UNDEFINED);
    case IGNORED: break;
    case DEACTIVATE: deliver_deactivate(cpu, vcpu, written); break;
    case SET_WAY: /* whatever was asked: nobody throws away what another has written (D4.4.8) */
        __asm__ volatile("dc cisw, %0" : : "r"(written) : "memory");
        break;
    }
    (void)finish(vcpu, esr, registers[row].reads);
    return sched_next(cpu); /* deliver_deactivate may have waited, and got something to do */
}

struct frame *register_access(struct cpu *cpu, struct vcpu *vcpu, uint64_t esr) {
    if ((esr & ISS_ID) != SYSREG_ENCODING(3, 0, 0, 0, 0) + ISS_READ)
        return access_other(cpu, vcpu, esr);
    return finish(vcpu, esr, id_registers[esr >> 1 & 7][esr >> 17 & 7]);
}
