/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where things are, for every guest: the map that QEMU's `virt` machine and the guests' system
 * files share, so that one ELF runs on both.
 */
#pragma once

#define GICD_BASE         0x08000000ul
#define GICR_BASE         0x080a0000ul
#define GICR_STRIDE       0x20000ul
#define UART_BASE         0x09000000ul
#define RTC_BASE          0x09010000ul
#define RAM_BASE          0x40000000ul

#define INTID_MAINTENANCE 25
#define INTID_VTIMER      27
#define INTID_PTIMER      30
#define INTID_UART        33
#define INTID_RTC         34
#define INTID_SPURIOUS    1023

#define CPU_LIMIT         8      /* CPUs that a guest may start */
#define STACK_SIZE        0x4000 /* bytes, each */
