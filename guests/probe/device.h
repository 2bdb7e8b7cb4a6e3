/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two memories that probe compares: a page of RAM, and the window of servers/probe-server or,
 * where there is none, a second page of RAM (then probe tests itself and the CPU).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define DEVICE_WINDOW 0x0a000000ul
#define DEVICE_BASE   0x400u /* offset in both of the address that instructions aim at */
#define DEVICE_SPAN   0x100u /* bytes that they may touch, half of them below the base */

/* Finds out; call first. */
void device_find(void);
bool device_real(void);

uint64_t device_pa(void);
uint64_t device_ram_pa(void);

/* Fills the span of both with the same bytes. */
void device_fill(void);

/* Both spans hold the same; checked with TAP. */
void device_compare(void);

/* Bytes that the server has seen read and written since device_count_start; 0 without a server. */
void device_count_start(void);
uint64_t device_count(void);

/* Byte `offset` of the window's read-only half. */
uint8_t device_pattern(unsigned offset);
