/* SPDX-License-Identifier: BSD-2-Clause */
/* One form of forms.S: tried with every register, every offset, on RAM and on the device. */
#pragma once

#include "exception.h"
#include "form.h"
#include "state.h"

#include <stdbool.h>

/* All trials of one form, into the TAP test that is open. */
void trial_form(const struct form *form);

/* Every register gets a value of its own. */
void trial_preset(struct state *state, unsigned seed);

/* Executes one word; what it raised. */
struct fault trial_execute(uint32_t word, struct state *state);

/* Registers from x[first] on, SP, flags and all V registers are equal. `where` tells the trial. */
void trial_compare(const struct state *got, const struct state *want, unsigned first,
                   const char *where);
