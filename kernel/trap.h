/* SPDX-License-Identifier: BSD-2-Clause */
/* Exceptions from below EL2, as vectors.S delivers them: the frame of what ran, and back that of
 * what runs next. */
#pragma once

#include "frame.h"

struct frame *trap_sync(struct frame *frame);      /* a guest, or a server at EL0 or EL1 */
struct frame *trap_el2t_sync(struct frame *frame); /* a server behind the boundary el2 */
struct frame *trap_irq(struct frame *frame);
struct frame *trap_serror(struct frame *frame);
