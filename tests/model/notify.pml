/* SPDX-License-Identifier: BSD-2-Clause */
/* Bits of `notified`: notify_server and notify_visit of kernel/notify.c, entry_give of entry.c,
 * fast_unlock of fast.S, init of boot.c. Each of three CPUs raises a bit, and two enter the
 * server for a guest besides; at first it is NEW, and CPU 0 makes it UP. The entry word itself is
 * entry.pml's: here it is taken if it is free, at once, and given away at once.
 *   when every CPU has gone to sleep, each bit that was raised has been given, and nobody is inside.
 * PLANT 1: fast_unlock does not look at the bits. 2: who leaves looks first and gives the
 * word away then. 3: who finds that another has taken the bits does not look again. 4: a
 * server without `init` becomes UP, and nobody looks. */
#define N 3

byte bits, raised, given, owner, asleep; /* bits: one a CPU */
bool up;

inline entry_take() {
    d_step { taken = owner == 0; if :: taken -> owner = i + 1 :: else fi }
}

inline entry_give() { /* and fast_unlock */
    if :: PLANT == 2 -> notify = notify || bits != 0 :: else fi;
    owner = 0;
    if
    :: fast && PLANT == 1 || PLANT == 2
    :: else -> notify = notify || bits != 0
    fi
}

inline notify_server() {
    d_step { bits = bits | 1 << i; raised = raised | 1 << i; notify = true }
}

inline first_init() {
    entry_take();
    if
    :: taken ->
        fast = false;
        up = true;
        if
        :: PLANT == 4 -> owner = 0
        :: else -> entry_give()
        fi;
        begun = true
    :: else /* entry_take: later */
    fi
}

inline notify_visit() {
    notify = false;
    if :: bits != 0 -> entry_take() :: else -> taken = false fi;
    if
    :: taken ->
        if :: up -> d_step { got = bits; bits = 0 } :: else fi; /* atomic_exchange */
        fast = false;
        if
        :: got == 0 && (PLANT == 3 || !up) -> owner = 0 /* pass */
        :: got == 0 && PLANT != 3 && up -> entry_give()
        :: else -> given = given | got; entry_give()
        fi;
        got = 0
    :: else
    fi
}

inline access() {
    entry_take();
    if
    :: taken && up ->
        if :: fast = true :: fast = false fi;
        entry_give();
        visits--
    :: taken && !up -> fast = false; entry_give() /* the guest makes it again */
    :: else
    fi
}

proctype cpu(byte i; byte visits) {
    byte got;
    bool notify, taken, fast, begun = i != 0, quiet;
    do
    :: notify -> notify_visit()
    :: !notify && !begun -> first_init() /* sched_next: notifications first */
    :: visits != 0 && up -> access()
    :: visits != 0 -> visits = 0 /* its guest has no use for the server any more */
    :: !quiet -> quiet = true; notify_server()
    :: !notify && begun && quiet && visits == 0 -> break
    od;
    skip;
    d_step {
        asleep++;
        assert(asleep < N || (bits == 0 && owner == 0 && given == raised))
    }
}

init { atomic { run cpu(0, 1); run cpu(1, 1); run cpu(2, 0) } }
