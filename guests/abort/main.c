/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which abort a guest sees for each wrong access: ESR, FAR, ELR, SPSR and the vector, bit by bit.
 * Every row also prints a line "# abort NAME ..." in a form that a script can compare with the same
 * guest on the bare machine, where rows without ROW_SKERRY give the same abort.
 * The system file gives it RAM of 16 MiB and a read-only, never-executed region of 2 MiB.
 */
#include "exception.h"
#include "guest.h"
#include "mmio.h"
#include "mmu.h"
#include "platform.h"
#include "stimuli.h"
#include "sysreg.h"
#include "tap.h"
#include "uart.h"

#include <inttypes.h>
#include <stdio.h>

#define RAM_END            (RAM_BASE + (16ul << 20))
#define READ_ONLY          0x50000000ul
#define UNMAPPED           0x0b000000ul    /* no device here, on any machine */
#define PAST_RAM           0x41100000ul    /* in the GiB that stage 1 maps as Normal memory */
#define HIGH               0x3000000000ul  /* 192 GiB: no memory below 40 bits */
#define TOO_HIGH           0x20000000000ul /* above any stage 2 of 40 bits */

/* Pages of the window and entries of the top-level table that prepare() sets up. */
#define PAGE_FETCH         0u /* UNMAPPED, may be executed */
#define PAGE_USER          1u /* UNMAPPED, for EL0 */
#define PAGE_DEVICE        2u /* the UART, may be executed */
#define PAGE_RO            3u /* READ_ONLY, may be executed as far as stage 1 goes */
#define PAGE_USER_DEVICE   4u /* the UART, for EL0 */
#define WINDOW(page)       (MMU_WINDOW + (page)*MMU_PAGE)

#define TOP(n)             ((MMU_SPARE + (n)) * MMU_GIB)
#define TOP_HIGH           TOP(0)
#define TOP_TOO_HIGH       (TOP(1) + GICD_BASE) /* in GICD, were bits from 40 on cut */
#define TOP_TABLE_UNMAPPED TOP(2)               /* level 2 table where nothing is */
#define TOP_TABLE_PAST_RAM TOP(3)
#define TOP_TABLE_DEVICE   TOP(4) /* in the UART */
#define TOP_TABLE_RO       TOP(5) /* in the read-only region: zeros, so a plain translation fault */
#define TOP_TABLE_LEVEL3   TOP(6) /* level 3 table where nothing is */

/* WIDE: with TCR_EL1.IPS at 48 bits. BIG: with big-endian data. */
enum row_run { EL1H, WIDE, EL1T, EL0, EL0_BIG };

struct row {
    const char *name;
    stimulus *function;
    uint64_t address;
    uint64_t far; /* what FAR must be, where it is not the address; 0: the address */
    uint32_t esr;
    enum row_run run;
    bool skerry; /* needs the read-only region or something else that the bare machine lacks */
};

#define READ          0x96000010u /* EC 0x25, IL, external abort */
#define WRITE         0x96000050u
#define FETCH         0x86000010u
#define READ_EL0      0x92000010u
#define WRITE_EL0     0x92000050u
#define FETCH_EL0     0x82000010u
#define WALK(l)       (4u + (l)) /* DFSC of an external abort on a walk, less DFSC_EXTERNAL */
#define TRANSLATION_2 0x96000006u

static const struct row rows[] = {
    {"read-1",                stimulus_ldrb,     UNMAPPED + 1,              0,       READ,            EL1H,    false},
    {"read-2",                stimulus_ldrh,     UNMAPPED + 2,              0,       READ,            EL1H,    false},
    {"read-4",                stimulus_ldr_w,    UNMAPPED + 4,              0,       READ,            EL1H,    false},
    {"read-8",                stimulus_ldr_x,    UNMAPPED + 8,              0,       READ,            EL1H,    false},
    {"read-16",               stimulus_ldr_q,    UNMAPPED + 16,             0,       READ,            EL1H,    false},
    {"read-signed-1",         stimulus_ldrsb,    UNMAPPED + 3,              0,       READ,            EL1H,    false},
    {"read-signed-2",         stimulus_ldrsh,    UNMAPPED + 6,              0,       READ,            EL1H,    false},
    {"read-signed-4",         stimulus_ldrsw,    UNMAPPED + 12,             0,       READ,            EL1H,    false},
    {"read-pair",             stimulus_ldp,      UNMAPPED + 0x20,           0,       READ,            EL1H,    false},
    {"read-post-index",       stimulus_ldr_post, UNMAPPED + 0x30,           0,       READ,            EL1H,    false},
    {"write-1",               stimulus_strb,     UNMAPPED + 1,              0,       WRITE,           EL1H,    false},
    {"write-2",               stimulus_strh,     UNMAPPED + 2,              0,       WRITE,           EL1H,    false},
    {"write-4",               stimulus_str_w,    UNMAPPED + 4,              0,       WRITE,           EL1H,    false},
    {"write-8",               stimulus_str_x,    UNMAPPED + 0xff8,          0,       WRITE,           EL1H,    false},
    {"write-16",              stimulus_str_q,    UNMAPPED + 16,             0,       WRITE,           EL1H,    false},
    {"write-pair",            stimulus_stp,      UNMAPPED + 0x20,           0,       WRITE,           EL1H,    false},
    {"write-pre-index",       stimulus_str_pre,  UNMAPPED + 0x30,           0,       WRITE,           EL1H,    false},
    {"read-past-ram",         stimulus_ldr_x,    PAST_RAM,                  0,       READ,            EL1H,    false},
    {"write-past-ram",        stimulus_str_x,    PAST_RAM,                  0,       WRITE,           EL1H,    false},
    {"exclusive-past-ram",    stimulus_ldxr,     PAST_RAM,                  0,       READ,            EL1H,    false},
    {"exclusives-past-ram",   stimulus_ldaxp,    PAST_RAM,                  0,       READ,            EL1H,    false},
    {"zero-line-past-ram",    stimulus_dc_zva,   PAST_RAM,                  0,       WRITE,           EL1H,    false},
    {"fetch-past-ram",        stimulus_fetch,    PAST_RAM,                  0,       FETCH,           EL1H,    false},
    {"fetch-unmapped",        stimulus_fetch,    WINDOW(PAGE_FETCH) + 0x10, 0,       FETCH,           EL1H,    false},
    {"read-el1t",             stimulus_ldr_w,    UNMAPPED,                  0,       READ,            EL1T,    false},
    {"write-el1t",            stimulus_str_w,    UNMAPPED,                  0,       WRITE,           EL1T,    false},
    {"fetch-el1t",            stimulus_fetch,    WINDOW(PAGE_FETCH),        0,       FETCH,           EL1T,    false},
    {"read-el0",              stimulus_ldr_w,    WINDOW(PAGE_USER),         0,       READ_EL0,        EL0,     false},
    {"write-el0",             stimulus_str_w,    WINDOW(PAGE_USER),         0,       WRITE_EL0,       EL0,     false},
    {"fetch-el0",             stimulus_fetch,    WINDOW(PAGE_USER) + 4,     0,       FETCH_EL0,       EL0,     false},
    {"read-high",             stimulus_ldr_w,    TOP_HIGH + 0x1000,         0,       READ,            EL1H,    false},
    {"write-high",            stimulus_str_w,    TOP_HIGH + 0x1000,         0,       WRITE,           EL1H,    false},
    {"fetch-high",            stimulus_fetch,    TOP_HIGH + 0x1000,         0,       FETCH,           EL1H,    false},
    {"read-too-high",         stimulus_ldr_w,    TOP_TOO_HIGH,              0,       READ,            EL1H,    false},
    {"write-too-high",        stimulus_str_w,    TOP_TOO_HIGH,              0,       WRITE,           EL1H,    false},
    {"fetch-too-high",        stimulus_fetch,    TOP_TOO_HIGH,              0,       FETCH,           EL1H,    false},
    {"read-wide",             stimulus_ldr_w,    TOP_TOO_HIGH,              0,       READ,            WIDE,    false},
    {"write-wide",            stimulus_str_w,    TOP_TOO_HIGH,              0,       WRITE,           WIDE,    false},
    {"read-across-end",       stimulus_ldr_x,    RAM_END - 4,               RAM_END, READ,            EL1H,    false},
    {"write-across-end",      stimulus_str_x,    RAM_END - 1,               RAM_END, WRITE,           EL1H,    false},
    {"read-2-across-end",     stimulus_ldrh,     RAM_END - 1,               RAM_END, READ,            EL1H,    false},
    {"write-2-across-end",    stimulus_strh,     RAM_END - 1,               RAM_END, WRITE,           EL1H,    false},
    {"read-pair-across-end",  stimulus_ldp,      RAM_END - 8,               RAM_END, READ,            EL1H,    false},
    {"write-pair-across-end", stimulus_stp,      RAM_END - 8,               RAM_END, WRITE,           EL1H,    false},
    {"table-unmapped-read",   stimulus_ldr_w,    TOP_TABLE_UNMAPPED,        0,       READ + WALK(2),  EL1H,    false},
    {"table-unmapped-write",  stimulus_str_w,    TOP_TABLE_UNMAPPED,        0,       WRITE + WALK(2), EL1H,    false},
    {"table-unmapped-fetch",  stimulus_fetch,    TOP_TABLE_UNMAPPED,        0,       FETCH + WALK(2), EL1H,    false},
    {"table-past-ram",        stimulus_ldr_w,    TOP_TABLE_PAST_RAM,        0,       READ + WALK(2),  EL1H,    false},
    {"table-level-3",         stimulus_ldr_w,    TOP_TABLE_LEVEL3,          0,       READ + WALK(3),  EL1H,    false},
    {"table-in-device",       stimulus_ldr_w,    TOP_TABLE_DEVICE,          0,       READ + WALK(2),  EL1H,    true },
    {"table-in-read-only",    stimulus_ldr_w,    TOP_TABLE_RO,              0,       TRANSLATION_2,   EL1H,    true },
    {"fetch-device",          stimulus_fetch,    WINDOW(PAGE_DEVICE),       0,       FETCH,           EL1H,    true },
    {"read-only-write-1",     stimulus_strb,     READ_ONLY + 1,             0,       WRITE,           EL1H,    true },
    {"read-only-write-2",     stimulus_strh,     READ_ONLY + 2,             0,       WRITE,           EL1H,    true },
    {"read-only-write-4",     stimulus_str_w,    READ_ONLY + 4,             0,       WRITE,           EL1H,    true },
    {"read-only-write-8",     stimulus_str_x,    READ_ONLY + 0x1ffff8,      0,       WRITE,           EL1H,    true },
    {"read-only-write-16",    stimulus_str_q,    READ_ONLY + 16,            0,       WRITE,           EL1H,    true },
    {"read-only-write-pair",  stimulus_stp,      READ_ONLY + 32,            0,       WRITE,           EL1H,    true },
    {"read-only-zero-line",   stimulus_dc_zva,   READ_ONLY,                 0,       WRITE,           EL1H,    true },
    {"read-only-fetch",       stimulus_fetch,    WINDOW(PAGE_RO),           0,       FETCH,           EL1H,    true },
    {"big-endian-read",       stimulus_ldr_w,    WINDOW(PAGE_USER_DEVICE),  0,       READ_EL0,        EL0_BIG, true },
    {"big-endian-write",      stimulus_strh,     WINDOW(PAGE_USER_DEVICE),  0,       WRITE_EL0,       EL0_BIG, true },
    {"big-endian-pair",       stimulus_ldp,      WINDOW(PAGE_USER_DEVICE),  0,       READ_EL0,        EL0_BIG, true },
};
#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

static uint64_t middle[512] __attribute__((aligned(4096)));

static void prepare(void) {
    mmu_map_page(PAGE_FETCH, UNMAPPED, MMU_NORMAL);
    mmu_map_page(PAGE_USER, UNMAPPED, MMU_NORMAL | MMU_USER);
    mmu_map_page(PAGE_DEVICE, UART_BASE, MMU_DEVICE);
    mmu_map_page(PAGE_RO, READ_ONLY, MMU_NORMAL);
    mmu_map_page(PAGE_USER_DEVICE, UART_BASE, MMU_DEVICE | MMU_USER);
    middle[0] = UNMAPPED | MMU_TABLE;
    mmu_set_top(TOP_HIGH / MMU_GIB, HIGH | MMU_LEAF_BLOCK | MMU_NORMAL);
    mmu_set_top(TOP(1) / MMU_GIB, TOO_HIGH | MMU_LEAF_BLOCK | MMU_NORMAL);
    mmu_set_top(TOP_TABLE_UNMAPPED / MMU_GIB, UNMAPPED | MMU_TABLE);
    mmu_set_top(TOP_TABLE_PAST_RAM / MMU_GIB, PAST_RAM | MMU_TABLE);
    mmu_set_top(TOP_TABLE_DEVICE / MMU_GIB, UART_BASE | MMU_TABLE);
    mmu_set_top(TOP_TABLE_RO / MMU_GIB, READ_ONLY | MMU_TABLE);
    mmu_set_top(TOP_TABLE_LEVEL3 / MMU_GIB, (uint64_t)middle | MMU_TABLE);
}

/* The read-only region tells this system from the bare machine. */
static bool on_skerry(void) {
    exception_expect(EXCEPTION_RETURN);
    stimulus_run_el1h(stimulus_ldr_x, READ_ONLY);
    return exception_taken().count == 0;
}

#define SCTLR_E0E (UINT64_C(1) << 24)
#define IPS_48    (UINT64_C(5) << 32)

/* SPSR_EL1 bits that are the same on every CPU: NZCV, SS, IL, DAIF, M[4:0]. */
#define SPSR_MASK UINT64_C(0xf03003df)

static uint64_t spsr_wanted(enum row_run run) {
    static const uint64_t mode[] = {[EL1H] = 0x5, [WIDE] = 0x5, [EL1T] = 0x4, [EL0_BIG] = 0};
    return STIMULUS_NZCV | sysreg_read(daif) | mode[run];
}

static uint64_t vector_wanted(enum row_run run) {
    static const uint64_t vector[] = {
        [EL1H] = 0x200, [WIDE] = 0x200, [EL0] = 0x400, [EL0_BIG] = 0x400};
    return vector[run];
}

/* A CPU whose physical addresses end below TOO_HIGH refuses the descriptor itself: an address size
 * fault of level 1, from stage 1. It may have more of them than it shows. */
static uint64_t esr_wanted(const struct row *row, uint64_t esr) {
    uint64_t size_fault = row->esr - DFSC_EXTERNAL + 1;
    bool narrow = row->run == WIDE ? esr == size_fault : mmu_pa_bits() < 42;
    return row->address == TOP_TOO_HIGH && narrow ? size_fault : row->esr;
}

static void check(const struct row *row) {
    void (*const run[])(stimulus *, uint64_t) = {[EL1H] = stimulus_run_el1h,
                                                 [WIDE] = stimulus_run_el1h,
                                                 [EL1T] = stimulus_run_el1t,
                                                 [EL0] = stimulus_run_el0,
                                                 [EL0_BIG] = stimulus_run_el0};
    uint64_t sctlr = sysreg_read(sctlr_el1), tcr = sysreg_read(tcr_el1);
    exception_expect(EXCEPTION_RETURN);
    if (row->run == EL0_BIG) {
        sysreg_write(sctlr_el1, sctlr | SCTLR_E0E);
        mmio_read32(UART_BASE + UARTFR); /* EL1's are as they were */
    }
    if (row->run == WIDE) sysreg_write(tcr_el1, tcr | IPS_48);
    isb();
    run[row->run](row->function, row->address);
    struct fault fault = exception_taken();
    sysreg_write(sctlr_el1, sctlr);
    sysreg_write(tcr_el1, tcr);
    isb();

    bool fetch = row->function == stimulus_fetch;
    uint64_t from = fetch ? row->address : (uint64_t)row->function;
    TAP_EQUAL(fault.count, 1);
    TAP_EQUAL(fault.esr, esr_wanted(row, fault.esr));
    TAP_EQUAL(fault.far, row->far != 0 ? row->far : row->address);
    TAP_EQUAL(fault.elr - from, fetch ? 0 : STIMULUS_OFFSET);
    TAP_EQUAL(fault.spsr & SPSR_MASK, spsr_wanted(row->run));
    TAP_EQUAL(fault.vector, vector_wanted(row->run));
    printf("# abort %s esr=%08" PRIx64 " far=%016" PRIx64 " elr-off=%" PRIx64 " spsr=%08" PRIx64
           " vec=%03" PRIx64 "\n",
           row->name, fault.esr, fault.far, fault.elr - from, fault.spsr & SPSR_MASK, fault.vector);
}

int main(void) {
    prepare();
    bool skerry = on_skerry();
    tap_plan(2 * ROW_COUNT);
    for (unsigned masked = 0; masked < 2; masked++) {
        /* Once with interrupts masked and once without: SPSR must tell them apart. */
        if (masked == 0)
            interrupts_unmask();
        else
            interrupts_mask();
        for (unsigned i = 0; i < ROW_COUNT; i++) {
            tap_begin(rows[i].name);
            if (rows[i].skerry && !skerry)
                tap_skip("no read-only region here");
            else
                check(&rows[i]);
            tap_end();
        }
    }
    tap_done();
    return 0;
}
