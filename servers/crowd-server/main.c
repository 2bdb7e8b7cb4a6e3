/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A server for many CPUs at a time that dies on command while others are inside, who die of it too.
 * It counts who is inside in .state, so that an init that finds somebody, or a visit that outlives
 * an init, is seen: the kernel makes a server anew only when everybody has left it. Registers, 8
 * bytes each:
 *
 *   0x00 W  all inside die, then done
 *   0x08 RW a value of this vCPU's own
 *   0x10 R  restarts so far
 *   0x18 R  how often somebody was inside when nobody may be
 *   0x20 W  calls edge 0: bit 0: dies of it; the value / 2 becomes the vCPU's own, unless the
 *           answer was DEAD
 *   0x28 W  signals edge 0
 *   0x30 R  visits of `notified`
 *
 * and for the VM's calls: PSCI's CPU_ON and SYSTEM_OFF; any other answers with the vCPU's number.
 */
#include <gate.h>
#include <lock.h>
#include <server.h>
#include <state.h>

#include <skerry/image.h>

#define STAY            300 /* rounds that a visit takes */

#define PSCI_CPU_ON     0xc4000003u
#define PSCI_SYSTEM_OFF 0x84000008u

static STATE struct {
    struct state_header header;
    atomic_uint_fast64_t inside, intruders, notified;
    _Atomic uint64_t generation;
    uint64_t value[VCPU_MAX];
    bool dying[VCPU_MAX];
} state;

/* Not kept: a visit finds what it has left here, or somebody has made the server anew. */
static volatile uint64_t own[VCPU_MAX];
static atomic_bool doomed;
static struct lock lock;
static volatile uint64_t twins[2]; /* equal whenever the lock is free */

static void stay(void) {
    for (unsigned i = 0; i < STAY; i++) __asm__ volatile("yield");
}

/* A frame that reaches over the guard page into the stack of another CPU's visit: the compiler has
 * each page touched on the way down, and so it ends in the guard page. */
static __attribute__((noinline)) void reach_far(void) {
    char frame[16384];
    __asm__ volatile("strb wzr, %0" : "=m"(frame[0]));
    (void)atomic_fetch_add(&state.intruders, 1);
}

static void die(void) {
    (void)atomic_fetch_sub(&state.inside, 1);
    reach_far();
}

static uint64_t enter(uint64_t vcpu) {
    (void)atomic_fetch_add(&state.inside, 1);
    uint64_t generation = atomic_load(&state.generation);
    own[vcpu] = generation + vcpu + 1;
    stay();
    return generation;
}

static void leave(uint64_t vcpu, uint64_t generation) {
    lock_take(&lock);
    uint64_t before = twins[0]++;
    stay();
    if (twins[1]++ != before) (void)atomic_fetch_add(&state.intruders, 1);
    lock_give(&lock);
    if (atomic_load(&doomed)) die();
    if (atomic_load(&state.generation) != generation || own[vcpu] != generation + vcpu + 1)
        (void)atomic_fetch_add(&state.intruders, 1);
    (void)atomic_fetch_sub(&state.inside, 1);
}

struct reply server_init(uint64_t reason) {
    if (reason == INIT_BOOT) (void)state_valid(&state.header, 1, sizeof(state));
    (void)atomic_fetch_add(&state.generation, reason == INIT_RESTART);
    if (atomic_exchange(&state.inside, 0) != 0) (void)atomic_fetch_add(&state.intruders, 1);
    stay();
    if (atomic_load(&state.inside) != 0) (void)atomic_fetch_add(&state.intruders, 1);
    return reply_verdict(VERDICT_MORE);
}

void server_notified(uint64_t bits) {
    (void)bits;
    (void)atomic_fetch_add(&state.inside, 1);
    (void)atomic_fetch_add(&state.notified, 1);
    stay();
    (void)atomic_fetch_sub(&state.inside, 1);
}

struct reply server_called(uint64_t badge, uint64_t operation, uint64_t info, uint64_t a0,
                           uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4) {
    (void)badge, (void)info, (void)a2, (void)a3, (void)a4;
    uint64_t generation = enter(a1);
    if (operation != 0) die();
    leave(a1, generation);
    return reply_done(a0);
}

static uint64_t work(uint64_t vcpu, uint64_t where, bool write, uint64_t value) {
    switch (where) {
    case 0x00:
        state.dying[vcpu] ^= true; /* the second time it is the access made again */
        if (state.dying[vcpu]) atomic_store(&doomed, true);
        break;
    case 0x08:
        if (write) state.value[vcpu] = value;
        return state.value[vcpu];
    case 0x10: return state.generation;
    case 0x18: return state.intruders;
    case 0x20: {
        struct gate_result result = server_call(0, value & 1, value / 2, vcpu, 0);
        if (result.status != STATUS_DEAD) state.value[vcpu] = result.x1;
        break;
    }
    case 0x28: (void)server_signal(0, NOTIFY_SIGNALS); break;
    case 0x30: return state.notified;
    }
    return 0;
}

static uint64_t smccc(uint8_t vm, uint8_t vcpu, uint64_t function, uint64_t x1, uint64_t x2,
                      uint64_t x3) {
    switch (function) {
    case PSCI_CPU_ON: return vcpu_op(vm, (uint8_t)x1, VCPU_ON, x2, x3).status;
    case PSCI_SYSTEM_OFF: return vm_op(vm, VM_STOP);
    default: return vcpu;
    }
}

struct reply server_access(uint64_t badge, uint64_t where, uint64_t info, uint64_t value,
                           uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4) {
    (void)a3, (void)a4;
    uint8_t vcpu = badge_vcpu(badge);
    uint64_t generation = enter(vcpu);
    uint64_t got = info_kind(info) == ACCESS_SMCCC
                       ? smccc(badge_vm(badge), vcpu, where, value, a1, a2)
                       : work(vcpu, where, info_write(info), value);
    leave(vcpu, generation);
    return reply_done(got);
}
