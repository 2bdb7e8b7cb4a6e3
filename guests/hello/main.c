/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The smallest guest: C on picolibc. It says where it runs; when main returns, the machine goes
 * off. To make a guest of your own, copy this folder and give it a name in guests/meson.build.
 */
#include "guest.h"
#include "sysreg.h"

#include <inttypes.h>
#include <stdio.h>

int main(void) {
    uint64_t level = field(sysreg_read(currentel), 3, 2);
    uint64_t midr = sysreg_read(midr_el1);
    printf("Hello from EL%" PRIu64 ", on a CPU with MIDR_EL1 = 0x%08" PRIx64 ".\n", level, midr);
    return 0;
}
