/* SPDX-License-Identifier: BSD-2-Clause */
/* The entry word of a concurrent server: kernel/entry.c, and fail_visit of fail.c, which makes the
 * server anew. Of three CPUs one comes twice; a visit may fail, and so may `init` once. A load or a
 * read-modify-write is one step; memory is sequentially consistent. WFE sleeps until a SEV.
 *   who makes the server anew is alone, and nobody comes in until its `init` has returned;
 *   each gets in, and of those that fail together one makes it anew (else spin finds a CPU that
 *   sleeps at the end).
 * PLANT 1: who wants to be alone does not wait. 2: nobody is kept out meanwhile. 3: the last to
 * leave sends no SEV. 4: the second that fails waits for the first, too. 5: who was alone leaves
 * the word as if it had not been. */
#define N         3
#define SHARED    7 /* ENTRY_SHARED, 0xfe */
#define OWNER(w)  ((w) & 7)
#define INSIDE(i) (8 << (i))

byte word = SHARED, inside, made, failures = 3;
bool event[N];
bool anew;

inline sev() { d_step { event[0] = true; event[1] = true; event[2] = true } }
inline wfe() { atomic { event[i]; event[i] = false } }

inline take_turn() {
    entry = word; /* atomic_load */
    if
    :: OWNER(entry) == i + 1 -> mine = PLANT == 1 || entry == (INSIDE(i) | i + 1)
    :: OWNER(entry) != i + 1 && OWNER(entry) != SHARED && PLANT != 2 -> mine = false
    :: OWNER(entry) == SHARED || (PLANT == 2 && OWNER(entry) != i + 1) ->
        d_step { /* atomic_compare_exchange_strong */
            mine = word == entry;
            if :: mine -> word = entry | INSIDE(i) :: else fi
        }
    fi
}

inline cpu_wait() {
    do
    :: take_turn();
        if :: mine -> break :: else -> wfe() fi
    od
}

inline entry_alone() {
    do
    :: entry = word;
        if
        :: OWNER(entry) == SHARED -> d_step { if :: word == entry -> word = (entry & ~7) | (i + 1) :: else fi }
        :: else -> break
        fi
    od;
    if
    :: OWNER(entry) == i + 1 || PLANT == 4 -> cpu_wait()
    :: else -> mine = false
    fi
}

inline pass() {
    entry = word;
    do
    :: d_step {
            next = entry & ~INSIDE(i);
            if :: OWNER(entry) == i + 1 && PLANT != 5 -> next = SHARED :: else fi;
            failed = word != entry;
            if :: failed -> entry = word :: else -> word = next; inside-- fi
        }
        if :: failed :: else -> break fi
    od;
    if :: PLANT != 3 -> sev() :: else fi;
    next = 0; failed = false
}

proctype cpu(byte i; byte visits) {
    byte entry, next;
    bool mine, failed;
    do
    :: visits != 0 ->
        visits--;
        cpu_wait(); /* entry_take */
        skip;
        d_step { inside++; assert(!anew); mine = false }
        do /* the visit fails, or not */
        :: atomic { failures != 0 -> failures-- }
            entry_alone();
            if
            :: mine -> skip; d_step { assert(inside == 1); anew = true } /* fail_restore; init begins */
            :: !mine -> break                                     /* the other one makes it anew */
            fi
        :: true -> break
        od;
        skip;
        d_step { assert(!anew || mine); if :: mine -> anew = false; mine = false :: else fi }
        pass();
        entry = 0
    :: else -> break
    od
}

init { atomic { run cpu(0, 2); run cpu(1, 1); run cpu(2, 1) } }
