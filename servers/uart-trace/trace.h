/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The record of accesses (pure): a ring of the last TRACE_LENGTH. Record n of trace.count stands at
 * trace.record[n % TRACE_LENGTH]. In GDB, with this server's symbols loaded, the last ten (fewer
 * where the ring wraps): `print state.trace.record[(state.trace.count - 10) % 256]@10`.
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
    trace->record[trace->count++ % TRACE_LENGTH] = record;
    return trace->count >= TRACE_ANNOUNCE && (trace->count & (trace->count - 1)) == 0;
}
