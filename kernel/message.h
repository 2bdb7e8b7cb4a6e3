/* SPDX-License-Identifier: BSD-2-Clause */
/* From what an exception left (struct flight of vcpu.h) to the message, and from the answer to the
 * guest's registers, which stay as they were until the answer is there. Every access comes here. */
#pragma once

#include "vcpu.h"

#define ISS_REGISTER SYSREG_ENCODING(3, 7, 15, 15, 7)

/* MSR and MRS in the terms of a load or store; bit 0 of the ISS is the direction. */
static inline struct access message_register(uint64_t esr) {
    return (struct access){
        .rt = esr >> 5 & 31, .size_log2 = 3, .write = (esr & 1) == 0, .wide = true};
}

/* x0..x9 of a server at its entry point `access` (include/skerry/access.h). */
static inline void message_make(const struct vcpu *vcpu, uint64_t *x) {
    const struct flight *flight = &vcpu->flight;
    uint64_t esr = flight->esr;
    x[0] = flight->window->badge + vcpu->badge;
    __builtin_memset(&x[4], 0, 6 * sizeof(x[0]));
    if (ESR_EC(esr) == EC_DATA) {
        struct access access = access_decode(esr);
        x[1] = access_ipa(flight->hpfar, flight->far) - flight->window->offset_base;
        x[2] = INFO(ACCESS_MMIO, access.write, access.size_log2);
        x[3] = access.write ? access_store_value(&vcpu->frame, access) : 0;
        if (flight->parts) __builtin_memcpy(&x[1], vcpu->emulation.message, 3 * sizeof(x[0]));
    } else if (ESR_EC(esr) == EC_SYSREG) {
        struct access access = message_register(esr);
        x[1] = esr & ISS_REGISTER;
        x[2] = INFO(ACCESS_SYSREG, access.write, access.size_log2);
        x[3] = access.write ? access_store_value(&vcpu->frame, access) : 0;
    } else {
        x[1] = (uint32_t)vcpu->frame.x[0];
        x[2] = INFO(ACCESS_SMCCC, false, 0) | (ESR_EC(esr) == EC_SMC64 ? INFO_SMC : 0);
        __builtin_memcpy(&x[3], &vcpu->frame.x[1], 7 * sizeof(x[0]));
    }
}

/* It is done, with one value, or four for a call: into its register, and the PC behind it. */
static inline __attribute__((always_inline)) void
message_finish(struct vcpu *vcpu, const uint64_t *x, unsigned values) {
    struct frame *frame = &vcpu->frame;
    uint64_t esr = vcpu->flight.esr;
    if (ESR_EC(esr) == EC_DATA || ESR_EC(esr) == EC_SYSREG) {
        struct access access = ESR_EC(esr) == EC_DATA ? access_decode(esr) : message_register(esr);
        if (!access.write) access_finish(frame, access, x[0]);
    } else {
        for (unsigned i = 0; i < values; i++) frame->x[i] = x[i];
    }
    access_skip(frame, esr);
}
