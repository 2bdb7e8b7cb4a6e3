/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an event costs a guest, in nanoseconds of CNTVCT. Under `-icount shift=0` a nanosecond is an
 * instruction, of all exception levels together, and the numbers repeat. The same ELF runs on the
 * bare machine and on other hypervisors with QEMU's memory map. Each line: "bench NAME count"; the
 * cost of the empty loop is taken off. Lateness of the timer is cut to whole ticks.
 */
#include "events.h"
#include "exception.h"
#include "gic.h"
#include "guest.h"
#include "psci.h"
#include "smp.h"
#include "timer.h"
#include "uart.h"

#include <inttypes.h>
#include <stdio.h>

#define WARM_UP     16
#define ROUNDS      2000 /* a multiple of 16, for the phases */
#define CHARACTERS  1008
#define SGI_SELF    1u
#define MILLISECOND 1000

enum subtract { NOTHING, NULL_LOOP };

static uint64_t ticks_to_ns(uint64_t ticks, uint64_t rounds) {
    uint64_t ns = ticks * UINT64_C(1000000000) / sysreg_read(cntfrq_el0);
    return (ns + rounds / 2) / rounds;
}

static void report(const char *name, event_loop *loop, enum subtract subtract, uint64_t rounds,
                   uint64_t operand, uint64_t address) {
    uint64_t idle = subtract == NULL_LOOP ? loop_null(rounds, operand, address) : 0;
    (void)loop(WARM_UP, operand, address);
    uint64_t ticks = loop(rounds, operand, address);
    if (address == UART_BASE + UARTDR && loop == loop_write) printf("\n");
    printf("bench %s %" PRIu64 "\n", name, ticks_to_ns(ticks > idle ? ticks - idle : 0, rounds));
}

static uint64_t sgi_self(void) {
    uint64_t affinity = smp_affinity(0);
    return field(affinity, 39, 32) << 48 | field(affinity, 23, 16) << 32 |
           field(affinity, 15, 8) << 16 | SGI_SELF << 24 | UINT64_C(1) << (affinity & 0xf);
}

/* SGI_SELF stays pending while masked: it is taken once, between this row and the next. */
static void report_masked(void) {
    report("icc_sgi1r_masked", loop_sgi, NULL_LOOP, ROUNDS, sgi_self(), 0);
    interrupts_unmask();
    timer_spin(100);
    interrupts_mask();
}

static void report_events(void) {
    sysreg_write(vbar_el1, (uint64_t)event_vectors);
    isb();
    interrupts_unmask();
    report("self_sgi", event_sgi, NOTHING, ROUNDS, sgi_self(), 0);
    report("wfi_timer_lateness", event_wfi, NOTHING, 64, timer_ticks(MILLISECOND), 0);
    report("timer_spin_lateness", event_spin, NOTHING, 64, timer_ticks(MILLISECOND), 0);
    interrupts_mask();
}

int main(void) {
    interrupts_mask();
    gic_open();
    gic_enable(INTID_VTIMER);
    uint64_t sgi_frame = gicr_address(0, GICR_SGI);
    printf("bench null_loop %" PRIu64 "\n", ticks_to_ns(loop_null(ROUNDS, 0, 0), ROUNDS));
    report("uart_fr_read", loop_read, NULL_LOOP, ROUNDS, 0, UART_BASE + UARTFR);
    report("hvc_psci_version", loop_hvc, NULL_LOOP, ROUNDS, PSCI_VERSION, 0);
    report("gicd_typer_read", loop_read, NULL_LOOP, ROUNDS, 0, GICD_BASE + GICD_TYPER);
    report("gicr_isenabler0_write", loop_write, NULL_LOOP, ROUNDS, 1u << INTID_VTIMER,
           sgi_frame + GICD_ISENABLER);
    report("uart_dr_write", loop_write, NULL_LOOP, CHARACTERS, '.', UART_BASE + UARTDR);
    report("id_register_read", loop_id, NULL_LOOP, ROUNDS, 0, 0);
    report_masked();
    report_events();
    printf("# done\n");
    return 0;
}
