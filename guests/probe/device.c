/* SPDX-License-Identifier: BSD-2-Clause */
/* The window's layout is that of servers/probe-server/main.c. */
#include "device.h"

#include "mmio.h"
#include "tap.h"

#define PAGE          4096
#define COUNTER_READ  0x7f0u
#define COUNTER_WRITE 0x7f8u
#define PATTERN       0x800u
#define SPAN_START    (DEVICE_BASE - DEVICE_SPAN / 2)

static uint8_t ram[PAGE] __attribute__((aligned(4096)));
static uint8_t stand_in[PAGE] __attribute__((aligned(4096)));
static uint64_t device = (uint64_t)stand_in;

uint8_t device_pattern(unsigned offset) { return (uint8_t)(offset * 7 + (offset >> 8) + 13); }

/* QEMU's virt machine has virtio-mmio here, whose first word is no such pattern. */
void device_find(void) {
    uint32_t want = 0;
    for (unsigned i = 0; i < 4; i++) want |= (uint32_t)device_pattern(PATTERN + i) << 8 * i;
    if (mmio_read32(DEVICE_WINDOW + PATTERN) == want) device = DEVICE_WINDOW;
}

bool device_real(void) { return device == DEVICE_WINDOW; }

uint64_t device_pa(void) { return device; }

uint64_t device_ram_pa(void) { return (uint64_t)ram; }

void device_fill(void) {
    uint64_t value = 0;
    for (unsigned offset = SPAN_START; offset < SPAN_START + DEVICE_SPAN; offset += 8) {
        value = value * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        mmio_write64((uint64_t)ram + offset, value);
        mmio_write64(device + offset, value);
    }
}

void device_compare(void) {
    for (unsigned offset = SPAN_START; offset < SPAN_START + DEVICE_SPAN; offset += 8) {
        uint64_t got = mmio_read64(device + offset), want = mmio_read64((uint64_t)ram + offset);
        tap_check(got == want, "memory", got, want);
    }
}

void device_count_start(void) {
    if (device_real()) mmio_write64(device + COUNTER_READ, 0);
}

uint64_t device_count(void) {
    if (!device_real()) return 0;
    return mmio_read64(device + COUNTER_READ) + mmio_read64(device + COUNTER_WRITE);
}
