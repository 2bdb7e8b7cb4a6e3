/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hostile: a guest that does its worst, beside a victim (victim.c) whose heartbeat and checksum
 * it can see in a probe-server's memory that both VMs share. What counts is what does not happen.
 */
#include "exception.h"
#include "gic.h"
#include "guest.h"
#include "mmio.h"
#include "mmu.h"
#include "platform.h"
#include "psci.h"
#include "smp.h"
#include "sysreg.h"
#include "tap.h"
#include "timer.h"
#include "try.h"
#include "victim.h"

#include <stdatomic.h>
#include <stdio.h>

#define UNMAPPED       0x0b000000ul
#define RAM_SIZE       (16ul << 20)
#define CHAOS_ROUNDS   20000u
#define RACES          10u
#define CALLS          4000u
#define EC_SYSREG      0x18
#define EC_SVE         0x19
#define EC_SME         0x1d
#define MRS            0xd5300000u /* op0 = 2 + bit 19; Rt 0 */
#define MSR            0xd5100000u
#define SYS            0xd5080000u
#define RNDR           0xd53b2400u
#define HVC(immediate) (0xd4000002u | (uint32_t)(immediate) << 5)
#define SMC(immediate) (0xd4000003u | (uint32_t)(immediate) << 5)

#define PROBE_BLOCK    UINT64_C(0x626c6f636b206d65) /* servers/probe-server/main.c */
#define BLOCK_US       3000

void hostile_off(void); /* entry.S: CPU_OFF once the word at x0 is set, MMU off */

static void victim_lives(void) {
    uint64_t beat = mmio_read64(VICTIM_BEAT);
    TAP_TRUE(TIMER_WAIT(mmio_read64(VICTIM_BEAT) > beat + 1, 2000000));
    TAP_EQUAL(mmio_read64(VICTIM_DAMAGE), 0);
}

/* All MRS of op0 2 and 3: a value or Undefined, nothing else. Those of higher levels are Undefined,
 * ID registers are not, and are the same each time. */
static void register_reads(void) {
    for (uint32_t code = 0; code < 0x10000; code++) {
        uint32_t word = (MRS & ~0x1fffe0u) | 0x100000 | code << 5;
        unsigned op1 = code >> 11 & 7, crn = code >> 7 & 15, crm = code >> 3 & 15;
        bool three = (code >> 14 & 1) != 0;
        if ((code >> 15 & 1) != 0 || (word & ~0x20u) == RNDR)
            continue; /* one bit too many, op0 is 2 or 3; RNDR and RNDRRS change the flags */
        uint64_t x[10] = {0};
        struct fault fault = try_word(word, x, 1);
        bool id_space = three && crn == 0 && crm < 8 && op1 < 4; /* FEAT_IDST: reported as a trap */
        bool lazy =
            ESR_EC(fault.esr) == EC_SVE || ESR_EC(fault.esr) == EC_SME; /* CPACR_EL1 is first */
        if (fault.count != 0 && !lazy && !(id_space && ESR_EC(fault.esr) == EC_SYSREG))
            tap_check(ESR_EC(fault.esr) == EC_UNKNOWN, "no UNDEF", fault.esr, word);
        if (three && op1 >= 4)
            tap_check(fault.count == 1, "a register of EL2 or EL3 was read", word, x[0]);
        if (three && op1 == 0 && ((crn == 10 && crm == 4) || (crn == 5 && crm == 3)))
            tap_check(fault.count == 1, "LORegions and RAS are hidden", word, x[0]);
        if (three && op1 == 0 && crn == 0 && crm >= 1 && crm <= 7)
            tap_check(fault.count == 0, "ID register", word, fault.esr);
    }
    victim_lives();
}

static void register_writes(void) {
    for (uint32_t code = 4 << 11; code < 8 << 11; code++) try_undefined(MSR | 1u << 19 | code << 5);
    victim_lives();
}

/* TLBI, DC, IC, AT: none reaches another VM; those of EL2 are Undefined. */
static void system_instructions(void) {
    for (uint32_t code = 0; code < 8 << 11; code++) {
        uint64_t x[10] = {UNMAPPED};
        struct fault fault = try_word(SYS | code << 5, x, 1);
        unsigned class = ESR_EC(fault.esr);
        if (fault.count != 0)
            tap_check(class == EC_UNKNOWN || class == EC_DABT, "neither UNDEF nor abort", fault.esr,
                      code);
        if (code >> 11 >= 4 && code >> 11 != 7)
            tap_check(fault.count == 1 && class == EC_UNKNOWN, "EL2's", SYS | code << 5, fault.esr);
    }
    victim_lives();
}

static void call_immediates(void) {
    for (uint32_t immediate = 1; immediate < 0x10000; immediate += immediate < 64 ? 1 : 63) {
        try_undefined(HVC(immediate));
        try_undefined(SMC(immediate));
    }
    try_undefined(HVC(0xffff));
    try_undefined(SMC(0xffff));
}

/* Functions that would end the test, and CPU_SUSPEND, which would wait for nothing. */
static bool is_end(uint32_t function) {
    uint32_t number = function & ~(1u << 30);
    return number >= 0x84000001 && number <= 0x84000009 && number != 0x84000004 &&
           number != 0x84000006;
}

static void calls(void) {
    for (unsigned i = 0; i < CALLS; i++) {
        uint64_t x[10];
        for (unsigned r = 0; r < 10; r++) x[r] = random_next();
        uint32_t function = i < 256 ? 0x84000000 + i / 2 + (i % 2 << 30) : (uint32_t)x[0];
        if (is_end(function)) continue;
        x[0] = (x[0] & ~UINT64_C(0xffffffff)) | function;
        struct fault fault = try_word(i % 3 == 0 ? SMC(0) : HVC(0), x, 4);
        tap_check(fault.count == 0, "a call raised", fault.esr, function);
    }
}

/* Nothing outside this VM's RAM and windows answers, whatever the address. */
static void expect_abort(uint64_t address, const char *what) {
    exception_expect(EXCEPTION_SKIP);
    (void)mmio_read64(address);
    tap_check(exception_taken().count == 1, what, address, 0);
    exception_expect(EXCEPTION_SKIP);
    mmio_write64(address, address);
    tap_check(exception_taken().count == 1, what, address, 1);
}

static void escape(void) {
    for (uint64_t address = RAM_BASE + RAM_SIZE; address < 0x80000000; address += 0x10000)
        expect_abort(address, "RAM of somebody else");
    for (uint64_t address = 0x0b000000; address < RAM_BASE; address += 0x10000)
        expect_abort(address, "low devices");
    for (uint64_t gib = 2; gib < 1024; gib++) {
        mmu_set_top(MMU_SPARE, gib * MMU_GIB | MMU_LEAF_BLOCK | MMU_DEVICE | MMU_NEVER);
        for (unsigned i = 0; i < 4; i++)
            expect_abort(MMU_SPARE * MMU_GIB + (random_below(MMU_GIB) & ~UINT64_C(7)), "high IPA");
    }
    mmu_set_top(MMU_SPARE, 0);
    victim_lives();
}

/* Tables in a device for addresses of 52 bits, of which the kernel finds the level by chance only:
 * an abort all the same. */
static void wide_walk(void) {
    if ((sysreg_read(id_aa64mmfr2_el1) >> 16 & 0xf) == 0) {
        tap_skip("no FEAT_LVA");
        return;
    }
    uint64_t tcr = sysreg_read(tcr_el1);
    sysreg_write(ttbr1_el1, PROBE_BASE);
    sysreg_write(tcr_el1, (tcr & UINT64_C(0xffffffff0000ffff)) | UINT64_C(0xc00c0000)); /* 64 KiB */
    for (uint64_t address = UINT64_C(0xfff) << 52; address != 0; address += UINT64_C(1) << 49) {
        isb();
        expect_abort(address, "tables in a device, 52 bits");
    }
    sysreg_write(tcr_el1, tcr);
    isb();
}

/* One random thing; none of them may have an effect outside this VM. */
static void chaos_step(void) {
    static const uint64_t windows[] = {GICD_BASE,  GICR_BASE, GICR_BASE + GICR_SGI, UART_BASE,
                                       PROBE_BASE, UNMAPPED,  RAM_BASE + RAM_SIZE};
    uint64_t base = windows[random_below(sizeof(windows) / sizeof(*windows))];
    uint64_t address = base + random_below(0x1000), x[10];
    static const uint32_t accesses[] = {
        0x39400001, 0x39800001, 0x79400001, 0x79c00001, 0xb9400001, 0xb9800001,
        0xf9400001, /* LDR* */
        0xa9400402, 0x3dc00000, 0xf8408401, 0xf8408c01, 0xad400400, 0x885f7c01,
        0xc8dffc01, 0x4c407000, 0x39000001, 0x79000001, 0xb9000001, 0xf9000001,
        0xa9000402, 0xf8008401, 0x3d800000, 0xb8e00001,
    };
    for (unsigned r = 0; r < 10; r++) x[r] = random_next();
    uint32_t word = accesses[random_below(sizeof(accesses) / sizeof(*accesses))];
    if (base == UART_BASE && (address & 0xfff) < 0x18)
        address |= 0x18; /* the console stays legible: no data, no mode */
    switch (random_below(8)) {
    case 0: /* an instruction of the SYS space by any address */
        exception_expect(EXCEPTION_SKIP);
        __asm__ volatile(
            "tlbi vaae1is, %0\n\tat s1e1r, %0\n\tat s1e0w, %0\n\tic ivau, %0" ::"r"(x[1]));
        (void)exception_taken();
        break;
    case 1:
        __asm__ volatile("tlbi vmalle1is\n\tdsb ish\n\tic ialluis\n\tdsb ish\n\tisb" ::: "memory");
        __asm__ volatile("dc cisw, %0\n\tdc csw, %0" ::"r"(x[1]) : "memory");
        break;
    case 2:
        (void)mmu_map_page((unsigned)random_below(4), x[1] & UINT64_C(0xfffffff000), MMU_UNCACHED);
        exception_expect(EXCEPTION_SKIP);
        (void)mmio_read32(MMU_WINDOW + (random_below(4 * MMU_PAGE) & ~3ul));
        (void)exception_taken();
        break;
    case 3:
        x[0] = is_end((uint32_t)x[0]) ? PSCI_VERSION : x[0];
        (void)try_word(HVC(0), x, 4);
        break;
    case 4: /* WFI, and a timer so that it ends, masked as it is; what was written to the GIC goes
             */
        if (random_below(16) != 0) break;
        gic_open();
        gic_enable(INTID_VTIMER);
        timer_set(timer_now() + random_below(1000), TIMER_ENABLE);
        wfi();
        timer_off();
        break;
    default:
        if (base == UART_BASE) word = 0xb9400001; /* LDR W: reads only */
        x[0] = address;
        (void)try_word(word, x,
                       (word >> 26 & 1) != 0 ? UINT32_MAX : 4); /* V registers are loaded */
        break;
    }
}

static void chaos(void) {
    for (unsigned i = 0; i < CHAOS_ROUNDS; i++) chaos_step();
    victim_lives();
}

/* A store that its server answers with BLOCK ends when an interrupt is due, plain or in parts. */
static void blocked(void) {
    uint64_t address = PROBE_BASE + 0x7f8, writeback = address;
    gic_open();
    gic_enable(INTID_VTIMER);
    for (unsigned parts = 0; parts < 2; parts++) {
        gic_end(gic_ack()); /* what has ended the last one is still pending */
        uint64_t end = timer_now() + timer_ticks(BLOCK_US);
        timer_set(end, TIMER_ENABLE);
        if (parts == 0)
            mmio_write64(address, PROBE_BLOCK);
        else
            __asm__ volatile("str %1, [%0], #8" : "+r"(writeback) : "r"(PROBE_BLOCK) : "memory");
        tap_check(timer_now() >= end, "it was not blocked", parts, 0);
        timer_off();
    }
    TAP_EQUAL(writeback, address + 8);
}

/* Several vCPUs turn one on at a time: exactly one is told SUCCESS. */
static atomic_uint racers, winners, others;
static uint64_t prey;

/* A debugger at EL1: single step, one watchpoint and one breakpoint over all that is emulated. None
 * fires (docs/system.md), in the guest or in the server that is in the middle of it. */
static void debugger(void) {
    uint64_t address = PROBE_BASE, control = 0x1fff;
    exception_expect(EXCEPTION_SKIP);
    __asm__ volatile("msr oslar_el1, xzr\n\tmsr dbgwvr0_el1, %0\n\tmsr dbgwcr0_el1, %1\n\t"
                     "adr x9, 1f\n\tmsr dbgbvr0_el1, x9\n\tmsr dbgbcr0_el1, %2\n\t"
                     "msr mdscr_el1, %3\n\tmsr elr_el1, x9\n\tmrs x9, daif\n\t"
                     "bic x9, x9, #0x200\n\torr x9, x9, %4\n\tmsr spsr_el1, x9\n\teret\n"
                     "1:\tldr x10, [%0]\n\tstr x10, [%0]\n\tldp x10, x11, [%0]\n\t"
                     "mov x0, %5\n\thvc #0\n\tmsr icc_sgi1r_el1, xzr\n\tmrs x0, id_aa64pfr0_el1\n\t"
                     "mrs %1, mdscr_el1\n\tmsr mdscr_el1, xzr\n\tmsr daifset, #8"
                     : "+r"(address), "+r"(control)
                     : "r"(UINT64_C(0x1e7)), "r"(UINT64_C(0xa001)), "r"(UINT64_C(0x200005)),
                       "r"((uint64_t)PSCI_VERSION)
                     : "x0", "x1", "x2", "x3", "x9", "x10", "x11", "memory");
    TAP_EQUAL(exception_taken().count, 0);
    TAP_EQUAL(control, 0); /* MDSCR_EL1 */
    victim_lives();
}

static void race(uint64_t argument) {
    (void)argument;
    atomic_fetch_add(&racers, 1);
    while (atomic_load(&racers) % 3 != 0) __asm__ volatile("yield");
    int64_t status = psci_call(PSCI_CPU_ON, prey, (uint64_t)hostile_off, PROBE_BASE);
    atomic_fetch_add(status == PSCI_SUCCESS ? &winners : &others, 1);
}

/* Asks now and then: the CPU that goes off needs psci-server too. */
static bool is_off(uint64_t affinity) {
    timer_spin(200);
    return psci_call(PSCI_AFFINITY_INFO, affinity, 0, 0) == 1;
}

static void cpu_on_races(void) {
    if (smp_count() < 4) {
        tap_skip("fewer than four vCPUs");
        return;
    }
    prey = smp_affinity(3);
    TAP_EQUAL(psci_call(PSCI_CPU_ON, smp_affinity(1), 0x40080001, 0), -9); /* INVALID_ADDRESS */
    TAP_EQUAL(psci_call(PSCI_CPU_ON, smp_affinity(1), UNMAPPED, 0), -9);
    TAP_EQUAL(psci_call(PSCI_CPU_ON, 0xff00, RAM_BASE, 0), -2);          /* INVALID_PARAMETERS */
    TAP_EQUAL(psci_call(PSCI_CPU_ON, smp_affinity(0), RAM_BASE, 0), -4); /* ALREADY_ON */
    for (unsigned cpu = 1; cpu < 3; cpu++) TAP_TRUE(smp_start_one(cpu));
    for (unsigned round = 0; round < RACES; round++) {
        mmio_write64(PROBE_BASE, 0);
        atomic_store(&racers, 0);
        atomic_store(&winners, 0);
        atomic_store(&others, 0);
        TAP_TRUE(smp_call(1, race, 0) && smp_call(2, race, 0));
        race(0);
        TAP_TRUE(TIMER_WAIT(atomic_load(&winners) + atomic_load(&others) == 3, 1000000));
        TAP_TRUE(TIMER_WAIT(smp_idle(1) && smp_idle(2), 1000000));
        TAP_EQUAL(atomic_load(&winners), 1);
        mmio_write64(PROBE_BASE, 1);
        TAP_TRUE(TIMER_WAIT(is_off(prey), 2000000));
    }
    victim_lives();
}

static const struct tap_test tests[] = {
    {"the victim lives",                  victim_lives       },
    {"MRS of every encoding",             register_reads     },
    {"MSR of every encoding above EL1",   register_writes    },
    {"SYS of every encoding",             system_instructions},
    {"HVC and SMC with immediates",       call_immediates    },
    {"HVC and SMC of any function",       calls              },
    {"addresses of others",               escape             },
    {"tables of 52 bits in a device",     wide_walk          },
    {"stores that block",                 blocked            },
    {"a debugger",                        debugger           },
    {"chaos",                             chaos              },
    {"CPU_ON from three vCPUs at a time", cpu_on_races       },
};

int main(void) {
    gic_open();
    TAP_RUN(tests);
    mmio_write64(VICTIM_STOP, 1);
    return 0;
}
