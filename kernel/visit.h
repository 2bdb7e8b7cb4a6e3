/* SPDX-License-Identifier: BSD-2-Clause */
/* Servers and visits. A server is a place; a visit is one run of one of its entry points on the CPU
 * that came. A function whose comment ends with "what runs next" returns the frame of that. System
 * calls are syscall.c's. Failures are fail.c's: the cause goes into the log, and the description of
 * the server says what happens. */
#pragma once

#include <skerry/syscall.h>
#include <stdatomic.h>

#include "access.h"
#include "cpu.h"
#include "memory.h"

struct boundary;
struct vcpu;

/* What its reply is: an `init` after a crash answers the access that died, if there is one. */
enum visit_kind { VISIT_ACCESS, VISIT_CALL, VISIT_NOTIFIED, VISIT_INIT };
#define FP_WORDS (2 * 32 + 2) /* V0 to V31, FPSR, FPCR */

struct visit {
    struct frame frame;    /* first: what vectors.S saves into */
    uint64_t zeros[2];     /* from here to `bit`: fast.S */
    struct vcpu *vcpu;     /* for which fast.S began it (visit_unfold); null: C began it */
    atomic_uint *lock;     /* the entry word that an access needs, null: none; or visit_shut */
    uint64_t entry, stack; /* of an access */
    uint64_t ttbr, hcr;
    struct visit *parent; /* the caller's visit; null: no server called */
    uint32_t kind;        /* enum visit_kind */
    uint32_t ticks;       /* that came during it: visit_overdue */
    uint64_t bit;         /* of the server in cpu.notify */
    uint64_t gate;        /* ESR_EL2 of its gate calls, less the number */
    struct server *server;
    uint64_t bits;         /* VISIT_NOTIFIED: given to `notified` */
    uint64_t fp[FP_WORDS]; /* SERVER_FP: the V registers of the guest or the caller */
};

enum server_state { SERVER_NEW, SERVER_UP, SERVER_DOWN };

struct server {
    const struct image_server *image; /* its row */
    uint8_t index;
    uint8_t flags; /* SERVER_* */
    const struct boundary *boundary;
    struct pagetable space;
    uint64_t hcr;                   /* HCR_EL2 while it runs */
    const struct image_edge *edges; /* tables of the image, this server's part */
    const struct image_line *lines;
    uint32_t edge_count, line_count;
    uint32_t vms;            /* that can visit it, or that it has rights to, by bit */
    uint16_t rights[VM_MAX]; /* RIGHT_* */
    struct visit *visits;    /* one, or one a CPU if concurrent */

    enum server_state state;       /* changes, under the entry word */
    _Alignas(16) atomic_uint word; /* entry word: owner CPU + 1 in 7:0, waiting CPUs in 31:8 */
    atomic_uint arrivals;          /* numbers given to those that wait */
    atomic_uint_fast64_t bits;     /* of `notified`, not given yet; fast.S: 8 behind `word` */
    uint32_t arrival[CPU_MAX];
    atomic_uint_fast64_t deadline; /* CNTPCT, ~0: none */
    atomic_uint deadline_cpu;
    uint64_t failed_at; /* CNTPCT of the first failure in this second */
    uint32_t failures;  /* in this second */
    uint64_t failures_total;
};

_Static_assert(offsetof(struct server, bits) == offsetof(struct server, word) + 8, "fast.S");

extern struct server servers[SERVER_MAX];
extern uint32_t server_count;
extern atomic_uint visit_shut; /* an entry word that is taken: fast.S leaves it to C */

/* Begins a visit: builds its frame, switches registers. The caller has the entry word. */
struct visit *visit_begin(struct cpu *cpu, struct server *server, enum visit_kind kind,
                          uint64_t entry);

/* The server has been made anew: the visit that runs begins again, at `init`. */
struct frame *visit_restart(struct cpu *cpu, struct visit *visit);

/* Switches back and gives the entry word away. Returns the caller's frame, or null without one. */
struct frame *visit_end(struct cpu *cpu, struct visit *visit);

/* A tick: for the visit that runs, if there is one, and for those whose `notified` must wait. */
void visit_tick(struct cpu *cpu);

/* Cuts the innermost visit off after too many ticks: those while it was innermost, and half of
 * those while it waited for a server or that one ran. Not few, for an emulator may let the CPU get
 * nowhere between two ticks. What runs next, null if the visit goes on. */
struct frame *visit_overdue(struct cpu *cpu, struct visit *visit);

/* Says whether a server takes visits; nothing else opens a server to fast.S. */
void visit_set_state(struct server *server, enum server_state state);

/* If fast.S began the visit: turns what that left into what visit_access would have left. */
void visit_unfold(struct visit *visit);

/* Both visit the server of vcpu->flight. visit_again returns null if that is not possible now. */
struct frame *visit_access(struct cpu *cpu, struct vcpu *vcpu);
struct frame *visit_again(struct cpu *cpu, struct vcpu *vcpu);

/* The innermost visit ends with a verdict. */
NOINLINE struct frame *visit_reply(struct cpu *cpu, struct visit *visit, enum verdict verdict);

/* The innermost visit made gate call `number`, below GATE_ENTRIES; what runs next. */
NOINLINE struct frame *syscall_enter(struct cpu *cpu, struct visit *visit, unsigned number);

/* entry.c: who is in a server. One CPU at a time, in order of arrival, unless the server is
 * concurrent or only one CPU can ever come. A CPU that has to wait does so in cpu_wait, and may
 * give up. */
#define ENTRY_SHARED 0xfeu /* the word of a concurrent server, nobody inside */

/* Gets this CPU in, in order of arrival. False after `rounds` of cpu_wait, with 0 at once. */
bool entry_take(struct cpu *cpu, struct server *server, uint32_t rounds);

/* From inside: waits until this CPU is alone, and stays so. False if another CPU does already. */
bool entry_alone(struct cpu *cpu, struct server *server);

/* After a visit: hands the entry word to the CPU that has waited longest, if any. One that wanted
 * to notify the server and found it busy has left bits: this CPU runs `notified` for them. */
void entry_give(struct cpu *cpu, struct server *server);

/* The server of the innermost visit has failed; what runs next. The visit is cut off, the server
 * made anew and entered at `init`, or what else its policy says. `far`: of an abort, or null. */
struct frame *fail_visit(struct cpu *cpu, const char *what, uint64_t number, const uint64_t *far);

/* Makes data and stacks as in the image; with `all` text and `.state`, too. No other is inside. */
void fail_restore(const struct server *server, bool all);

/* notify.c: a server gets bits from interrupts, its timer, other servers and the kernel. The CPU
 * that took them runs `notified` before it returns to a guest or to idle, once a server and return
 * at most. notify_init enables the image's interrupts at the GIC. */
void notify_init(void);

/* Gives a server bits: `notified` runs on this CPU, or on the one that is in the server. */
void notify_server(struct cpu *cpu, struct server *server, uint64_t bits);

void notify_interrupt(struct cpu *cpu, uint32_t intid); /* an SPI, acknowledged and active */

/* Begins `notified` of some server whose bits wait for this CPU; null if there is none. */
struct frame *notify_visit(struct cpu *cpu);

/* `notified` returned: the interrupts among its bits may come again. */
void notify_done(struct cpu *cpu, const struct visit *visit);

void notify_tick(struct cpu *cpu); /* interrupts that were over their rate may come again */
void notify_log(struct cpu *cpu);  /* the server that drains the log has something to read */
