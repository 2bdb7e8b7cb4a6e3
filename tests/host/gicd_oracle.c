/* SPDX-License-Identifier: BSD-2-Clause */
/* See gicd_oracle.h. Offsets and values are spelled out, for a shared header would share mistakes.
 */
#include "gicd_oracle.h"

#include <string.h>

#include <skerry/syscall.h>

struct oracle_irq *oracle_irq(struct oracle *oracle, uint32_t vcpu, uint32_t intid) {
    return intid < 32 ? &oracle->private[vcpu][intid] : &oracle->spi[intid];
}

unsigned oracle_target(const struct oracle *oracle, uint32_t intid) {
    for (unsigned vcpu = 0; vcpu < oracle->config.vcpu_count; vcpu++)
        if (oracle->config.mpidr[vcpu] == oracle->spi[intid].route) return vcpu;
    return IRQ_TARGET_NONE;
}

void oracle_reset(struct oracle *oracle) {
    struct config_vm config = oracle->config;

    memset(oracle, 0, sizeof *oracle);
    oracle->config = config;
    for (unsigned vcpu = 0; vcpu < VCPU_MAX; vcpu++) {
        oracle->asleep[vcpu] = true;
        for (unsigned intid = 0; intid < 16; intid++) oracle->private[vcpu][intid].edge = true;
    }
    for (unsigned intid = 32; intid < SPI_END; intid++) oracle->spi[intid].route = config.mpidr[0];
}

/* Reads or writes the bit of one interrupt in the register that has it at `base`; `value` has it at
 * bit 0. */
static unsigned read_bit(const struct oracle_irq *irq, unsigned base) {
    switch (base) {
    case 0x080: return irq->group1;
    case 0x100:
    case 0x180: return irq->enabled;
    case 0x200:
    case 0x280: return irq->pending || (!irq->edge && irq->line);
    }
    return irq->active;
}

static void write_bit(struct oracle_irq *irq, unsigned base, bool bit) {
    if (base == 0x080) irq->group1 = bit;
    if (bit && (base == 0x100 || base == 0x180)) irq->enabled = base == 0x100;
    if (bit && (base == 0x200 || base == 0x280)) irq->pending = base == 0x200;
    if (bit && (base == 0x300 || base == 0x380)) irq->active = base == 0x300;
}

/* The registers of one interrupt. `access` returns its share of a read, shifted into place. */
static uint64_t access_irq(struct oracle_irq *irq, uint32_t intid, uint32_t offset, unsigned size,
                           const uint64_t *write, bool *taken) {
    uint64_t result = 0;

    for (unsigned base = 0x080; base <= 0x380; base += 0x80) {
        if (size != 4 || offset != base + intid / 32 * 4) continue;
        *taken = true;
        result |= (uint64_t)read_bit(irq, base) << intid % 32;
        if (write != NULL) write_bit(irq, base, *write >> intid % 32 & 1);
    }
    uint32_t at = 0x400 + intid;
    if (offset == at && size == 1) {
        *taken = true;
        result |= irq->priority;
        if (write != NULL) irq->priority = (uint8_t)(*write / 8 % 32 * 8);
    }
    if (offset % 4 == 0 && size == 4 && at >= offset && at < offset + 4) {
        *taken = true;
        result |= (uint64_t)irq->priority << (at - offset) * 8;
        if (write != NULL) irq->priority = (uint8_t)(*write >> (at - offset) * 8) & 0xf8;
    }
    if (size == 4 && offset == 0xc00 + intid / 16 * 4) {
        *taken = true;
        result |= (uint64_t)irq->edge << (intid % 16 * 2 + 1);
        if (write != NULL && intid >= 16) irq->edge = *write >> (intid % 16 * 2 + 1) & 1;
    }
    return result;
}

static uint64_t access_route(struct oracle_irq *irq, uint32_t intid, uint32_t offset, unsigned size,
                             const uint64_t *write, bool *taken) {
    uint32_t at = 0x6000 + 8 * intid;
    uint64_t legal = UINT64_C(0x000000ff00ffffff);

    if (size == 8 && offset == at) {
        *taken = true;
        if (write != NULL) irq->route = *write & legal;
        return irq->route;
    }
    if (size == 4 && offset == at) {
        *taken = true;
        if (write != NULL) irq->route = (irq->route >> 32 << 32 | (uint32_t)*write) & legal;
        return (uint32_t)irq->route;
    }
    if (size == 4 && offset == at + 4) {
        *taken = true;
        if (write != NULL) irq->route = ((irq->route & UINT32_MAX) | *write << 32) & legal;
        return irq->route >> 32;
    }
    return 0;
}

static bool read_identity(uint32_t offset, unsigned size, uint64_t *value) {
    static const struct {
        uint32_t offset, value;
    } identity[] = {
        {0xffd0, 0x44},
        {0xffd4, 0x00},
        {0xffd8, 0x00},
        {0xffdc, 0x00},
        {0xffe0, 0x92},
        {0xffe4, 0xb4},
        {0xffe8, 0x3b},
        {0xffec, 0x00},
        {0xfff0, 0x0d},
        {0xfff4, 0xf0},
        {0xfff8, 0x05},
        {0xfffc, 0xb1}
    };

    for (unsigned n = 0; n < sizeof identity / sizeof identity[0]; n++)
        if (size == 4 && offset == identity[n].offset) {
            *value = identity[n].value;
            return true;
        }
    return false;
}

static uint64_t access_gicd(struct oracle *oracle, uint32_t offset, unsigned size,
                            const uint64_t *write, bool *taken) {
    uint64_t result = 0;

    if (offset == 0x0 && size == 4) {
        *taken = true;
        result = 0x50 | (uint64_t)oracle->group0_on | (uint64_t)oracle->group1_on << 1;
        if (write != NULL) {
            oracle->group0_on = *write & 1;
            oracle->group1_on = *write >> 1 & 1;
        }
    }
    if (offset == 0x4 && size == 4) result = 0x07480000 + oracle->config.spi_end / 32 - 1;
    if (offset == 0x8 && size == 4) result = 0x5300043b;
    read_identity(offset, size, &result);
    for (uint32_t intid = 32; intid < oracle->config.spi_end; intid++) {
        result |= access_irq(&oracle->spi[intid], intid, offset, size, write, taken);
        result |= access_route(&oracle->spi[intid], intid, offset, size, write, taken);
    }
    return result;
}

static uint64_t type_of(const struct oracle *oracle, uint32_t vcpu) {
    uint64_t mpidr = oracle->config.mpidr[vcpu], type = 0;

    type |= (mpidr & 0xff) << 32 | (mpidr >> 8 & 0xff) << 40;        /* Aff0, Aff1 */
    type |= (mpidr >> 16 & 0xff) << 48 | (mpidr >> 32 & 0xff) << 56; /* Aff2, Aff3 */
    type |= (uint64_t)vcpu * 0x100;
    if (vcpu == oracle->config.vcpu_count - 1) type |= 0x10;
    return type;
}

static uint64_t access_gicr(struct oracle *oracle, uint32_t offset, unsigned size,
                            const uint64_t *write, bool *taken) {
    uint32_t vcpu = offset / 0x20000, inside = offset % 0x20000;
    uint64_t result = 0;

    if (vcpu >= oracle->config.vcpu_count) return 0;
    if (inside >= 0x10000) {
        for (uint32_t intid = 0; intid < 32; intid++)
            result |= access_irq(&oracle->private[vcpu][intid], intid, inside - 0x10000, size,
                                 write, taken);
        return result;
    }
    if (inside == 0x4 && size == 4) result = 0x5300043b;
    if (inside == 0x8 && size == 8) result = type_of(oracle, vcpu);
    if (inside == 0x8 && size == 4) result = type_of(oracle, vcpu) & UINT32_MAX;
    if (inside == 0xc && size == 4) result = type_of(oracle, vcpu) / 0x100000000;
    if (inside == 0x14 && size == 4) {
        *taken = true;
        result = oracle->asleep[vcpu] ? 6 : 0;
        if (write != NULL) oracle->asleep[vcpu] = *write & 2;
    }
    read_identity(inside, size, &result);
    return result;
}

uint64_t oracle_read(struct oracle *oracle, enum oracle_window window, uint32_t offset,
                     unsigned size) {
    bool taken = false;

    return window == ORACLE_GICD ? access_gicd(oracle, offset, size, NULL, &taken)
                                 : access_gicr(oracle, offset, size, NULL, &taken);
}

bool oracle_write(struct oracle *oracle, enum oracle_window window, uint32_t offset, unsigned size,
                  uint64_t value) {
    bool taken = false;

    if (window == ORACLE_GICD)
        access_gicd(oracle, offset, size, &value, &taken);
    else
        access_gicr(oracle, offset, size, &value, &taken);
    return taken;
}
