/* SPDX-License-Identifier: BSD-2-Clause */
/* Fills a vCPU's flight: the message of one access, from what the exception has left. */
#pragma once

#include "vcpu.h"

/* A decoded load or store to a window; `esr` is access.h's ACCESS_DECODED. */
void flight_access(struct vcpu *vcpu, const struct window *window, uint64_t esr, uint64_t far,
                   uint64_t ipa);

/* A call by HVC or SMC, to `server` by `badge`. */
void flight_call(struct vcpu *vcpu, struct server *server, uint64_t badge, uint64_t esr);

/* An access to a trapped system register; `iss` as in ESR_EL2. */
void flight_register(struct vcpu *vcpu, struct server *server, uint64_t badge, uint32_t iss);
