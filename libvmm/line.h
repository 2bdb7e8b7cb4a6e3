/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The server's own interrupt lines. The kernel is told of a line only when it changes: `told` holds
 * the level that it was told last. A crash may come between telling and `told`, so init tells every
 * line anew.
 */
#pragma once

#include "gate.h"
#include "server.h"

static inline void line_init(uint16_t handle, bool level, bool *told) {
    (void)line_set(handle, level);
    *told = level;
}

static inline void line_update(uint16_t handle, bool level, bool *told) {
    if (*told != level) line_init(handle, level, told);
}

/* line_update as a part of the reply to an access, which saves the system call. */
static inline struct reply line_reply(uint64_t value, uint16_t handle, bool level, bool *told) {
    if (*told == level) return reply_done(value);
    *told = level;
    return reply_line(value, handle, level);
}
