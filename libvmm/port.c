/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver of port.h. The log goes out in whole lines: it waits for the end of a guest's open
 * line, 20 ms at most, so that a prompt does not hold back the news of a crash.
 */
#include "port.h"

#include "gate.h"
#include "state.h"

#define SEND_BURST    64 /* more than any FIFO holds, far below a visit's budget */
#define RECEIVE_BURST 32

uint64_t uart_port_base __attribute__((section(".data"))); /* not .bss: it is set in the image */
struct port port;

static uint32_t mask; /* IMSC */
static STATE struct {
    bool pending; /* the kernel may have more */
    bool late;    /* it has waited long enough */
    bool inside;  /* a line of it has begun */
    unsigned next, count;
    uint8_t text[LOG_CALL_BYTES];
} log;

/* Whoever ran before (firmware, the kernel, this server) may still be sending: a port that is set
 * up already is not disturbed. Its baud rate is the firmware's. What stands on its line is not
 * known, so the log starts a new one, unless it was inside a line of its own. */
void port_open(void) {
    if (uart_port_base == 0) {
        log_text("no frame of the description has symbol = \"uart_port_base\"\n");
        __builtin_trap();
    }
    if (*port_register(PL011_LCR_H) != (PL011_LCR_H_8BIT | PL011_LCR_H_FEN)) {
        *port_register(PL011_CR) = 0;
        *port_register(PL011_LCR_H) = PL011_LCR_H_8BIT | PL011_LCR_H_FEN;
    }
    *port_register(PL011_CR) = PL011_CR_ENABLE;
    *port_register(PL011_IMSC) = mask = PL011_INT_RX | PL011_INT_RT;
    log.pending = log.late = true;
    if (log.next > log.count || log.count > LOG_CALL_BYTES) /* another program's */
        log.next = log.count = 0;
}

void port_notified(uint64_t bits) {
    if (bits & 1) *port_register(PL011_ICR) = PL011_INT_TX; /* the others end by reading */
    if (bits & NOTIFY_TIMER) log.late = log.pending;
    if ((bits & NOTIFY_LOG) && !log.pending) {
        struct gate_result now = time_get();
        log.pending = true;
        (void)timer_set(now.x1 + now.x2 / 50);
    }
}

/* What was sent leaves the kernel's log, which prints the rest itself when the machine ends. If
 * this server dies here, some of it comes out twice. */
static void read_log(void) {
    unsigned done = log.next;
    log.next = log.count = 0;
    log.count = log_read(log.text, done);
    log.pending = log.count > 0;
    log.late = log.late && log.pending;
}

static int next_of_log(void) {
    if (log.next == log.count) read_log();
    if (!log.pending) return PORT_NONE;
    if (!log.inside && port.last != '\n') {
        if (!log.late) return PORT_NONE;
        return port.last == '\r' ? '\n' : '\r';
    }
    uint8_t character = log.text[log.next++];
    log.inside = character != '\n';
    return character;
}

/* Whether there may be more for a transmitter that is full now. */
static bool send(void) {
    for (unsigned n = 0; n < SEND_BURST; n++) {
        if (*port_register(PL011_FR) & PL011_FR_TXFF) return true;
        int character = log.pending ? next_of_log() : PORT_NONE;
        if (character == PORT_NONE) character = port_take();
        if (character == PORT_NONE) return false;
        *port_register(PL011_DR) = port.last = (uint8_t)character;
    }
    return true;
}

static void receive(void) {
    for (unsigned n = 0; n < RECEIVE_BURST && port_has_room(); n++) {
        if (*port_register(PL011_FR) & PL011_FR_RXFE) return;
        port_deliver(*port_register(PL011_DR) & 0xfff);
    }
}

/* What there is no room for stays in the port's FIFO, with its interrupts masked. */
void port_run(void) {
    bool more = send();
    if (log.next > 0) read_log();
    receive();
    port.waiting = more || log.pending;
    port.stalled = !port_has_room();
    uint32_t wanted = (more ? PL011_INT_TX : 0) | (port.stalled ? 0 : PL011_INT_RX | PL011_INT_RT);
    if (wanted != mask) *port_register(PL011_IMSC) = mask = wanted;
}
