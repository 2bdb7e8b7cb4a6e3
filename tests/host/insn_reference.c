/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pseudocode of A64 loads and stores, in the manual's own names; see insn_reference.h. Sizes
 * are in bits as they are there. UNPREDICTABLE choices are not made: what is written later, wins.
 */
#include "insn_reference.h"

#include <string.h>

#define FIELD(high, low) ((unsigned)(word / (1u << (low)) % (1ull << ((high) - (low) + 1))))

static int64_t sign_extend(uint64_t value, unsigned width) {
    uint64_t half = UINT64_C(1) << (width - 1);

    return (int64_t)((value % (half * 2)) ^ half) - (int64_t)half;
}

static uint64_t x_read(const struct machine *m, unsigned n) { return n == 31 ? 0 : m->x[n]; }

static void x_write(struct machine *m, unsigned n, uint64_t value) {
    if (n != 31) m->x[n] = value;
}

static void touch(struct machine *m, uint64_t address, unsigned bytes, bool write) {
    if (m->bytes == 0 || address < m->address) m->address = address;
    m->bytes += bytes;
    m->wrote = write;
}

static void mem(struct machine *m, uint64_t address, uint8_t *data, unsigned bytes, bool write) {
    touch(m, address, bytes, write);
    for (unsigned n = 0; n < bytes; n++) {
        uint8_t *place = &m->memory[(address + n) % MACHINE_MEMORY];
        if (write)
            *place = data[n];
        else
            data[n] = *place;
    }
}

/* One general-purpose register of `datasize` bits, extended to `regsize`. */
static void mem_x(struct machine *m, uint64_t address, unsigned t, unsigned datasize,
                  unsigned regsize, bool is_signed, bool write) {
    uint8_t data[8];
    uint64_t value = x_read(m, t);

    for (unsigned n = 0; n < 8; n++) data[n] = (uint8_t)(value >> 8 * n);
    mem(m, address, data, datasize / 8, write);
    if (write) return;
    value = 0;
    for (unsigned n = datasize / 8; n-- > 0;) value = value * 256 + data[n];
    if (is_signed) value = (uint64_t)sign_extend(value, datasize);
    x_write(m, t, regsize == 32 ? value % (UINT64_C(1) << 32) : value);
}

/* One SIMD&FP register of `datasize` bits; a load clears what is above. */
static void mem_v(struct machine *m, uint64_t address, unsigned t, unsigned datasize, bool write) {
    uint8_t data[16] = {0};

    memcpy(data, m->v[t], datasize / 8);
    mem(m, address, data, datasize / 8, write);
    if (!write) {
        memset(m->v[t], 0, 16);
        memcpy(m->v[t], data, datasize / 8);
    }
}

static uint64_t base_read(const struct machine *m, unsigned n) { return n == 31 ? m->sp : m->x[n]; }

static void base_write(struct machine *m, unsigned n, uint64_t value) {
    if (n == 31)
        m->sp = value;
    else
        m->x[n] = value;
}

/* C4.1.94, Load/store register pair. */
static void execute_pair(struct machine *m, uint32_t word) {
    unsigned opc = FIELD(31, 30), t = FIELD(4, 0), t2 = FIELD(14, 10), n = FIELD(9, 5);
    bool vector = FIELD(26, 26), write = !FIELD(22, 22), is_signed = opc == 1;
    unsigned datasize = vector ? 32u << opc : opc == 2 ? 64 : 32;
    int64_t offset = sign_extend(FIELD(21, 15), 7) * (int64_t)(datasize / 8);
    bool wback = FIELD(23, 23), postindex = FIELD(24, 23) == 1;
    uint64_t address = base_read(m, n), moved = address + (uint64_t)offset;

    if (!postindex) address = moved;
    if (vector) {
        mem_v(m, address, t, datasize, write);
        mem_v(m, address + datasize / 8, t2, datasize, write);
    } else {
        mem_x(m, address, t, datasize, opc ? 64 : 32, is_signed, write);
        mem_x(m, address + datasize / 8, t2, datasize, opc ? 64 : 32, is_signed, write);
    }
    if (wback) base_write(m, n, moved);
}

/* One register of whatever kind, from size and opc. */
static void mem_register(struct machine *m, uint32_t word, uint64_t address) {
    unsigned size = FIELD(31, 30), opc = FIELD(23, 22), t = FIELD(4, 0);

    if (FIELD(26, 26))
        mem_v(m, address, t, opc >= 2 ? 128 : 8u << size, opc % 2 == 0);
    else if (opc <= 1)
        mem_x(m, address, t, 8u << size, size == 3 ? 64 : 32, false, opc == 0);
    else
        mem_x(m, address, t, 8u << size, opc == 2 ? 64 : 32, true, false);
}

static unsigned scale_of(uint32_t word) {
    return FIELD(26, 26) && FIELD(23, 23) ? 4 : FIELD(31, 30);
}

static uint64_t index_of(const struct machine *m, uint32_t word) {
    uint64_t value = x_read(m, FIELD(20, 16));
    unsigned shift = FIELD(12, 12) ? scale_of(word) : 0;

    switch (FIELD(15, 13)) {
    case 2: /* UXTW */ value = (uint32_t)value; break;
    case 6: /* SXTW */ value = (uint64_t)sign_extend(value, 32); break;
    }
    return value << shift;
}

/* Load/store register: unsigned, register offset, unscaled, post, unprivileged, pre. */
static void execute_register(struct machine *m, uint32_t word) {
    unsigned n = FIELD(9, 5), form = FIELD(11, 10);
    uint64_t base = base_read(m, n), imm9 = (uint64_t)sign_extend(FIELD(20, 12), 9);

    if (FIELD(24, 24)) {
        mem_register(m, word, base + ((uint64_t)FIELD(21, 10) << scale_of(word)));
    } else if (FIELD(21, 21) && form == 2) {
        mem_register(m, word, base + index_of(m, word));
    } else if (FIELD(21, 21)) { /* LDAPR */
        mem_x(m, base, FIELD(4, 0), 8u << FIELD(31, 30), 64, false, false);
    } else {
        mem_register(m, word, form == 1 ? base : base + imm9);
        if (form == 1 || form == 3) base_write(m, n, base + imm9);
    }
}

static void execute_literal(struct machine *m, uint32_t word) {
    uint64_t address = m->pc + (uint64_t)sign_extend(FIELD(23, 5), 19) * 4;
    unsigned opc = FIELD(31, 30), t = FIELD(4, 0);

    if (FIELD(26, 26))
        mem_v(m, address, t, 32u << opc, false);
    else
        mem_x(m, address, t, opc == 1 ? 64 : 32, opc ? 64 : 32, opc == 2, false);
}

static void structure_writeback(struct machine *m, uint32_t word, uint64_t address, uint64_t offs) {
    if (!FIELD(23, 23)) return;
    if (FIELD(20, 16) != 31) offs = m->x[FIELD(20, 16)];
    base_write(m, FIELD(9, 5), address + offs);
}

/* C7.2, LD1 (multiple structures) and the others: rpt, selem, elements. */
static void execute_structures(struct machine *m, uint32_t word) {
    static const struct {
        uint8_t rpt, selem;
    } shape[16] = {
        [0] = {1, 4},
          [2] = {4, 1},
          [4] = {1, 3},
          [6] = {3, 1},
        [7] = {1, 1},
          [8] = {1, 2},
          [10] = {2, 1}
    };
    unsigned rpt = shape[FIELD(15, 12)].rpt, selem = shape[FIELD(15, 12)].selem;
    unsigned datasize = FIELD(30, 30) ? 128 : 64, esize = 8u << FIELD(11, 10);
    unsigned elements = datasize / esize, ebytes = esize / 8;
    bool write = !FIELD(22, 22);
    uint64_t address = base_read(m, FIELD(9, 5)), offs = 0;

    for (unsigned r = 0; r < rpt; r++)
        for (unsigned e = 0; e < elements; e++) {
            unsigned tt = (FIELD(4, 0) + r) % 32;
            for (unsigned s = 0; s < selem; s++, tt = (tt + 1) % 32) {
                mem(m, address + offs, &m->v[tt][e * ebytes], ebytes, write);
                if (!write && datasize == 64) memset(&m->v[tt][8], 0, 8);
                offs += ebytes;
            }
        }
    structure_writeback(m, word, address, offs);
}

/* C7.2, LD1 (single structure), LD1R and the others. */
static void execute_lane(struct machine *m, uint32_t word) {
    unsigned scale = FIELD(15, 14), size = FIELD(11, 10), s_bit = FIELD(12, 12), q = FIELD(30, 30);
    unsigned selem = FIELD(13, 13) * 2 + FIELD(21, 21) + 1, t = FIELD(4, 0), index = 0;
    uint64_t address = base_read(m, FIELD(9, 5)), offs = 0;
    bool replicate = scale == 3, write = !FIELD(22, 22);

    if (replicate)
        scale = size;
    else if (scale == 0)
        index = q * 8 + s_bit * 4 + size;
    else if (scale == 1)
        index = q * 4 + s_bit * 2 + size / 2;
    else if (size == 0)
        index = q * 2 + s_bit;
    else
        scale = 3, index = q;
    unsigned ebytes = 1u << scale;
    for (unsigned s = 0; s < selem; s++, t = (t + 1) % 32) {
        mem(m, address + offs, &m->v[t][index * ebytes], ebytes, write);
        if (replicate) {
            for (unsigned n = ebytes; n < 16; n++)
                m->v[t][n] = n < (q ? 16 : 8) ? m->v[t][n - ebytes] : 0;
        }
        offs += ebytes;
    }
    structure_writeback(m, word, address, offs);
}

void reference_execute(struct machine *m, uint32_t word) {
    m->bytes = 0;
    if (FIELD(29, 28) == 2)
        execute_pair(m, word);
    else if (FIELD(29, 28) == 3)
        execute_register(m, word);
    else if (FIELD(29, 28) == 1 && FIELD(24, 24) == 0)
        execute_literal(m, word);
    else if (FIELD(29, 28) == 1) /* LDAPUR, STLUR: a register's size and opc, unscaled */
        mem_register(m, word, base_read(m, FIELD(9, 5)) + (uint64_t)sign_extend(FIELD(20, 12), 9));
    else if (FIELD(26, 26) == 0) /* LDAR, STLR, LDLAR, STLLR */
        mem_x(m, base_read(m, FIELD(9, 5)), FIELD(4, 0), 8u << FIELD(31, 30), 64, false,
              !FIELD(22, 22));
    else if (FIELD(24, 24) == 0)
        execute_structures(m, word);
    else
        execute_lane(m, word);
}
