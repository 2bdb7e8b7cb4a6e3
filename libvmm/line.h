/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupt lines of the server's own, told to the kernel only when they change: `told` holds what
 * it was told last. A restart may have come between the two, so init tells every line anew.
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

/* The same with the reply to an access, which spares the call. */
static inline struct reply line_reply(uint64_t value, uint16_t handle, bool level, bool *told) {
    if (*told == level) return reply_done(value);
    *told = level;
    return reply_line(value, handle, level);
}
