/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A test device: a timer of its own that is to run out every CLOCK_PERIOD_US, and how late it was
 * at worst. What keeps it waiting is whatever the kernel does in one go. Registers, 8 bytes each:
 *
 *   0x00 W  starts it
 *   0x08 R  the worst lateness in ns, W clears it
 *   0x10 R  how often it ran out
 *   0x18 R  how often VMs were reset
 *   0x20 R  the number of the VM that reads it
 *   0x28 R  how often a VM came that it had been told of, but not to the end, to be reset,
 *           or could be turned on meanwhile (if the server has the right to)
 *
 * With clock_dies set it dies the first time that it is told of a reset, after a while.
 */
#include <gate.h>
#include <server.h>
#include <state.h>

#include <skerry/image.h>

#define CLOCK_PERIOD_US 100
#define CLOCK_DEATH_US  5000

uint64_t clock_dies __attribute__((section(".data")));

static uint64_t due, worst, rounds;
static STATE struct {
    struct state_header header;
    uint64_t resets, early;
    bool telling[VM_MAX];
} state;

struct reply server_init(uint64_t reason) {
    (void)reason;
    (void)state_valid(&state.header, 1, sizeof(state));
    return reply_verdict(VERDICT_MORE);
}

static void start(void) {
    struct gate_result time = time_get();
    due = time.x1 + time.x2 * CLOCK_PERIOD_US / 1000000;
    (void)timer_set(due);
}

static void die(void) {
    struct gate_result time = time_get();
    while (time_get().x1 - time.x1 < time.x2 * CLOCK_DEATH_US / 1000000) {}
    __builtin_trap();
}

static void told(unsigned vm) {
    state.telling[vm] ^= true;
    if (vcpu_op((uint8_t)vm, 0, VCPU_ON, 0x40000000, 0).status == STATUS_OK) state.early++;
    if (clock_dies && state.telling[vm]) die();
    state.telling[vm] = false;
    state.resets++;
}

void server_notified(uint64_t bits) {
    for (unsigned vm = 0; vm < VM_MAX; vm++)
        if ((bits & NOTIFY_VM_RESET(vm)) != 0) told(vm);
    if ((bits & NOTIFY_TIMER) == 0) return;
    struct gate_result time = time_get();
    uint64_t late = (time.x1 - due) * 1000000000 / time.x2;
    if (late > worst) worst = late;
    rounds++;
    start();
}

struct reply server_access(uint64_t badge, uint64_t where, uint64_t info, uint64_t value,
                           uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4) {
    state.early += state.telling[badge_vm(badge)];
    (void)a1, (void)a2, (void)a3, (void)a4;
    switch (where) {
    case 0x00:
        if (info_write(info)) start();
        break;
    case 0x08:
        if (info_write(info)) worst = value;
        return reply_done(worst);
    case 0x10: return reply_done(rounds);
    case 0x18: return reply_done(state.resets);
    case 0x20: return reply_done(badge_vm(badge));
    case 0x28: return reply_done(state.early);
    }
    return reply_done(0);
}
