/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Offsets and bits of the Arm PrimeCell UART (PL011), DDI 0183, chapter 3: for the driver of a
 * physical one (port.c) and for a model (uart-server).
 */
#pragma once

enum pl011_register {
    PL011_DR = 0x000,
    PL011_RSR = 0x004, /* ECR when written */
    PL011_FR = 0x018,
    PL011_ILPR = 0x020,
    PL011_IBRD = 0x024,
    PL011_FBRD = 0x028,
    PL011_LCR_H = 0x02c,
    PL011_CR = 0x030,
    PL011_IFLS = 0x034,
    PL011_IMSC = 0x038,
    PL011_RIS = 0x03c,
    PL011_MIS = 0x040,
    PL011_ICR = 0x044,
    PL011_DMACR = 0x048,
};

#define PL011_DR_OE      0x800u
#define PL011_FR_BUSY    0x08u
#define PL011_FR_RXFE    0x10u
#define PL011_FR_TXFF    0x20u
#define PL011_FR_RXFF    0x40u
#define PL011_FR_TXFE    0x80u
#define PL011_LCR_H_FEN  0x10u
#define PL011_LCR_H_8BIT 0x60u
#define PL011_CR_ENABLE  0x301u /* RXE, TXE, UARTEN */
#define PL011_CR_LBE     0x80u
#define PL011_INT_RX     0x10u
#define PL011_INT_TX     0x20u
#define PL011_INT_RT     0x40u
#define PL011_INT_OE     0x400u
