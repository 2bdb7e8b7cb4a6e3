/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * uart-server with an accident now and then: linked with --wrap=port_run, so that some visits die
 * behind their accesses' effects. tests/qemu/fragile.py sees to it that no guest notices.
 */
#include <port.h>
#include <state.h>

void __real_port_run(void);
void __wrap_port_run(void);

static STATE uint64_t dice;

void __wrap_port_run(void) {
    __real_port_run();
    port.waiting = true; /* no short cut: each character is a run */
    /* One in eight; a crash makes about three more: init, and the news of it in the log. */
    dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    if (dice >> 61 == 0) __asm__ volatile("udf #0xdead");
}
