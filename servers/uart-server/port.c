/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The physical PL011 (DDI 0183): set-up, interrupt mask, the way out and the way in. The kernel's
 * log goes out in whole lines between a guest's: it waits for the end of an open line, 20 ms at
 * most, so that a prompt does not hold back the news of a crash.
 */
#include "port.h"

#include <gate.h>

#define PORT_LCR_H  0x2c
#define PORT_CR     0x30
#define PORT_IMSC   0x38
#define PORT_ICR    0x44
#define LCR_H_8_FEN 0x70u  /* 8 bits, FIFOs */
#define CR_ENABLE   0x301u /* RXE, TXE, UARTEN */
#define INT_RX      0x50u  /* level and timeout */
#define INT_TX      0x20u

#define BURST       64 /* characters sent in a visit: more than any FIFO holds, far below its budget */

uint64_t uart_port_base __attribute__((section(".data"))); /* not .bss: it is set in the image */
struct port port;

static uint32_t mask;
static struct {
    bool pending; /* the kernel may have more */
    bool late;    /* it has waited long enough */
    bool inside;  /* a line of it has begun */
    unsigned next, count;
    uint8_t text[LOG_CALL_BYTES];
} log;

static void set_mask(uint32_t interrupts, bool on) {
    uint32_t wanted = on ? mask | interrupts : mask & ~interrupts;

    if (wanted != mask) *port_register(PORT_IMSC) = mask = wanted;
}

/* Whoever ran before (firmware, the kernel, this server) may still be sending: a port that is set
 * up already is not disturbed. Its baud rate is the firmware's. What stands on its line is not
 * known, so the log starts a new one. */
void port_open(void) {
    if (*port_register(PORT_LCR_H) != LCR_H_8_FEN) {
        *port_register(PORT_CR) = 0;
        *port_register(PORT_LCR_H) = LCR_H_8_FEN;
    }
    *port_register(PORT_CR) = CR_ENABLE;
    *port_register(PORT_IMSC) = mask = INT_RX;
    port.waiting = log.pending = log.late = true;
}

void port_notified(uint64_t bits) {
    if (bits & 1) *port_register(PORT_ICR) = INT_TX; /* receive interrupts end by reading */
    if (bits & NOTIFY_TIMER) log.late = log.pending;
    if ((bits & NOTIFY_LOG) && !log.pending) {
        struct gate_result now = time_get();
        log.pending = true;
        (void)timer_set(now.x1 + now.x2 / 50);
    }
}

static int next_of_log(void) {
    if (log.next == log.count) {
        log.count = log_read(log.text);
        log.next = 0;
        log.pending = log.count > 0;
        log.late = log.late && log.pending;
    }
    if (!log.pending) return PORT_NONE;
    if (!log.inside && port.last != '\n') {
        if (!log.late) return PORT_NONE;
        return port.last == '\r' ? '\n' : '\r';
    }
    uint8_t character = log.text[log.next++];
    log.inside = character != '\n';
    return character;
}

void port_pump(int (*take)(void)) {
    int character = 0;

    for (unsigned n = 0; n < BURST && (*port_register(PORT_FR) & PORT_FR_TXFF) == 0; n++) {
        character = log.pending ? next_of_log() : PORT_NONE;
        if (character == PORT_NONE) character = take();
        if (character == PORT_NONE) break;
        *port_register(PORT_DR) = port.last = (uint8_t)character;
    }
    set_mask(INT_TX, character != PORT_NONE);
    port.waiting = character != PORT_NONE || log.pending;
}

int port_receive(void) {
    if (*port_register(PORT_FR) & PORT_FR_RXFE) return PORT_NONE;
    return (int)(*port_register(PORT_DR) & 0xfff);
}

void port_listen(bool on) { set_mask(INT_RX, on); }
