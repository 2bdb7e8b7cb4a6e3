/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The server of the descriptions here: one entry point, and variables of each kind that a
 * description may set.
 */
#include <server.h>
#include <state.h>

uint64_t base;
uint64_t count = 1;
uint64_t *pointer = &count;
uint32_t small;
struct server_config server_config;
STATE uint64_t kept;

struct reply server_access(uint64_t badge, uint64_t where, uint64_t info, uint64_t value,
                           uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4) {
    (void)badge, (void)where, (void)info, (void)value, (void)a1, (void)a2, (void)a3, (void)a4;
    return reply_done(base + *pointer + small + kept + server_config.vm_count);
}
