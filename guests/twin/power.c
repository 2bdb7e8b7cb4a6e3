/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Histories of PSCI calls (Arm DEN 0022): CPUs go off and on and race for it, with CPU 0 always on.
 * Calls are made by HVC and all of x0 to x17 is looked at; a CPU leaves interrupts behind, and what
 * it finds when it starts again is looked at, too. Left out, since QEMU 7.2 has it its own way:
 * more than 32 bits in the id or in arguments of a 32-bit call, entry points outside memory or
 * unaligned, affinities that nobody has at a level above 0, SMCCC's own calls, timers that run
 * while a CPU is off.
 */
#include "twin.h"

#include "gic.h"
#include "psci.h"
#include "smp.h"
#include "timer.h"

#include <stdatomic.h>
#include <stdbool.h>

#define LIMIT_US     2000000
#define ALREADY_ON   (-4)
#define ON_PENDING   (-5)
#define CPU_SUSPEND  0x84000001u
#define FEATURES     0x8400000au
#define WIDE         0x40000000u
#define SGI          7u
#define CONTEXT      UINT64_C(0xa5a5000011112222)
#define ENTRY_STATES 13
#define USED         0x7001eu /* nothing but registers drives these */
#define TIMERS       (1u << INTID_VTIMER | 1u << INTID_PTIMER)
#define SEEN         (USED | TIMERS)
#define NOISE(n)     (UINT64_C(0x1111111111111111) * (n))

void power_enter(void); /* enter.S */
void power_call(uint64_t registers[18]);
extern uint64_t power_seen[CPU_LIMIT][16];
uint64_t power_seen[CPU_LIMIT][16];

enum order { STAY, LEAVE, LEAVE_BUSY, CALL, START };

static struct power {
    atomic_uint orders;
    int64_t answer; /* to START */
    bool off;       /* it was sent off */
} powers[CPU_LIMIT];

static uint64_t registers[18];
static unsigned target; /* of START */
static uint64_t target_context;
static atomic_uint ready;

static void send(unsigned intid, unsigned cpu) {
    uint64_t affinity = smp_affinity(cpu);
    gic_send(intid, affinity, (uint16_t)(1u << (affinity & 15)));
}

/* Both timers, with nobody to take them. */
static void fire(unsigned self) {
    sysreg_write(cntp_cval_el0, 0);
    sysreg_write(cntp_ctl_el0, TIMER_ENABLE);
    timer_set(0, TIMER_ENABLE);
    gicr_write(self, GICR_SGI + GICD_ISENABLER, TIMERS);
    twin_note("fired", gicr_read(self, GICR_SGI + GICD_ISPENDR) & TIMERS);
}

/* Of a CPU that does not take interrupts. */
static void put_bits(unsigned cpu) {
    static const uint16_t offsets[] = {GICD_ISENABLER, GICD_ICENABLER, GICD_ISPENDR,
                                       GICD_ICPENDR,   GICD_ISACTIVER, GICD_ICACTIVER};
    uint16_t offset = offsets[twin_random(sizeof(offsets) / sizeof(offsets[0]))];
    uint32_t mask = USED & twin_random(~0u);
    gicr_write(cpu, GICR_SGI + offset, mask);
    twin_note("at", offset);
    twin_note("put", mask);
    for (unsigned i = 0; i < 6; i += 2)
        twin_note("has", gicr_read(cpu, GICR_SGI + offsets[i]) & USED);
}

static void op_bits(void) {
    unsigned cpu = twin_random(smp_count());
    if (powers[cpu].off) put_bits(cpu);
}

static void op_send(void) {
    unsigned cpu = twin_random(smp_count()), intid = 1 + twin_random(4);
    if (!powers[cpu].off) return;
    send(intid, cpu);
    twin_note("has", gicr_read(cpu, GICR_SGI + GICD_ISPENDR) & USED);
}

/* What a started CPU finds in its mailbox again is an order that was carried out: STAY. */
static void obey(uint64_t self) {
    struct power *power = &powers[self];
    switch (atomic_exchange(&power->orders, STAY)) {
    case LEAVE_BUSY: /* CPU 0 only waits */
        interrupts_mask();
        for (unsigned i = 0; i < 32; i++) gic_set_priority(i, i * 8 % 256);
        for (unsigned i = twin_random(4); i > 0; i--) put_bits((unsigned)self);
        if (twin_random(2) != 0) fire((unsigned)self);
        if (twin_random(2) != 0) twin_note("iar", gic_ack());
        sysreg_write(cntp_ctl_el0, 0); /* and nothing looks at the GIC */
        timer_off();
        __attribute__((fallthrough));
    case LEAVE:
        interrupts_mask();
        psci_call(PSCI_CPU_OFF, 0, 0, 0);
        twin_note("still on", self);
        break;
    case CALL: /* an SGI ends CPU_SUSPEND */
        interrupts_mask();
        if ((registers[0] & ~(uint64_t)WIDE) == CPU_SUSPEND) send(SGI, (unsigned)self);
        power_call(registers);
        interrupts_unmask();
        break;
    case START:
        atomic_fetch_add(&ready, 1);
        while ((atomic_load(&ready) & 0xff) < atomic_load(&ready) >> 8) __asm__ volatile("yield");
        power->answer =
            psci_call(PSCI_CPU_ON, smp_affinity(target), (uint64_t)power_enter, target_context);
    }
}

static void order(unsigned cpu, enum order what) {
    atomic_store(&powers[cpu].orders, what);
    if (cpu == 0)
        obey(0);
    else if (!TIMER_WAIT(smp_call(cpu, obey, cpu), LIMIT_US))
        twin_note("busy", cpu);
}

static void settle(unsigned cpu) {
    if (cpu != 0 && !TIMER_WAIT(smp_idle(cpu), LIMIT_US)) twin_note("stuck", cpu);
}

static unsigned any_on(void) {
    unsigned cpu;
    do cpu = twin_random(smp_count());
    while (powers[cpu].off);
    return cpu;
}

static int64_t state(unsigned cpu) {
    return psci_call(PSCI_AFFINITY_INFO, smp_affinity(cpu), 0, 0);
}

/* See enter.S. M, A, C, I, EE of SCTLR_EL1. */
static const uint32_t seen_bits[ENTRY_STATES] = {~0u, ~0u, ~0u, ~0u,  0x2001007, ~0u, ~0u,
                                                 ~0u, ~0u, ~0u, SEEN, SEEN,      SEEN};

/* It has started and is idle. */
static void arrive(unsigned cpu, uint64_t context) {
    struct power *power = &powers[cpu];
    bool came = TIMER_WAIT(state(cpu) == 0 && smp_idle(cpu), LIMIT_US);
    power->off = false;
    twin_note("came", came);
    twin_note("x0", power_seen[cpu][0] == context);
    for (unsigned i = 1; i < ENTRY_STATES; i++) twin_note("as", power_seen[cpu][i] & seen_bits[i]);
}

static void op_off(void) {
    unsigned cpu = any_on();
    if (cpu == 0) return;
    order(cpu, LEAVE_BUSY);
    bool off = powers[cpu].off = TIMER_WAIT(state(cpu) == 1, LIMIT_US);
    twin_note("off", cpu);
    twin_note("is", off);
}

/* One or several CPUs start one, which may still be on its way out. */
static void op_start(void) {
    unsigned callers = 1 + twin_random(3), one, wins = 0, losses = 0, leaving = twin_random(3) == 0;
    uint64_t who = 0;

    target = 1 + twin_random(smp_count() - 1);
    target_context = CONTEXT + twin_random(1000);
    bool was_off = powers[target].off;
    if (leaving && !was_off) order(target, LEAVE);
    for (unsigned i = 0; i < callers; i++) {
        do one = any_on();
        while (one == target);
        who |= UINT64_C(1) << one;
    }
    atomic_store(&ready, (unsigned)__builtin_popcountll(who) << 8);
    do {
        wins = losses = 0;
        for (unsigned cpu = smp_count(); cpu-- > 0;)
            if ((who >> cpu & 1) != 0) order(cpu, START);
        for (unsigned cpu = 0; cpu < smp_count(); cpu++) {
            if ((who >> cpu & 1) == 0) continue;
            settle(cpu);
            wins += powers[cpu].answer == PSCI_SUCCESS;
            losses += powers[cpu].answer == ALREADY_ON || powers[cpu].answer == ON_PENDING;
        }
        atomic_store(&ready, (unsigned)__builtin_popcountll(who) << 8);
    } while (leaving && !was_off && wins == 0 && losses != 0);
    twin_note("start", target);
    twin_note("by", who);
    twin_note("wins", wins);
    twin_note("losses", losses);
    if (wins != 0) arrive(target, target_context);
}

static uint64_t any_affinity(void) {
    uint64_t one = smp_affinity(twin_random(smp_count()));
    switch (twin_random(6)) {
    case 0: return one | UINT64_C(1) << twin_random(64);
    case 1: return one + twin_random(256);
    case 2: return one | 0x80000000;
    default: return one;
    }
}

static uint64_t any_value(void) {
    static const uint64_t values[] = {0, 1, 2, 3, 0xffff, 0x10000, 0x7fffffff, 0xffffffff};
    return values[twin_random(sizeof(values) / sizeof(values[0]))];
}

static uint64_t any_id(void) {
    static const uint32_t owners[] = {0x84000000, 0xc4000000, 0x84000000, 0xc4000000, 0x04000000,
                                      0x81000000, 0x82000000, 0x83000000, 0xc5000000, 0x86000000,
                                      0xbf000000, 0x8400ff00, 0x84000100};
    return owners[twin_random(sizeof(owners) / sizeof(owners[0]))] + twin_random(0x20);
}

/* Those that do not come back, or that other operations make. */
static bool is_plain(uint64_t id) {
    switch (id & ~(uint64_t)WIDE) {
    case PSCI_CPU_OFF:
    case PSCI_SYSTEM_OFF:
    case PSCI_SYSTEM_RESET:
    case CPU_SUSPEND:
    case PSCI_CPU_ON & ~WIDE:
    case PSCI_AFFINITY_INFO & ~WIDE: return false;
    }
    return true;
}

static void op_call(void) {
    unsigned cpu = any_on(), what = twin_random(6);
    for (unsigned i = 0; i < 18; i++) registers[i] = NOISE(i);
    uint64_t id = any_id(), wide = twin_random(2) * WIDE;
    registers[1] = any_value();
    switch (what) {
    case 0: /* nobody has it, or it is on */
        id = (PSCI_CPU_ON & ~WIDE) | wide;
        registers[1] = any_affinity();
        for (unsigned one = 0; one < smp_count(); one++)
            if (registers[1] << 32 >> 32 == smp_affinity(one) && powers[one].off) return;
        registers[2] = (uint64_t)power_enter;
        break;
    case 1:
        id = (PSCI_AFFINITY_INFO & ~WIDE) | wide;
        registers[1] = any_affinity();
        registers[2] = 0;
        if (twin_random(4) != 0) break;
        registers[1] = smp_affinity(twin_random(smp_count()));
        registers[2] = twin_random(4);
        break;
    case 2: id = CPU_SUSPEND | wide; break;
    case 3:
        id = FEATURES;
        registers[1] = twin_random(2) != 0 ? any_id() : PSCI_VERSION + twin_random(32) + wide;
        break;
    default:
        if (!is_plain(id)) return;
    }
    if (wide == 0) registers[1] = (uint32_t)registers[1];
    registers[0] = id;
    twin_note("cpu", cpu);
    twin_note("call", id);
    twin_note("x1", registers[1]);
    order(cpu, CALL);
    settle(cpu);
    twin_note("x0", (id & WIDE) != 0 ? registers[0] : (uint32_t)registers[0]);
    for (unsigned i = 3; i < 18; i++)
        if (registers[i] != NOISE(i)) twin_note("changed", i);
}

static void power_make(uint64_t unused) {
    static void (*const ops[])(void) = {op_call,  op_call, op_call, op_off,
                                        op_start, op_bits, op_bits, op_send};
    (void)unused;
    ops[twin_random(sizeof(ops) / sizeof(ops[0]))]();
}

static void power_look(uint64_t unused) {
    (void)unused;
    for (unsigned cpu = 0; cpu < smp_count(); cpu++) twin_note("is", (uint64_t)state(cpu));
}

static void power_reset(uint64_t unused) {
    (void)unused;
    for (unsigned cpu = 1; cpu < smp_count(); cpu++)
        if (powers[cpu].off) {
            psci_call(PSCI_CPU_ON, smp_affinity(cpu), (uint64_t)power_enter, 0);
            arrive(cpu, 0);
        }
}

static void power_begin(uint64_t seed, unsigned count) {
    (void)seed, (void)count;
    gic_open();
}

const struct twin_kind twin_power = {1, power_begin, power_reset, power_make, power_look};
