/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a visit enters a server and how it leaves. The kernel has set SP to the top of the stack
 * and the message's registers; a function's return value is the reply. A reply without verdict and
 * line (x1 = 0) is the short way out. Functions that a server does not define stay weak and
 * undefined: the tool sees that and gives the kernel no entry point for them.
 */
#include "entry.h"

    .weak   server_access, server_called, server_init, server_notified

ENTRY(entry_access)
    bl      server_access
    cbnz    x1, reply_long
    b       gate_page               /* VERDICT_DONE */
END(entry_access)

ENTRY(entry_called)
    bl      server_called
    cbnz    x1, reply_long
    b       gate_page
END(entry_called)

ENTRY(entry_init)
    bl      server_init
    cbnz    x1, reply_long
    b       gate_page
END(entry_init)

ENTRY(entry_notified)
    bl      server_notified
    b       gate_page
END(entry_notified)

/* x1 = `how` of struct reply: the verdict in 31:24, a LINE_OP in the other bits. */
ENTRY(reply_long)
    and     x7, x1, #~0xff000000
    ubfx    x9, x1, #24, #8
    adrp    x10, gate_page
    add     x10, x10, x9, lsl #3    /* GATE_ENTRY_SIZE; the gate page is page-aligned */
    br      x10
END(reply_long)
