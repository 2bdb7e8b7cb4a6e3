/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a guest reads and writes in vain: ID registers come from a table made at boot, debug and
 * PMU registers read as zero, some registers are a server's. All others are Undefined.
 */
#include "register.h"

#include "deliver.h"
#include "vcpu.h"

#define ISS_READ              1u
#define ISS_RT(iss)           ((uint8_t)((iss) >> 5 & 31))
#define ISS_REGISTER          0x3ffc1eu /* op0 op2 op1 CRn CRm */
#define FIELDS(op0, op1, crn) SYSREG_ENCODING(op0, op1, crn, 0, 0)
#define FIELDS_MASK           FIELDS(3, 7, 15)
#define CRM(iss)              ((unsigned)(iss) >> 1 & 15)
#define OP2(iss)              ((unsigned)(iss) >> 17 & 7)

#define ICC_DIR_EL1           SYSREG_ENCODING(3, 0, 12, 11, 1)
#define ACTLR_EL1             SYSREG_ENCODING(3, 0, 1, 0, 1)
#define OSLSR_EL1             SYSREG_ENCODING(2, 0, 1, 1, 4)
#define OSLSR_OSLM            (UINT64_C(1) << 3) /* the OS lock is there, and open */

void register_identify(struct vm *vm) {
#define ID_REGISTER(crm, op2, name, shown, set)                                                    \
    vm->id_registers[(crm - 1) * 8 + op2] = (READ_SYSREG(name) & UINT64_C(shown)) | (set);
#include "id.def"
#undef ID_REGISTER
    uint64_t *pfr0 = &vm->id_registers[3 * 8];
    if ((*pfr0 >> 56 & 0xf) > 1) *pfr0 = (*pfr0 & ~(UINT64_C(0xf) << 56)) | UINT64_C(1) << 56;
}

/* Debug (op0 = 2, but not trace), and the PMU's registers (K16.? by encoding): harmless. */
static bool is_ignored(uint32_t iss) {
    switch (iss & FIELDS_MASK) {
    case FIELDS(2, 0, 0):
    case FIELDS(2, 0, 1):
    case FIELDS(2, 0, 7):
    case FIELDS(2, 3, 0): return true;
    case FIELDS(3, 0, 9):
    case FIELDS(3, 3, 9): return CRM(iss) >= 12 && CRM(iss) <= 14;
    case FIELDS(3, 3, 14): return CRM(iss) >= 8;
    default: return (iss & ISS_REGISTER) == ACTLR_EL1;
    }
}

/* DC ISW, CSW, CISW: cleaned and invalidated whatever was asked, on this CPU; a guest cannot throw
 * away what another has written (D4.4.8). */
static bool is_set_way(uint32_t iss) {
    return (iss & FIELDS_MASK) == FIELDS(1, 0, 7) && OP2(iss) == 2;
}

static __attribute__((noinline)) struct frame *access_other(struct cpu *cpu, struct vcpu *vcpu,
                                                            uint64_t esr) {
    uint32_t iss = (uint32_t)esr & 0x1ffffff;
    bool read = (iss & ISS_READ) != 0;
    const struct window *window = window_search(vcpu->vm->registers, iss & ISS_REGISTER);
    uint64_t written = read || ISS_RT(iss) == 31 ? 0 : vcpu->frame.x[ISS_RT(iss)];

    if (window != NULL) {
        vcpu->flight.esr = esr;
        vcpu->flight.window = window;
        return visit_access(cpu, vcpu);
    }
    if (is_set_way(iss) && !read) {
        __asm__ volatile("dc cisw, %0" : : "r"(written) : "memory");
    } else if ((iss & ISS_REGISTER) == ICC_DIR_EL1 && !read) {
        deliver_deactivate(cpu, vcpu, written);
    } else if (is_ignored(iss)) {
        if (read && ISS_RT(iss) != 31)
            vcpu->frame.x[ISS_RT(iss)] = (iss & ISS_REGISTER) == OSLSR_EL1 ? OSLSR_OSLM : 0;
    } else {
        vcpu_inject_undefined(vcpu);
        return &vcpu->frame;
    }
    access_skip(&vcpu->frame, esr);
    return &vcpu->frame;
}

struct frame *register_access(struct cpu *cpu, struct vcpu *vcpu, uint64_t esr) {
    uint32_t iss = (uint32_t)esr & 0x1ffffff;
    uint32_t index = (CRM(iss) - 1) * 8 + OP2(iss);

    if ((iss & (FIELDS_MASK | ISS_READ)) != (FIELDS(3, 0, 0) | ISS_READ) || index >= 7 * 8)
        return access_other(cpu, vcpu, esr);
    if (ISS_RT(iss) != 31) vcpu->frame.x[ISS_RT(iss)] = vcpu->vm->id_registers[index];
    access_skip(&vcpu->frame, esr);
    return &vcpu->frame;
}
