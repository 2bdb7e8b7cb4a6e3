/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Variables that survive a restart of the server: STATE in front of the definition. The server puts
 * them into one struct with a state_header, which its init checks (state_valid).
 *
 * In a server that one CPU at a time enters, the header is also a journal. server_access begins
 * with state_begin, whichever way it goes on. After a crash the kernel asks init about the access
 * in flight, and state_answer has it happen once: if it had reached state_commit, the value noted
 * there is its answer, a plain DONE, else it is made again. An effect, be it on a device, on
 * another server or in .state itself, stands in front of state_commit with nothing between that may
 * fail; what stands behind may fail without harm to the guest. One gap is left, between the effect
 * and state_commit: only an overrun of the budget can cut there, and then the effect happens twice.
 * Calls of other servers are no accesses: after a crash the caller hears STATUS_DEAD.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "server.h"

#define STATE __attribute__((section(".state"), aligned(8)))

struct state_header {
    uint32_t magic;
    uint32_t layout;     /* the server's own number for what follows; change it with the struct */
    uint64_t length;     /* bytes of the whole */
    uint64_t generation; /* counts the starts that found it valid */
    uint64_t value;      /* the answer to the access that was committed */
    bool committed;      /* there is one since the last state_begin */
};

#define STATE_MAGIC 0x54415453u /* "STAT" */

/* True, and generation counted up, if the state was left by a server of this layout; otherwise
 * false, and the header is made new: the caller sets up the rest. */
static inline bool state_valid(struct state_header *header, uint32_t layout, uint64_t length) {
    if (header->magic == STATE_MAGIC && header->layout == layout && header->length == length) {
        header->generation++;
        return true;
    }
    *header = (struct state_header){STATE_MAGIC, layout, length, 0, 0, false};
    return false;
}

/* The first statement of server_access: what was committed before has been answered. */
static inline void state_begin(struct state_header *header) {
    header->committed = false;
    atomic_signal_fence(memory_order_seq_cst);
}

/* Notes that the access in work has had its effects, and that `value` is its answer. */
static inline void state_commit(struct state_header *header, uint64_t value) {
    header->value = value;
    atomic_signal_fence(memory_order_seq_cst); /* between the effects and what may fail */
    header->committed = true;
    atomic_signal_fence(memory_order_seq_cst);
}

/* The reply of init to the access in flight, if there is one. The note stays: init may fail, too.
 */
static inline struct reply state_answer(const struct state_header *header) {
    return header->committed ? reply_done(header->value) : reply_verdict(VERDICT_MORE);
}
