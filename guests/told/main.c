/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * told: a VM has itself made anew again and again, while another one keeps the server busy that is
 * to hear of that, and dies of it (servers/clock-server): so it is another CPU that tells it,
 * twice. The VM runs when it has been told, and not before. The same file for both.
 */
#include "guest.h"
#include "mmio.h"
#include "psci.h"
#include "tap.h"

#define CLOCK        0x0a000000ul
#define CLOCK_RESETS (CLOCK + 0x18)
#define CLOCK_VM     (CLOCK + 0x20)
#define CLOCK_EARLY  (CLOCK + 0x28)

#define RESETS       30u

static void not_early(void) { TAP_EQUAL(mmio_read64(CLOCK_EARLY), 0); }

/* Function ids below and above those that the VM's psci-server has (system.toml). */
static void nobodys_calls(void) {
    TAP_EQUAL(psci_call(0x80000000, 0, 0, 0), -1);
    TAP_EQUAL(psci_call(0xc6000000, 0, 0, 0), -1);
    TAP_EQUAL(psci_call(PSCI_VERSION, 0, 0, 0), 0x10001);
}

static const struct tap_test tests[] = {
    {"a VM that is made anew runs once its servers know", not_early    },
    {"calls that no server has are NOT_SUPPORTED",        nobodys_calls},
};

int main(void) {
    if (mmio_read64(CLOCK_VM) != 0) {
        while (mmio_read64(CLOCK_RESETS) < RESETS) {}
        return 0;
    }
    if (mmio_read64(CLOCK_RESETS) < RESETS) (void)psci_call(PSCI_SYSTEM_RESET, 0, 0, 0);
    TAP_RUN(tests);
    return 0;
}
