/* SPDX-License-Identifier: BSD-2-Clause */
/* The entry word of a server that is not concurrent: kernel/entry.c, and fast.S's way in and out.
 * Of three CPUs one comes twice, each by the short way or the long one, and may tire of waiting. A
 * load, a store, a read-modify-write is one step; memory is sequentially consistent. WFE sleeps until
 * a SEV, and nothing else wakes a CPU.
 *   one CPU inside; each gets in or gives up (else spin finds a CPU that sleeps at the end);
 *   a CPU that waits is overtaken once at most: by one that finds the word free before it looks;
 *   fast.S enters no server that went down after it had looked.
 * PLANT 1: leaving, no SEV. 2: giving up does not look whether it was handed the word. 3: a server
 * that is down leaves its word 0. 4: the word goes to the first CPU by number. 5: fast_unlock does
 * not look who waits. */
#define N          3
#define OWNER(w)   ((w) & 7)
#define WAITING(i) (8 << (i))
#define DOWN       7 /* 255 of the code */

byte word, arrivals, inside;
byte arrival[N], overtaken[N], after[N]; /* after: by bit, who came once this CPU's bit was set */
bool event[N], waits[N], up = true;

/* An event that is left from before the wait would only make it look once more. */
inline sev() { d_step { event[0] = waits[0]; event[1] = waits[1]; event[2] = waits[2] } }
inline wfe() { atomic { event[i]; event[i] = false } }
inline no_wait() { waits[i] = false; event[i] = false; after[i] = 0; overtaken[i] = 0 }

inline came() { /* ghost */
    after[0] = after[0] | (waits[0] -> 1 << i : 0);
    after[1] = after[1] | (waits[1] -> 1 << i : 0);
    after[2] = after[2] | (waits[2] -> 1 << i : 0)
}
inline count(k) {
    overtaken[k] = overtaken[k] + ((k != i && waits[k]) -> after[k] >> i & 1 : 0);
    assert(overtaken[k] <= 1)
}
inline entered() {
    mine = true;
    no_wait();
    count(0); count(1); count(2)
}

inline take_free() {
    d_step { mine = false; if :: word == 0 -> word = i + 1; entered() :: else fi }
}

inline take_turn() {
    mine = false;
    entry = word; /* atomic_load */
    if
    :: OWNER(entry) == i + 1 -> d_step { entered() }
    :: OWNER(entry) != i + 1 && OWNER(entry) != 0 && OWNER(entry) != DOWN
    :: OWNER(entry) == 0 || OWNER(entry) == DOWN ->
        d_step { /* atomic_compare_exchange_strong */
            failed = word != entry;
            if
            :: !failed -> word = (entry & ~(7 | WAITING(i))) | (i + 1); entered()
            :: else
            fi
        }
    fi
}

inline give_up() {
    entry = word;
    do
#if PLANT != 2
    :: OWNER(entry) == i + 1 -> d_step { entered() } break
#endif
    :: PLANT == 2 || OWNER(entry) != i + 1 ->
        d_step {
            failed = word != entry;
            if :: failed -> entry = word :: else -> word = entry & ~WAITING(i); no_wait() fi
        }
        if :: failed :: else -> break fi
    od
}

/* 500 rounds are more than there are CPUs: the last look of who gives up has seen an owner, and not
 * lost a compare-exchange to somebody. */
inline entry_take() {
    take_free();
    if :: !mine -> take_turn() :: else fi;
    if
    :: !mine ->
        d_step { arrival[i] = arrivals; arrivals++ }
        d_step { word = word | WAITING(i); waits[i] = true }
        do /* cpu_wait */
        :: failed = false; take_turn();
            if
            :: mine -> break
            :: !mine && !failed -> give_up(); break
            :: !mine -> wfe()
            fi
        od
    :: else
    fi
}

inline inherit() {
    first = 0;
    do :: (entry & WAITING(first)) == 0 -> first++ :: else -> break od;
#if PLANT != 4
    k = first + 1;
    do
    :: k < N ->
        if :: (entry & WAITING(k)) != 0 && arrival[k] < arrival[first] -> first = k :: else fi;
        k++
    :: else -> break
    od;
#endif
    next = (entry & ~(7 | WAITING(first))) | (first + 1);
    k = 0
}

inline pass() {
    entry = word;
    do
    :: d_step {
            next = ((up || PLANT == 3) -> 0 : DOWN);
            if :: entry >= WAITING(0) -> inherit() :: else fi
        }
        d_step {
            failed = word != entry;
            if :: failed -> entry = word :: else -> word = next fi
        }
        if :: failed :: else -> break fi
    od;
    if :: next != 0 && PLANT != 1 -> sev() :: else fi;
    next = 0; first = 0
}

proctype cpu(byte i; byte visits) {
    byte entry, next, first, k;
    bool mine, failed, fast;
    do
    :: visits != 0 ->
        visits--;
        d_step { came(); fast = up } /* VISIT_LOCK: the word, or visit_shut */
        if
        :: fast -> take_free() /* take_server */
        :: fast = false
        fi;
        fast = fast && mine;
        if :: !mine -> entry_take() :: else fi;
        if
        :: mine ->
            d_step { inside++; assert(inside == 1 && OWNER(word) == i + 1 && (!fast || up)) }
            if :: i == 1 -> up = false :: true fi; /* it fails for good, or not */
            d_step { inside--; failed = true }
            if
            :: up && fast -> /* fast_unlock */
                d_step {
                    if
                    :: word < WAITING(0) || PLANT == 5 -> word = 0; failed = false
                    :: else
                    fi
                }
            :: true
            fi;
            if :: failed -> pass() :: else fi
        :: else
        fi;
        d_step { mine = false; failed = false; fast = false; entry = 0 }
    :: else -> break
    od
}

init { atomic { run cpu(0, 2); run cpu(1, 1); run cpu(2, 1) } }
