/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The decoded access as it stands in the vCPU while a server answers it: the message's registers,
 * and what is needed to finish the instruction. Parts of an ISV=0 access are emulate.c's.
 */
#include "flight.h"

#include "window.h"

static void start(struct vcpu *vcpu, struct server *server, uint64_t badge, uint64_t where,
                  uint64_t info) {
    struct flight *flight = &vcpu->flight;
    flight->parts = false;
    flight->server = server;
    flight->message.badge = badge + vcpu->badge;
    flight->message.where = where;
    flight->message.info = info;
#pragma GCC unroll 8
    for (unsigned i = 0; i < 7; i++) flight->message.arguments[i] = 0;
}

void flight_access(struct vcpu *vcpu, const struct window *window, uint64_t esr, uint64_t far,
                   uint64_t ipa) {
    struct flight *flight = &vcpu->flight;
    struct access access = access_decode(esr);
    start(vcpu, window->server, window->badge, ipa - window->offset_base,
          INFO(ACCESS_MMIO, access.write, access.size_log2));
    if (access.write) flight->message.arguments[0] = access_store_value(&vcpu->frame, access);
    flight->access = access;
    flight->esr = esr;
    flight->far = far;
}

void flight_call(struct vcpu *vcpu, struct server *server, uint64_t badge, uint64_t esr) {
    struct flight *flight = &vcpu->flight;
    bool smc = ESR_EC(esr) == EC_SMC64;
    start(vcpu, server, badge, (uint32_t)vcpu->frame.x[0],
          INFO(ACCESS_SMCCC, false, 0) | (smc ? INFO_SMC : 0));
    __builtin_memcpy(flight->message.arguments, &vcpu->frame.x[1],
                     sizeof(flight->message.arguments));
    flight->esr = esr;
}

void flight_register(struct vcpu *vcpu, struct server *server, uint64_t badge, uint32_t iss) {
    struct flight *flight = &vcpu->flight;
    bool write = (iss & 1) == 0;
    struct access access = {.rt = iss >> 5 & 31, .size_log2 = 3, .write = write, .wide = true};
    start(vcpu, server, badge, iss & SYSREG_ENCODING(3, 7, 15, 15, 7),
          INFO(ACCESS_SYSREG, write, 3));
    if (write) flight->message.arguments[0] = access_store_value(&vcpu->frame, access);
    flight->access = access;
    flight->esr = ESR_IL;
}
