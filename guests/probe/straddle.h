/* SPDX-License-Identifier: BSD-2-Clause */
/* Accesses that end in another page than they begin. */
#pragma once

void straddle(void);
