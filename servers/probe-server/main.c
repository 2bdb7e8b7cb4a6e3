/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A test device that behaves like memory, so that guests/probe can compare any load or store on it
 * with the same instruction on RAM. It has no right, no interrupt and calls nobody.
 *
 *   0x000..0x7ef  bytes that keep what is written, in accesses of any size and alignment
 *   0x7f0, 0x7f8  number of bytes read and written below 0x7f0 (each 8 bytes); a write there
 *                 clears both, and one of PROBE_BLOCK blocks the vCPU
 *   0x800..0xf7f  read-only: byte n is PROBE_PATTERN(n)
 *   0xf80..0xfff  as below 0x7f0, but not counted
 *
 * and a second page with bytes of its own and the same registers. A reply has junk above the
 * access's size, for the kernel to cut; a value that is wider than its access ends in an abort.
 */
#include <server.h>

#define PROBE_MEMORY       0x7f0u
#define PROBE_PATTERN_BASE 0x800u
#define PROBE_BLOCK        UINT64_C(0x626c6f636b206d65)
#define PROBE_TAIL         0xf80u
#define PROBE_PAGE         0x1000u
#define PROBE_SIZE         (2 * PROBE_PAGE)
#define PROBE_PATTERN(n)   ((uint8_t)((n)*7 + ((n) >> 8) + 13))

static uint8_t memory[PROBE_SIZE];
static uint64_t bytes_read, bytes_written;

static uint8_t probe_read(uint64_t where) {
    uint64_t offset = where % PROBE_PAGE;
    if (where >= PROBE_SIZE) return 0;
    bytes_read += offset < PROBE_MEMORY;
    if (offset < PROBE_MEMORY || offset >= PROBE_TAIL) return memory[where];
    if (offset >= PROBE_PATTERN_BASE) return PROBE_PATTERN(offset);
    uint64_t counter = offset < PROBE_MEMORY + 8 ? bytes_read : bytes_written;
    return (uint8_t)(counter >> offset % 8 * 8);
}

static void probe_write(uint64_t where, uint8_t value) {
    uint64_t offset = where % PROBE_PAGE;
    if (where >= PROBE_SIZE) return;
    bytes_written += offset < PROBE_MEMORY;
    if (offset < PROBE_MEMORY || offset >= PROBE_TAIL) {
        memory[where] = value;
    } else if (offset < PROBE_PATTERN_BASE) {
        bytes_read = 0;
        bytes_written = 0;
    }
}

struct reply server_access(uint64_t badge, uint64_t where, uint64_t info, uint64_t value,
                           uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4) {
    unsigned bits = 8 * info_size(info);
    uint64_t above = bits < 64 ? ~UINT64_C(0) << bits : 0, result = above;
    if (info_write(info) && (value & above) != 0) return reply_verdict(VERDICT_ABORT);
    if (info_write(info) && value == PROBE_BLOCK && where == PROBE_MEMORY + 8)
        return reply_verdict(VERDICT_BLOCK);
    (void)badge, (void)a1, (void)a2, (void)a3, (void)a4;
    for (unsigned i = 0; i < info_size(info); i++) {
        if (info_write(info))
            probe_write(where + i, (uint8_t)(value >> 8 * i));
        else
            result |= (uint64_t)probe_read(where + i) << 8 * i;
    }
    return reply_done(result);
}
