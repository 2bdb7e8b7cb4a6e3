/* SPDX-License-Identifier: BSD-2-Clause */
/* What the victim shows of itself, in the memory of a probe-server that both VMs have a window of.
 */
#pragma once

#define PROBE_BASE    0x0a000000ul
#define VICTIM_BEAT   0x0a010008ul /* counts rounds */
#define VICTIM_DAMAGE 0x0a010010ul /* counts words that were not as written */
#define VICTIM_STOP   0x0a010018ul /* not zero: it may end */
