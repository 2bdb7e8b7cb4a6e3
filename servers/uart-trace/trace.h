/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The record of accesses (pure): the last TRACE_LENGTH of them in a ring, and how many there ever
 * were. Record n is trace.record[n % TRACE_LENGTH] for trace.count - TRACE_LENGTH <= n <
 * trace.count. In GDB, with this server's symbols loaded: `print state.trace.count`, and for the
 * last ten `print state.trace.record[(state.trace.count - 10) % 256]@10` (less where the ring
 * wraps).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define TRACE_LENGTH   256
#define TRACE_ANNOUNCE 1024 /* the first count that is worth a line in the log */

struct trace_record {
    uint64_t value; /* read or written */
    uint32_t offset;
    uint8_t size; /* bytes */
    bool write;
    uint8_t vm, vcpu;
};

struct trace {
    uint64_t count;
    struct trace_record record[TRACE_LENGTH];
};

/* Adds a record; true when the count has reached TRACE_ANNOUNCE or a larger power of two. */
static inline bool trace_add(struct trace *trace, struct trace_record record) {
    trace->record[trace->count % TRACE_LENGTH] = record;
    trace->count++;
    return trace->count >= TRACE_ANNOUNCE && (trace->count & (trace->count - 1)) == 0;
}
