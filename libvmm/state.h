/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Variables that survive a restart of the server: STATE in front of the definition. The server
 * checks what it finds there (state_valid) in its init, and starts afresh if it does not fit.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define STATE __attribute__((section(".state"), aligned(8)))

struct state_header {
    uint32_t magic;
    uint32_t layout;     /* the server's own number for what follows; change it with the struct */
    uint64_t length;     /* bytes, header included */
    uint64_t generation; /* counts the starts that found it valid */
};

#define STATE_MAGIC 0x54415453u /* "STAT" */

/* True, and generation counted up, if the state was left by a server of this layout; otherwise
 * false, and the header is made new: the caller sets up the rest. */
static inline bool state_valid(struct state_header *header, uint32_t layout, uint64_t length) {
    if (header->magic == STATE_MAGIC && header->layout == layout && header->length == length) {
        header->generation++;
        return true;
    }
    *header = (struct state_header){STATE_MAGIC, layout, length, 0};
    return false;
}
