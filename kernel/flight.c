/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The decoded access as it stands in the vCPU while a server answers it: the message's registers,
 * and what is needed to finish the instruction. Parts of an ISV=0 access are emulate.c's.
 */
#include "flight.h"

#include "window.h"

static void start(struct flight *flight, struct server *server, uint64_t badge, uint64_t where, uint64_t info)
{
    flight->parts = false;
    flight->server = server;
    flight->badge = badge;
    flight->where = where;
    flight->info = info;
    flight->id++;
}

static void set_value(struct flight *flight, uint64_t value)
{
    flight->arguments[0] = value;
    for (unsigned i = 1; i < 7; i++)
        flight->arguments[i] = 0;
}

void flight_access(struct vcpu *vcpu, const struct window *window, uint64_t esr, uint64_t far, uint64_t ipa)
{
    struct flight *flight = &vcpu->flight;
    struct access access = access_decode(esr);
    start(flight, window->server, window->badge + vcpu->badge, ipa - window->offset_base,
          INFO(ACCESS_MMIO, access.write, access.size_log2));
    set_value(flight, access.write ? access_store_value(&vcpu->frame, access) : 0);
    flight->access = access;
    flight->esr = esr;
    flight->far = far;
}

void flight_call(struct vcpu *vcpu, struct server *server, uint64_t badge, uint64_t esr)
{
    struct flight *flight = &vcpu->flight;
    bool smc = ESR_EC(esr) == EC_SMC64;
    start(flight, server, badge + vcpu->badge, (uint32_t)vcpu->frame.x[0],
          INFO(ACCESS_SMCCC, false, 0) | (smc ? INFO_SMC : 0));
    for (unsigned i = 0; i < 7; i++)
        flight->arguments[i] = vcpu->frame.x[1 + i];
    flight->esr = esr;
}

void flight_register(struct vcpu *vcpu, const struct image_sysreg *grant, uint32_t iss)
{
    struct flight *flight = &vcpu->flight;
    bool write = (iss & 1) == 0;
    struct access access = {.rt = iss >> 5 & 31, .size_log2 = 3, .write = write, .wide = true};
    start(flight, &servers[grant->server], BADGE(grant->right, 0, vcpu->vm->index) + vcpu->badge,
          grant->encoding, INFO(ACCESS_SYSREG, write, 3));
    set_value(flight, write ? access_store_value(&vcpu->frame, access) : 0);
    flight->access = access;
    flight->esr = ESR_IL;
}
