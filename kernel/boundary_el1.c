/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Boundary el1: the server is a partition at EL1 (on SP_EL0) with a stage 2 of its own. TVM and
 * TRVM trap the registers of virtual memory, CPTR_EL2 the V registers, ICH_HCR_EL2 the GIC. What
 * EL1 can reach beyond that, or what an exception of EL1 writes, is the guest's: saved, given a
 * value that tells nothing, and restored. Its gate page holds the vectors, too, which turn any
 * exception that it takes into an `hvc` (an undefined instruction would loop inside the server
 * otherwise). One list of registers; with VHE the guest's are spelled _EL12 and _EL02.
 */
#include "boundary.h"

#include "cpu.h"
#include "deliver.h"
#include "vcpu.h"
#include "visit.h"

#define GATE_VECTORS 0x800 /* in the gate page: gate.S */
#define GATE_VECTOR  0x100 /* immediates of the vectors' calls, up to this + 15 */

extern const char gate_hvc[];

static struct {
    uint64_t registers[15], fast;
} __attribute__((aligned(64))) kept[CPU_MAX]; /* of the guest, during a visit */

/* KEEP: traps, but exceptions write it. SET: the value that the server finds. */
#define EL1_REGISTERS(KEEP, SET, el1, el0)                                                         \
    SET(sctlr##el1, SCTLR_SERVER)                                                                  \
    SET(cpacr##el1, CPACR_FP)                                                                      \
    SET(cntkctl##el1, 0)                                                                           \
    SET(cntv_ctl##el0, 0) /* no interrupt is lost: its line comes back with the register */        \
    SET(cntv_cval##el0, 0)                                                                         \
    SET(vbar##el1, visit->server->base + GATE_VECTORS)                                             \
    SET(elr##el1, 0)                                                                               \
    SET(spsr##el1, 0)                                                                              \
    SET(sp_el1, 0)                                                                                 \
    SET(tpidr_el1, 0)                                                                              \
    SET(par_el1, 0)                                                                                \
    KEEP(esr##el1)                                                                                 \
    KEEP(far##el1)                                                                                 \
    KEEP(afsr0##el1)                                                                               \
    KEEP(afsr1##el1)

#define SAVE(reg, ...)  *at++ = READ_SYSREG(reg);
#define SET(reg, value) WRITE_SYSREG(reg, value);
#define NOTHING(reg)
#define RESTORE(reg, ...) WRITE_SYSREG(reg, *at++);

static enum status el1_create(struct server *server) {
    return boundary_create_stage2(server, gate_hvc);
}

static void enter_common(struct cpu *cpu, const struct visit *visit) {
    deliver_control(ICH_HCR_HELD);
    kept[cpu->index].fast = cpu->fast[1];
    cpu->fast[1] = ~UINT64_C(0); /* its exceptions look like a guest's: none is to go to fast.S */
    WRITE_SYSREG(cptr_el2, (visit->server->flags & SERVER_FP) != 0 ? vcpu_cptr_fp : vcpu_cptr_shut);
    /* The guest's stage 1 goes before its stage 2. */
    WRITE_SYSREG(hcr_el2, HCR_SERVER_STAGE2 | HCR_TVM | HCR_TRVM | (cpu->hcr & HCR_E2H));
    WRITE_SYSREG(vttbr_el2, visit->ttbr);
}

static void leave_common(struct cpu *cpu) {
    deliver_control(cpu->vcpu != NULL ? cpu->vcpu->lists.hcr : 0);
    cpu->fast[1] = kept[cpu->index].fast;
    WRITE_SYSREG(cptr_el2, vcpu_cptr);
    WRITE_SYSREG(vttbr_el2, cpu->vcpu != NULL ? cpu->vcpu->vm->vttbr : 0);
    WRITE_SYSREG(hcr_el2, cpu->hcr);
    isb(); /* the kernel may translate a guest's address, or load another vCPU */
}

#define BOUNDARY(spelling, el1, el0)                                                               \
    static struct frame *enter_##spelling(struct cpu *cpu, struct visit *visit) {                  \
        uint64_t *at = kept[cpu->index].registers;                                                 \
        EL1_REGISTERS(SAVE, SAVE, el1, el0)                                                        \
        enter_common(cpu, visit);                                                                  \
        EL1_REGISTERS(NOTHING, SET, el1, el0)                                                      \
        return &visit->frame;                                                                      \
    }                                                                                              \
    static struct frame *leave_##spelling(struct cpu *cpu, struct frame *next) {                   \
        const uint64_t *at = kept[cpu->index].registers;                                           \
        EL1_REGISTERS(RESTORE, RESTORE, el1, el0)                                                  \
        leave_common(cpu);                                                                         \
        return next;                                                                               \
    }                                                                                              \
    static bool fault_##spelling(struct frame *frame, uint64_t *esr, uint64_t *far) {              \
        if ((*esr & 0xffff) < GATE_VECTOR) return false;                                           \
        frame->elr = READ_SYSREG(elr##el1);                                                        \
        *esr = READ_SYSREG(esr##el1);                                                              \
        *far = READ_SYSREG(far##el1);                                                              \
        return true;                                                                               \
    }                                                                                              \
    const struct boundary boundary_el1_##spelling = {                                              \
        .name = "el1",                                                                             \
        .spsr = SPSR_EL1T | SPSR_DAIF,                                                             \
        .call_class = EC_HVC64,                                                                    \
        .create = el1_create,                                                                      \
        .enter = enter_##spelling,                                                                 \
        .leave = leave_##spelling,                                                                 \
        .fault = fault_##spelling,                                                                 \
    };

BOUNDARY(vhe, _el12, _el02)
BOUNDARY(plain, _el1, _el0)
