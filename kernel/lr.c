/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Moves struct lr_state from and to the registers of the virtual CPU interface (IHI 0069, chapter
 * 6). Only list registers that hold something are read, only those that changed are written. They
 * are read themselves and not ICH_ELRSR_EL2: a read of the same register sees an earlier write
 * without an ISB, ICH_ELRSR_EL2 does not have to. Nothing is decided here.
 */
#include "lr.h"

#include "sysreg.h"

#define LR_1_TO_7(X)       X(1) X(2) X(3) X(4) X(5) X(6) X(7)
#define LR_8_TO_15(X)      X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)

#define VTR_LIST_REGS(vtr) (((vtr)&0x1f) + 1)
#define VTR_PREBITS(vtr)   (((vtr) >> 26 & 7) + 1) /* 5 to 7: 1, 2 or 4 active priority registers */
#define VMCR_VBPR(v0, v1)  ((uint32_t)(v1) << 18 | (uint32_t)(v0) << 21)
#define RUNNING_NONE       0x100
#define INTID_BITS         0xffffff

/* List register 0 apart: most often it is the only one. */
static uint64_t list_read(uint32_t i) {
    if (i == 0) return READ_SYSREG(ich_lr0_el2);
#define CASE(n)                                                                                    \
    case n: return READ_SYSREG(ich_lr##n##_el2);
    switch (i) {
        LR_1_TO_7(CASE)
        LR_8_TO_15(CASE)
    }
#undef CASE
    return 0;
}

static void list_write(uint32_t i, uint64_t value) {
    if (i == 0) {
        WRITE_SYSREG(ich_lr0_el2, value);
        return;
    }
#define CASE(n)                                                                                    \
    case n: WRITE_SYSREG(ich_lr##n##_el2, value); break;
    switch (i) {
        LR_1_TO_7(CASE)
        LR_8_TO_15(CASE)
    }
#undef CASE
}

/* The guest changes the state and nothing else; what is in `touched` is newer than the hardware. */
static void lists_read(struct lr_state *lists) {
    for (uint32_t used = lists->used & ~(uint32_t)lists->touched; used; used &= used - 1) {
        uint32_t i = (uint32_t)__builtin_ctz(used);
        lists->lr[i] = (lists->lr[i] & ~LR_STATE) | (list_read(i) & LR_STATE);
    }
}

static void lists_write(struct lr_state *lists) {
    for (uint32_t touched = lists->touched; touched; touched &= touched - 1) {
        uint32_t i = (uint32_t)__builtin_ctz(touched);
        list_write(i, lists->lr[i]);
    }
    lists->touched = 0;
}

/* Registers beyond those that PREbits implies are UNDEFINED (ICH_AP0R<n>_EL2). */
#define PRIORITIES_EACH(bits, X)                                                                   \
    X(0)                                                                                           \
    if ((bits) >= 6) {                                                                             \
        X(1)                                                                                       \
    }                                                                                              \
    if ((bits) >= 7) {                                                                             \
        X(2)                                                                                       \
        X(3)                                                                                       \
    }

static void priorities_read(struct lr_state *lists) {
#define READ(n)                                                                                    \
    lists->apr[0][n] = (uint32_t)READ_SYSREG(ich_ap0r##n##_el2);                                   \
    lists->apr[1][n] = (uint32_t)READ_SYSREG(ich_ap1r##n##_el2);
    PRIORITIES_EACH(VTR_PREBITS(READ_SYSREG(ich_vtr_el2)), READ)
#undef READ
}

static void priorities_write(const struct lr_state *lists) {
#define WRITE(n)                                                                                   \
    WRITE_SYSREG(ich_ap0r##n##_el2, lists->apr[0][n]);                                             \
    WRITE_SYSREG(ich_ap1r##n##_el2, lists->apr[1][n]);
    PRIORITIES_EACH(VTR_PREBITS(READ_SYSREG(ich_vtr_el2)), WRITE)
#undef WRITE
}

/* Bit n of the active priorities stands for group priority n << (8 - PREbits). */
static uint16_t priorities_running(const struct lr_state *lists) {
    uint64_t bits = VTR_PREBITS(READ_SYSREG(ich_vtr_el2));

    for (uint32_t n = 0; n < 4; n++) {
        uint32_t active = lists->apr[0][n] | lists->apr[1][n];
        if (active) return (uint16_t)((32 * n + (uint32_t)__builtin_ctz(active)) << (8 - bits));
    }
    return RUNNING_NONE;
}

void lr_reset(struct irq_vm *vm, uint32_t vcpu, struct lr_state *lists) {
    uint64_t vtr = READ_SYSREG(ich_vtr_el2);
    uint64_t point = 7 - VTR_PREBITS(vtr); /* the smallest binary point, ICC_BPR0_EL1 */

    *lists = (struct lr_state){
        .count = (uint8_t)VTR_LIST_REGS(vtr),
        .vmcr = VMCR_VBPR(point, point + 1),
        .hcr = ICH_HCR_EN,
        .running = RUNNING_NONE,
    };
    vm->due |= 1u << vcpu; /* the first lr_sync gives ICH_HCR_EL2 its value */
    vm->changed |= 1u << vcpu;
}

void lr_load(const struct lr_state *lists) {
    for (uint32_t i = 0; i < lists->count; i++) list_write(i, lists->lr[i]);
    priorities_write(lists);
    WRITE_SYSREG(ich_vmcr_el2, lists->vmcr);
    WRITE_SYSREG(ich_hcr_el2, lists->hcr | (uint64_t)lists->eoi_count << ICH_HCR_EOICOUNT_SHIFT);
}

void lr_save(struct lr_state *lists) {
    lists_read(lists);
    lists->touched = 0;
    priorities_read(lists);
    lists->vmcr = (uint32_t)READ_SYSREG(ich_vmcr_el2);
    lists->eoi_count = ICH_HCR_EOICOUNT(READ_SYSREG(ich_hcr_el2));
    WRITE_SYSREG(ich_hcr_el2, 0);
}

void lr_hold(void) {
    WRITE_SYSREG(ich_hcr_el2, (READ_SYSREG(ich_hcr_el2) & ICH_HCR_EOICOUNT_MASK) | ICH_HCR_HELD);
}

void lr_let_go(uint32_t hcr) {
    WRITE_SYSREG(ich_hcr_el2, (READ_SYSREG(ich_hcr_el2) & ICH_HCR_EOICOUNT_MASK) | hcr);
}

void lr_sync(struct irq_vm *vm, uint32_t vcpu, struct lr_state *lists) {
    lists_read(lists);
    if (irq_sync_free(vm, vcpu, lists)) {
        lists_write(lists);
        return;
    }
    lists->vmcr = (uint32_t)READ_SYSREG(ich_vmcr_el2);
    uint64_t hcr = READ_SYSREG(ich_hcr_el2);
    lists->eoi_count = ICH_HCR_EOICOUNT(hcr);
    irq_sync(vm, vcpu, lists);
    lists_write(lists);
    /* After the lists, else NPIE would see the old ones; held (lr_hold): when it is let go. */
    WRITE_SYSREG(ich_hcr_el2, (hcr & ICH_HCR_HELD) != 0 ? ICH_HCR_HELD : lists->hcr);
}

void lr_maintain(struct irq_vm *vm, uint32_t vcpu, struct lr_state *lists) {
    vm->changed |= 1u << vcpu;
    lr_sync(vm, vcpu, lists);
}

static void sync_if_due(struct irq_vm *vm, uint32_t vcpu, struct lr_state *lists) {
    if (vm->due >> vcpu & 1) lr_sync(vm, vcpu, lists);
}

static bool put_short(struct irq_vm *vm, uint32_t vcpu, struct lr_state *lists, uint32_t intid,
                      enum irq_cause cause) {
    lists_read(lists);
    uint32_t i = irq_put_short(vm, vcpu, intid, cause, lists);
    if (i == LR_MAX) return false;
    list_write(i, lists->lr[i]);
    return true;
}

void lr_fire(struct irq_vm *vm, uint32_t vcpu, struct lr_state *lists, uint32_t intid) {
    if (put_short(vm, vcpu, lists, intid, IRQ_FIRED)) return;
    irq_fire(vm, vcpu, intid);
    sync_if_due(vm, vcpu, lists);
}

void lr_pend(struct irq_vm *vm, uint32_t vcpu, struct lr_state *lists, uint32_t intid) {
    if (put_short(vm, vcpu, lists, intid, IRQ_PENDED)) return;
    (void)irq_op(vm, IRQ_WHERE_SGI(intid), IRQ_PEND, UINT64_C(1) << vcpu);
    sync_if_due(vm, vcpu, lists);
}

void lr_deactivate(struct irq_vm *vm, uint32_t vcpu, struct lr_state *lists, uint64_t value) {
    if (!(READ_SYSREG(ich_vmcr_el2) & ICH_VMCR_VEOIM)) return;
    irq_deactivate(vm, vcpu, (uint32_t)value & INTID_BITS);
    sync_if_due(vm, vcpu, lists);
}

bool lr_wakes(const struct irq_vm *vm, uint32_t vcpu, struct lr_state *lists) {
    if (lists->used == 0 && vm->queue[vcpu][IRQ_READY0].levels == 0 &&
        vm->queue[vcpu][IRQ_READY1].levels == 0)
        return false;
    lists_read(lists);
    priorities_read(lists);
    lists->vmcr = (uint32_t)READ_SYSREG(ich_vmcr_el2);
    lists->running = priorities_running(lists);
    return irq_wakes(vm, vcpu, lists);
}

void lr_withdraw(struct irq_vm *vm, uint32_t vcpu, struct lr_state *lists) {
    lr_save(lists);
    irq_withdraw(vm, vcpu, lists);
    lists->touched = 0;
}
