/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mute: a VM without a console, which ends at once. The one behind it in system.toml has the
 * console, so what is typed is that one's.
 */
int main(void) { return 0; }
