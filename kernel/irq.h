/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts of a VM: a word for each, and the choice of what stands in the list registers. The
 * system calls of gicd-server and of device servers, a physical interrupt that is a VM's own, and
 * lr.c change words; what then has to be done elsewhere is left in `due` and `physical`. Pure:
 * the caller holds the VM's lock, lr.c moves struct lr_state from and to the hardware.
 *
 * The rules (IHI 0069, GICv3 and GICv4: chapter 6, virtual interrupt handling, and the registers
 * named):
 * - A list register (ICH_LRn_EL2) holds an interrupt that is pending, active or both. The
 *   pending latch *moves* into it and comes back only if it was not acknowledged: an edge that
 *   arrives meanwhile sets the word's own latch, so none is lost or counted twice.
 * - Level: pending while the line is high. LR.EOI asks for a maintenance interrupt at deactivation
 *   only while something would be pending then; a line that has gone low before costs nothing.
 * - HOLD, UNPEND, another priority or target take a pending interrupt out of its list register or
 *   rewrite it; an active one stays with its vCPU until it is deactivated.
 * - More than fit: highest priorities first; a pending one gives way before an active one, but one
 *   list register is left to the best pending interrupt whatever is active, since a guest with
 *   EOImode 1 may acknowledge any number. NPIE brings the next when none is pending any more. An
 *   interrupt of a group that ICC_IGRPENn disables comes last; VGrpnEIE and VGrpnDIE tell when
 *   that changes, else such a one could block a list register for ever.
 * - An active interrupt that lost its list register stays outside. LRENPIE reports its EOI, by
 *   count only (ICH_HCR_EL2.EOIcount): with EOImode 0 guests complete in reverse order, so it was
 *   the highest priority outside. ICC_DIR_EL1 names its INTID and is trapped (TDIR) then, and
 *   always in a VM of several vCPUs: an SPI may be deactivated on another PE.
 * - A route: the physical interrupt stays active until the guest deactivates the virtual one,
 *   which HW=1 does without an exit. HW=1 must not be pending and active (ICH_LRn_EL2.State): an
 *   interrupt that also has its latch set goes with HW=0 and EOI, and is deactivated through
 *   `physical`. The line of a level route is never sampled here: deactivated too early, it fires
 *   again. Held by the guest it stays physically active; DELIVER deactivates it, so that the
 *   physical GIC looks at the line.
 */
#pragma once

#include <skerry/image.h>
#include <skerry/syscall.h>

#define LR_MAX                 16

/* ICH_LRn_EL2. */
#define LR_PENDING             (UINT64_C(1) << 62)
#define LR_ACTIVE              (UINT64_C(1) << 63)
#define LR_STATE               (LR_PENDING | LR_ACTIVE)
#define LR_HW                  (UINT64_C(1) << 61)
#define LR_GROUP1_SHIFT        60
#define LR_GROUP1              (UINT64_C(1) << LR_GROUP1_SHIFT)
#define LR_EOI                 (UINT64_C(1) << 41) /* with HW=0 */
#define LR_PRIORITY_SHIFT      48
#define LR_PINTID_SHIFT        32 /* with HW=1 */

/* ICH_HCR_EL2. */
#define ICH_HCR_EN             (1u << 0)
#define ICH_HCR_LRENPIE        (1u << 2)
#define ICH_HCR_NPIE           (1u << 3)
#define ICH_HCR_VGRPEIE(g)     (1u << (4 + 2 * (g)))
#define ICH_HCR_VGRPDIE(g)     (1u << (5 + 2 * (g)))
#define ICH_HCR_TDIR           (1u << 14)
#define ICH_HCR_HELD           (7u << 10) /* TC, TALL0, TALL1, and not En: lr_hold */
#define ICH_HCR_EOICOUNT_SHIFT 27
#define ICH_HCR_EOICOUNT_MASK  (0x1fu << ICH_HCR_EOICOUNT_SHIFT)
#define ICH_HCR_EOICOUNT(h)    ((uint8_t)((h) >> ICH_HCR_EOICOUNT_SHIFT & 0x1f))

/* ICH_VMCR_EL2. */
#define ICH_VMCR_VENG(g)       (1u << (g))
#define ICH_VMCR_VCBPR         (1u << 4)
#define ICH_VMCR_VEOIM         (1u << 9)
#define ICH_VMCR_VBPR1(v)      ((v) >> 18 & 7)
#define ICH_VMCR_VBPR0(v)      ((v) >> 21 & 7)
#define ICH_VMCR_VPMR(v)       ((v) >> 24 & 0xff)

/* The list registers of one vCPU, and what else of its CPU interface the choice looks at. While the
 * vCPU is loaded, lr.c refreshes lr[], vmcr, eoi_count before irq_sync and writes `touched` after.
 */
struct lr_state {
    uint64_t lr[LR_MAX];
    uint32_t vmcr;
    uint32_t hcr;       /* ICH_HCR_EL2 as it must be, EOIcount zero */
    uint32_t apr[2][4]; /* ICH_AP0Rn, ICH_AP1Rn; of a vCPU that is not loaded */
    uint16_t used;      /* bit i: lr[i] holds an interrupt, or did when it was last read */
    uint16_t touched;   /* bit i: lr[i] must be written to the hardware */
    uint16_t running;   /* priority of the running interrupt, 0x100: none; for irq_wakes */
    uint8_t count;      /* implemented, 1..16 */
    uint8_t eoi_count;
};

/* A set of INTIDs in order of priority; level = priority / 8, the 5 bits that each virtual CPU
 * interface has. Adding is constant, finding the first and removing look at one block of 32. */
#define IRQ_LEVELS 32
#define IRQ_BLOCKS (SPI_END / 32)
struct irq_queue {
    uint32_t levels;             /* bit l: blocks[l] is not 0 */
    uint32_t blocks[IRQ_LEVELS]; /* [l], bit b: bits[b] has a member of level l */
    uint32_t bits[IRQ_BLOCKS];
};
enum irq_queue_kind {
    IRQ_READY0, /* group 0: deliverable, pending, waits for a list register */
    IRQ_READY1,
    IRQ_OUTSIDE, /* active, in no list register */
    IRQ_QUEUES
};

/* A physical interrupt to deactivate: a PPI at the redistributor of the CPU where `vcpu` is; of an
 * SPI `vcpu` is 0. */
struct irq_physical {
    uint16_t intid;
    uint16_t vcpu;
};
#define IRQ_PHYSICAL_MAX 48 /* one call: 32 of a block, or 16 list registers and 31 of EOIcount */

struct irq_vm {
    uint32_t vcpu_count;
    uint32_t spi_end;
    uint32_t due;     /* bit v: vCPU v has to lr_sync; send a kick for bits that a call has added */
    uint32_t changed; /* bit v: what its list registers hold has changed, not only something new */
    uint32_t physical_count; /* the caller deactivates these after each call, and sets it to 0 */
    struct irq_physical physical[IRQ_PHYSICAL_MAX];
    uint32_t private[VCPU_MAX][32];
    uint32_t spi[SPI_END];   /* by INTID */
    uint16_t route[SPI_END]; /* physical INTID by virtual INTID */
    struct irq_queue queue[VCPU_MAX][IRQ_QUEUES];
};

/* All interrupts at the reset state: held, inactive, SGI edge, PPI and SPI level, group 0, priority
 * 0, SPIs to vCPU 0, no route. */
void irq_init(struct irq_vm *vm, uint32_t vcpu_count, uint32_t spi_end);

/* As irq_init, but routes, the level of lines and what is active physically remain. No vCPU of
 * the VM is loaded; each gets lr_reset. */
void irq_reset(struct irq_vm *vm);

/* Makes the physical interrupt `intid` the VM's `virtual_intid`, for a PPI at every vCPU. */
enum status irq_route(struct irq_vm *vm, uint32_t virtual_intid, uint16_t intid, bool edge);

/* SYS_IRQ_OP, SYS_IRQ_ATTR (include/skerry/syscall.h). BAD_HANDLE: no such place or vCPU, BAD_CALL:
 * no such operation there, RANGE. An attribute's INTID lies in the block that `where` names. After
 * ACTIVATE and DEACTIVATE the caller waits until the vCPUs that became due are synchronised:
 * whether an interrupt is active only its list register knows, and the guest may change it
 * meanwhile. */
enum status irq_op(struct irq_vm *vm, uint64_t where, uint64_t op, uint64_t mask);
enum status irq_attr(struct irq_vm *vm, uint64_t where, uint64_t intid, uint64_t attr,
                     uint64_t value);

/* The masks of SYS_IRQ_GET: exact once the vCPUs are synchronised that irq_recall made due, since
 * what the guest did is in their list registers. It returns them. */
struct irq_masks {
    uint32_t pending, active, line;
};
enum status irq_get(const struct irq_vm *vm, uint64_t where, struct irq_masks *masks);
uint32_t irq_recall(struct irq_vm *vm, uint64_t where);

/* A device's line. `vcpu` is used for a PPI only. BAD_HANDLE; DENIED for a route's INTID. */
enum status irq_line(struct irq_vm *vm, uint32_t vcpu, uint32_t intid, bool high);

/* The physical interrupt behind `intid` was acknowledged and dropped, and is active. `vcpu` is the
 * one of a PPI. */
void irq_fire(struct irq_vm *vm, uint32_t vcpu, uint32_t intid);

/* The short way of irq_fire (at a level route) and of PEND, for the loaded vCPU: an interrupt with
 * nothing else to it goes straight into a list register, or again into the one where it ended.
 * Returns which, for the caller to write; or LR_MAX, nothing done: take the long way. Needs lr[]
 * fresh. */
enum irq_cause {
    IRQ_FIRED,
    IRQ_PENDED,
};
uint32_t irq_put_short(struct irq_vm *vm, uint32_t vcpu, uint32_t intid, enum irq_cause cause,
                       struct lr_state *lists);

/* A write of ICC_DIR_EL1 that was trapped, with EOImode 1; any INTID. */
void irq_deactivate(struct irq_vm *vm, uint32_t vcpu, uint32_t intid);

/* Takes what has ended out of `lists` and places what waits in free list registers; needs lr[]
 * fresh. False if that was not enough, or ICH_HCR_EL2 may have to change: irq_sync follows. */
bool irq_sync_free(struct irq_vm *vm, uint32_t vcpu, struct lr_state *lists);

/* Puts words and list registers in step; needs lr[], vmcr, eoi_count fresh. */
void irq_sync(struct irq_vm *vm, uint32_t vcpu, struct lr_state *lists);

/* Empties the list registers: the vCPU goes off, its interrupts back to their words. */
void irq_withdraw(struct irq_vm *vm, uint32_t vcpu, struct lr_state *lists);

/* Would an interrupt be signalled to the vCPU, so that WFI ends? Needs lr[], vmcr, running fresh.
 */
bool irq_wakes(const struct irq_vm *vm, uint32_t vcpu, const struct lr_state *lists);
