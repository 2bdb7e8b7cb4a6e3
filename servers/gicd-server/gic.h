/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The GICv3 of one VM, with its three faces: distributor, redistributors, SGIs. Its state is
 * policy, what the guest has written and may read back. What is pending or active is not here: the
 * kernel has that. Sections are those of the GIC architecture specification, Arm IHI 0069.
 *
 * The server may be cut off anywhere; the access is then made again on the state that is left. So a
 * change is told to the kernel first and written down after that: telling it twice does no harm.
 */
#pragma once

#include <server.h>

#define GIC_SPI_FIRST 32u

struct gic_block {    /* 32 INTIDs; bit n is the nth's */
    uint32_t where;   /* the kernel's name of the block */
    uint32_t control; /* GICD_CTLR_ENABLE_GRP*, as the kernel was last told for this block */
    uint32_t enabled, group1;
    uint32_t config[2];   /* as ICFGR */
    uint32_t priority[8]; /* as IPRIORITYR */
};

/* GICD_CTLR, GICD_TYPER, GICD_IIDR, GICD_TYPER2, as the guest reads them. */
#define GIC_HEAD 4u

static inline bool gic_is_head(uint64_t offset) { return (offset & ~UINT64_C(12)) == 0; }

struct gic { /* its size is a power of two: an index is a shift */
    _Alignas(16384) uint32_t head[GIC_HEAD];
    struct config_vm config;
    uint32_t vm;
    uint32_t awake; /* bit n: GICR_WAKER.ProcessorSleep of vCPU n is clear */
    uint32_t plain; /* the set of all vCPUs if each one's affinity is its number, else 0 */
    struct gic_block private[VCPU_MAX];
    struct gic_block spi[SPI_END / 32]; /* by INTID / 32; the first is unused */
    uint64_t affinity[SPI_END];         /* GICD_IROUTER by INTID */
};

#define GICD_CTLR_ENABLE_GRP0 1u
#define GICD_CTLR_ENABLE_GRP1 2u

/* Product 'S'. Implementer Arm, as in the identification registers: software knows Arm's GICs. */
#define GIC_IIDR              0x5300043bu
/* PIDR4-7, PIDR0-3 (PIDR2.ArchRev: 3) and CIDR0-3 end both register frames (12.1.5). */
#define GIC_IDENTITY          0xffd0u

static inline uint32_t gic_identity(uint32_t offset) {
    static const uint8_t bytes[16] = {0x44, 0, 0, 0, 0x92, 0xb4, 0x3b, 0, 0x0d, 0xf0, 0x05, 0xb1};
    return bytes[(offset - GIC_IDENTITY) / 4 % sizeof(bytes)];
}

/*
 * What the model asks of the kernel, which alone knows what is pending, active or on its way to a
 * vCPU (include/skerry/syscall.h, SYS_IRQ_*). main.c makes system calls of these; the host tests
 * put a kernel of their own here. No call fails if the system description grants the right `irq`.
 */
struct irq_masks { /* bit n: INTID n of the block */
    uint32_t pending, active;
};

void irq_calls_send(uint32_t vm, uint32_t where, enum irq_op op, uint32_t mask);
void irq_calls_set(uint32_t vm, uint32_t where, uint32_t intid, enum irq_attr attr, uint32_t value);
struct irq_masks irq_calls_read(uint32_t vm, uint32_t where);

/*
 * GICD_*, in a frame of 64 KiB, and GICR_*, two frames for each vCPU, one vCPU after another.
 * `offset`: from the start of the window; `size`: bytes, 1 to 8. Where no register is, and for an
 * absent vCPU, a read gives zero. All return the reply itself, so that a visit is a chain of jumps.
 */
struct reply distributor_read(const struct gic *gic, uint32_t offset, unsigned size);
struct reply distributor_write(struct gic *gic, uint32_t offset, unsigned size, uint64_t value);
struct reply redistributor_read(const struct gic *gic, uint32_t offset, unsigned size);
struct reply redistributor_write(struct gic *gic, uint32_t offset, unsigned size, uint64_t value);

/* ICC_SGI1R_EL1 (`group1_too`), ICC_ASGI1R_EL1 or ICC_SGI0R_EL1 written by the vCPU `sender`. */
struct reply sgi_send(const struct gic *gic, unsigned sender, bool group1_too, uint64_t value);

/* Set reset values, whatever the model held before; distributor_reset those of the redistributors,
 * too. `tell`: the kernel may hold other values and is told these, by up to 14 calls for each block
 * of 32 INTIDs and one for each SPI. When the kernel has made the VM anew, it has these already. */
void distributor_reset(struct gic *gic, uint8_t vm, const struct config_vm *config, bool tell);
void redistributor_reset(struct gic *gic, uint32_t vcpu, bool tell);
