/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Variables that survive a restart of the server: STATE in front of the definition. The server puts
 * them into one struct with a state_header, which its init checks (state_valid).
 *
 * In a server that one CPU at a time enters, the header is also a journal. After a crash the kernel
 * asks init about the access in flight. state_answer has that access happen once: if it had reached
 * state_commit, the value noted there is its answer, else it is made again. What an access does
 * after state_commit may fail without harm to the guest. One gap is left, between an effect outside
 * of .state and state_commit: only an overrun of the budget can cut there, and then the effect
 * happens twice.
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
    bool committed;      /* there is one, not answered yet */
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

/* Notes that the access in work has had its effects, and that `value` is its answer. */
static inline void state_commit(struct state_header *header, uint64_t value) {
    header->value = value;
    atomic_signal_fence(memory_order_seq_cst); /* between the effects and what may fail */
    header->committed = true;
    atomic_signal_fence(memory_order_seq_cst);
}

/* Ends the note of state_commit; returns `reply`, for the end of server_access. */
static inline struct reply state_done(struct state_header *header, struct reply reply) {
    atomic_signal_fence(memory_order_seq_cst);
    header->committed = false;
    return reply;
}

/* The reply of init to the access in flight, if there is one. */
static inline struct reply state_answer(struct state_header *header) {
    bool committed = header->committed;
    return state_done(header, committed ? reply_done(header->value) : reply_verdict(VERDICT_MORE));
}
