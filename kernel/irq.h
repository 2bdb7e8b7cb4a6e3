/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts of a VM: a word for each, and the choice of what stands in the list registers. Pure:
 * deliver.c calls it under the VM's lock and moves struct lr_state from and to the hardware.
 * docs/interrupts.md has examples; the rules (IHI 0069: chapter 6, and the registers named):
 * - The pending latch *moves* into the list register and comes back only if the guest has not
 *   acknowledged it. A new edge sets the word's latch again: no edge is lost or counted twice.
 * - An active interrupt keeps its vCPU and, in a list register, the priority and group of its
 *   acknowledge, else its EOI would not find it. If it is pending too, LR.EOI reports its end, and
 *   it is placed anew. HOLD, UNPEND, a new priority or target rewrite a pending one or take it out.
 * - When not all fit, the highest priorities come first, groups that ICC_IGRPENn disables last. A
 *   pending interrupt gives way before an active one, but one list register is left to the best
 *   pending one: a guest with EOImode 1 may acknowledge any number. NPIE brings the next when no
 *   pending one is left; VGrpnEIE and VGrpnDIE report that the guest has switched a group.
 * - LRENPIE reports the EOI of an active interrupt outside, by count only (EOIcount): with EOImode
 *   0 guests complete in reverse order, so it was the last that went outside. ICC_DIR_EL1 names its
 *   INTID and is trapped (TDIR) then, and always with several vCPUs: an SPI may end on another PE.
 * - A route: the physical interrupt stays active until the guest deactivates the virtual one, which
 *   HW=1 does without an exit. As nothing reports that, one whose latch is set, too, goes with HW=0
 *   and EOI. The line of a level route is never sampled here: deactivated too early, it fires
 *   again. Held by the guest, it stays active physically; DELIVER deactivates it. */
#pragma once

#include <skerry/image.h>
#include <skerry/syscall.h>

#include "sysreg.h"

#include "irq.def"

#define LR_MAX 16
/* The list registers of one vCPU, and what else of its CPU interface the choice looks at. */
struct lr_state {
    uint64_t lr[LR_MAX];
    uint32_t vmcr;      /* ICH_VMCR_EL2 */
    uint32_t hcr;       /* ICH_HCR_EL2 as it must be, EOIcount zero */
    uint32_t eoi_count; /* its EOIcount; irq_sync takes it */
    uint32_t used;      /* bit i: lr[i] holds an interrupt, or did when it was last read */
    uint32_t touched;   /* bit i: lr[i] must be written to the hardware */
    uint8_t count;      /* to be used: 1..16 that are there; 0: irq_sync takes everything out */
};

/* The interrupts that wait for a list register of a vCPU, by group and level; and those that are
 * active in none, all at level 0. Rings in order of arrival: a look takes no longer with more. */
enum { IRQ_ACTIVE = 2, IRQ_QUEUES };
struct irq_queues {
    uint32_t levels[IRQ_QUEUES]; /* bit l: level l has an interrupt */
    uint16_t first[IRQ_QUEUES][32];
};
struct irq_entry {
    uint32_t word;           /* WORD_* */
    uint16_t next, previous; /* INTIDs, in its queue */
};

struct irq_vm {
    struct irq_entry private[VCPU_MAX][32];
    struct irq_entry spi[SPI_END]; /* by INTID */
    uint16_t route[SPI_END];       /* physical INTID by virtual INTID */
    uint32_t vcpu_count;
    uint32_t due; /* bit v: vCPU v needs irq_sync, and its CPU has to take what fires again */
    struct irq_queues queues[VCPU_MAX];
};

/* All words as at reset: held, inactive, SGIs edge, PPIs and SPIs level, group 0, priority 0, SPIs
 * to vCPU 0. Kept: routes, the level of lines, what is active physically. No vCPU is loaded. */
void irq_reset(struct irq_vm *vm);

/* Of deliver.c: deactivates a physical interrupt, a PPI at the CPU where `vcpu` is. */
void irq_physical_end(struct irq_vm *vm, uint32_t vcpu, uint32_t intid);

/* Makes the physical interrupt `intid` the VM's `virtual_intid`, for a PPI at every vCPU. What this
 * and irq_line name, image.c has checked. */
void irq_route(struct irq_vm *vm, uint32_t virtual_intid, uint16_t intid, bool edge);

/* SYS_IRQ_OP, SYS_IRQ_ATTR (include/skerry/syscall.h). BAD_HANDLE: no such place or vCPU, BAD_CALL:
 * no such operation there, RANGE: also an INTID outside the block that `where` names. They have
 * taken effect once the vCPUs that became due are synchronised. */
enum status irq_op(struct irq_vm *vm, uint64_t where, uint64_t op, uint64_t mask);
enum status irq_attr(struct irq_vm *vm, uint64_t where, uint64_t intid, uint64_t attr,
                     uint64_t value);

/* The masks of SYS_IRQ_GET: pending, active, line. Call irq_recall first, and synchronise the vCPUs
 * that it makes due: what their guest did is in their list registers, their lines in the GIC. */
enum { IRQ_MASK_PENDING, IRQ_MASK_ACTIVE, IRQ_MASK_LINE, IRQ_MASKS };
enum status irq_get(struct irq_vm *vm, uint64_t where, uint64_t masks[IRQ_MASKS]);
void irq_recall(struct irq_vm *vm, uint64_t where);

/* Sets a device's line, of no route; `vcpu` matters for a PPI only. */
void irq_line(struct irq_vm *vm, uint32_t vcpu, uint32_t intid, bool high);

/* Applies an enum irq_op to one interrupt, which exists. IRQ_FIRE: the physical interrupt behind it
 * was acknowledged and dropped, and is active. IRQ_LOOK: one that fired and that no list register
 * has taken is deactivated physically, so that the physical GIC looks at its line. */
enum { IRQ_FIRE = IRQ_OP_COUNT, IRQ_LOOK };
void irq_change(struct irq_vm *vm, uint32_t vcpu, uint32_t intid, uint32_t op);

/* IRQ_PEND of an SGI and IRQ_FIRE by the short way, for the loaded vCPU: an interrupt in no other
 * state goes straight into a list register, or again into the one where it ended. False: nothing is
 * done, take the long way. lr[] must be fresh. */
bool irq_put(struct irq_vm *vm, uint32_t vcpu, uint32_t intid, uint32_t op, struct lr_state *lists);

/* Puts words and list registers in step; lr[], vmcr and eoi_count must be fresh. */
void irq_sync(struct irq_vm *vm, uint32_t vcpu, struct lr_state *lists);

/* Is an interrupt in the list registers signalled to the PE, so that WFI ends? lr[] and vmcr must
 * be fresh; `running` is the running priority, 0x100 if there is none. */
bool irq_wakes(const struct lr_state *lists, uint32_t running);

/* From here on: words, for irq.c and irq_lists.c only. */
static inline struct irq_entry *entry_at(struct irq_vm *vm, uint32_t vcpu, uint32_t intid) {
    return &(intid < 32 ? vm->private[vcpu] : vm->spi)[intid];
}

static inline uint32_t word_with(uint32_t w, uint32_t field, uint32_t number) {
    return (w & ~field) | number << __builtin_ctz(field);
}

/* A level route that fired is active or pending, never both. */
static inline bool word_pending(uint32_t w) {
    return (w & (WORD_LATCH | WORD_LENT)) || (w & (WORD_LINE | WORD_EDGE)) == WORD_LINE ||
           (w & (WORD_FIRED | WORD_ACTIVE)) == WORD_FIRED;
}

/* Gives a word a new value; the vCPU that has it then, or should get it, becomes due. */
void word_set(struct irq_vm *vm, struct irq_entry *entry, uint32_t intid, uint32_t value);

/* The word after an operation. The second deactivates the physical interrupt, too. */
uint32_t word_apply(struct irq_vm *vm, uint32_t op, uint32_t w, uint32_t intid);
uint32_t word_release(struct irq_vm *vm, uint32_t w, uint32_t intid);
