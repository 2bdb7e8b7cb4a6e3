/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * probe: does a device behind Skerry look to every load and store like memory that answers? One TAP
 * test for each form of forms.S, then the rest of what an access must not do: confuse offsets, or
 * touch registers that are not its own.
 */
#include "device.h"
#include "guest.h"
#include "mmio.h"
#include "psci.h"
#include "straddle.h"
#include "tap.h"
#include "trial.h"

#include <string.h>

#define FP_ROUNDS 10000
#define HVC       0xd4000002u /* hvc #0 */

/* The read-only half tells offsets apart: each size at each of 32 offsets, by plain loads. */
static void pattern(void) {
    if (!device_real()) {
        tap_skip("no device here");
        return;
    }
    for (unsigned size = 1; size <= 8; size *= 2) {
        for (unsigned offset = 0x800; offset < 0xf80; offset += offset < 0x820 ? size : 0x78) {
            uint64_t address = DEVICE_WINDOW + offset, want = 0;
            for (unsigned i = 0; i < size; i++)
                want |= (uint64_t)device_pattern(offset + i) << 8 * i;
            uint64_t got = size == 1   ? mmio_read8(address)
                           : size == 2 ? mmio_read16(address)
                           : size == 4 ? mmio_read32(address)
                                       : mmio_read64(address);
            TAP_EQUAL(got, want);
        }
    }
}

/* SMCCC 1.1: a call keeps x4 to x30 and SP; V registers, flags of FP and NZCV are nobody's to
 * change either. */
static void hypercall(void) {
    static struct state got, want;
    for (unsigned seed = 0; seed < 100; seed++) {
        trial_preset(&want, seed);
        want.x[0] = PSCI_VERSION;
        memcpy(&got, &want, sizeof(got));
        struct fault fault = trial_execute(HVC, &got);
        TAP_EQUAL(fault.count, 0);
        TAP_TRUE(got.x[0] >= 0x10000 && got.x[0] < 0x20000);
        trial_compare(&got, &want, 4, "hvc");
    }
}

static void fp(void) {
    static struct state got, want;
    trial_preset(&want, 7);
    memcpy(&got, &want, sizeof(got));
    state_hold_fp(&got, device_pa() + 0x800, FP_ROUNDS);
    trial_compare(&got, &want, 0, "fp");
}

/* A load into XZR leaves nothing behind for the stores of XZR that only the instruction tells of.
 */
static void zero(void) {
    uint64_t target = device_pa() + 0x400, one, two;
    mmio_write64(target, ~UINT64_C(0));
    mmio_write64(target + 8, ~UINT64_C(0));
    __asm__ volatile("ldr xzr, [%0]\n\tstp xzr, xzr, [%0]" ::"r"(target) : "memory");
    __asm__ volatile("ldp %0, %1, [%2]" : "=&r"(one), "=&r"(two) : "r"(target) : "memory");
    TAP_EQUAL(one, 0);
    TAP_EQUAL(two, 0);
}

static const struct tap_test others[] = {
    {"offsets reach the device as they are",              pattern  },
    {"a hypercall keeps the registers",                   hypercall},
    {"pairs and vectors across the end of a page",        straddle },
    {"XZR loads nothing and stores zero",                 zero     },
    {"V registers outlive 10000 accesses and hypercalls", fp       },
};
#define OTHER_COUNT (sizeof(others) / sizeof(others[0]))

int main(void) {
    device_find();
    tap_plan((size_t)(form_table_end - form_table) + OTHER_COUNT);
    for (const struct form *form = form_table; form < form_table_end; form++) {
        tap_begin(form->text);
        trial_form(form);
        tap_end();
    }
    for (unsigned i = 0; i < OTHER_COUNT; i++) {
        tap_begin(others[i].name);
        others[i].run();
        tap_end();
    }
    tap_done();
    return 0;
}
