/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls of a server. The gate page at the start of a server's range holds one entry of
 * GATE_ENTRY_SIZE bytes for each number below: entry n traps with immediate n, in whatever way the
 * server's boundary wants, and returns by x30. Numbers below VERDICT_COUNT are the verdicts and do
 * not return. Arguments in x0..x7; x0 comes back as enum status, results in x1..x7. All other
 * registers keep their values. No call takes a pointer.
 * Every handle, VM, vCPU and INTID is checked against the caller's grants before any effect.
 */
#pragma once

#include <skerry/access.h>
#include <skerry/status.h>

#define GATE_ENTRY_SIZE 8
#define GATE_ENTRIES    64

enum syscall_number {
    /* x0 = line handle, x1 = level (0, 1). */
    SYS_LINE = 16,
    /* x0 = VM, x1 = where, x2 = enum irq_op, x3 = mask (bit n: INTID n of the block; for an SGI,
     * bit n: vCPU n). Needs RIGHT_IRQ on the VM. */
    SYS_IRQ_OP = 17,
    /* x0 = VM, x1 = where, x2 = INTID, x3 = enum irq_attr, x4 = value. Needs RIGHT_IRQ.
     * PRIORITY: INTID a multiple of 4 inside the block, four bytes, lowest INTID lowest.
     * TARGET (SPI only): a vCPU number or IRQ_TARGET_NONE. */
    SYS_IRQ_ATTR = 18,
    /* x0 = VM, x1 = where (a block) -> x1 = pending (line or latch), x2 = active, x3 = line.
     * As of a moment during the call: vCPUs that run put their list registers back first. */
    SYS_IRQ_GET = 19,
    /* x0 = edge handle, x1 = operation, x2..x7 = arguments (the callee's x3..x8)
     * -> x1..x4 = the callee's x0..x3. STATUS_DEAD if the callee is down. */
    SYS_CALL = 20,
    /* x0 = VM, x1 = vCPU, x2 = enum vcpu_op, x3, x4 = arguments -> x1 = result. RIGHT_VCPU. */
    SYS_VCPU = 21,
    /* x0 = VM, x1 = enum vm_op. Needs RIGHT_POWER on the VM. Takes effect when the visit is over.
     */
    SYS_VM = 22,
    /* x0 = deadline in CNTPCT ticks, ~0 for none. NOTIFY_TIMER is given once it has passed. */
    SYS_TIMER = 23,
    /* -> x1 = CNTPCT ticks, x2 = ticks a second. */
    SYS_TIME = 24,
    /* x0 = enum log_op, x1 = number of bytes, x2..x7 = the bytes, lowest first (at most 48).
     * READ (needs the log right) -> x1 = number, x2..x7 = bytes; 0 when the ring is empty. */
    SYS_LOG = 25,
    /* x0 = edge handle, x1 = bits (of NOTIFY_SIGNALS): the callee of that edge is notified. */
    SYS_SIGNAL = 26,
    SYSCALL_END
};

/* SYS_IRQ_*: where. */
#define IRQ_WHERE_PRIVATE(vcpu) ((uint64_t)(vcpu))          /* INTIDs 0..31 of one vCPU */
#define IRQ_WHERE_SPI(block)    (0x100 + (uint64_t)(block)) /* INTIDs 32*block.., block 1..30 */
#define IRQ_WHERE_SGI(intid)    (0x200 + (uint64_t)(intid)) /* one SGI, mask = vCPUs; PEND only */

enum irq_op {
    IRQ_DELIVER = 0,    /* enabled and its group enabled: may go to the vCPU */
    IRQ_HOLD = 1,       /* not; one that is only pending leaves its list register */
    IRQ_PEND = 2,       /* set the pending latch */
    IRQ_UNPEND = 3,     /* clear the pending latch (a line that is high stays pending) */
    IRQ_ACTIVATE = 4,   /* ISACTIVER */
    IRQ_DEACTIVATE = 5, /* ICACTIVER */
    IRQ_EDGE = 6,       /* ICFGR */
    IRQ_LEVEL = 7,
    IRQ_GROUP0 = 8, /* IGROUPR: signalled as virtual FIQ */
    IRQ_GROUP1 = 9, /* signalled as virtual IRQ */
    IRQ_OP_COUNT
};

enum irq_attr {
    IRQ_PRIORITY = 0,
    IRQ_TARGET = 1,
};
#define IRQ_TARGET_NONE 0xff

enum vcpu_op {
    VCPU_ON = 0,    /* x3 = entry IPA, x4 = its x0 -> x1 = state before. STATUS_BUSY unless off, and
                     * while the VM starts, stops or is reset */
    VCPU_STATE = 1, /* -> x1 = enum vcpu_state */
};

enum vcpu_state {
    VCPU_STATE_OFF = 0,
    VCPU_STATE_ON = 1,
    VCPU_STATE_PENDING = 2, /* turned on, has not run yet */
};

enum vm_op {
    VM_STOP = 0,  /* all vCPUs off for good; the machine goes off with its last VM */
    VM_RESET = 1, /* memory and vCPUs as at first start; servers get NOTIFY_VM_RESET before */
};

enum log_op {
    LOG_WRITE = 0, /* the kernel puts "server-name: " in front of each line */
    LOG_READ = 1,  /* x1: so many of the bytes that the last one gave are done with, and go */
};

/* Bits of `notified`. 0..31: interrupts, as numbered in the description. */
#define NOTIFY_INTERRUPTS   UINT64_C(0xffffffff)
#define NOTIFY_SIGNALS      (UINT64_C(0xffff) << 32) /* SYS_SIGNAL */
#define NOTIFY_VM_RESET(vm) (UINT64_C(1) << (48 + (vm)))
#define NOTIFY_TIMER        (UINT64_C(1) << 62)
#define NOTIFY_LOG          (UINT64_C(1) << 63) /* the kernel's log has something to read */

/* x0 of `init`. Its verdict answers the access in flight, if there is one: MORE has it made again.
 */
enum init_reason {
    INIT_BOOT = 0,
    INIT_RESTART = 1,
};
