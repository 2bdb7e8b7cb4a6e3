/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * uart-server with an accident now and then: linked with --wrap=port_run, so that some visits die
 * behind their accesses' effects. tests/qemu/fragile.py sees to it that no guest notices.
 */
#include <port.h>
#include <state.h>

#define PERIOD 8 /* a crash makes about three runs: init, and the news of it in the log */

void __real_port_run(void);
void __wrap_port_run(void);

static STATE uint64_t runs;

void __wrap_port_run(void) {
    __real_port_run();
    port.waiting = true; /* no short cut: each character is a run */
    if (++runs % PERIOD == 0) __asm__ volatile("udf #0xdead");
}
