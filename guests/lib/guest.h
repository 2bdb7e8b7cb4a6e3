/* SPDX-License-Identifier: BSD-2-Clause */
/* What a guest provides (main) and what start.S finds (guest_main). */
#pragma once

int main(void);

_Noreturn void guest_main(void);
