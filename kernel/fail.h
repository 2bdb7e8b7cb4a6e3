/* SPDX-License-Identifier: BSD-2-Clause */
/* When a server fails: the cause is recorded, and its description says what happens. */
#pragma once

#include <stdint.h>

struct cpu;
struct frame;
struct server;
struct vcpu;

/* The server of the innermost visit has failed; what runs next. The visit is cut off, the server
 * made anew and entered at `init`, or whatever else its policy says. `far`: of an abort, or null.
 */
struct frame *fail_visit(struct cpu *cpu, const char *what, uint64_t number, const uint64_t *far);

/* Data and stacks as in the image, text and `.state` too if `all`; nobody else is in the server. */
void fail_restore(const struct server *server, int all);
