/* SPDX-License-Identifier: BSD-2-Clause */
/* A server's timer, set by two CPUs that are in the server at a time (it is concurrent): timer_set and
 * expire of kernel/timer.c. A load, a store, a compare-exchange is one step; memory is sequentially
 * consistent. Time does not go on: deadlines are 1 and 2, and NONE; `programmed` is cpu.deadline.
 *   in the end the CPU that the timer belongs to will look no later than its deadline.
 * PLANT 1: nobody looks whether another CPU has taken it meanwhile. 2: it looks before its deadline is there. */
#define NONE 3

byte deadline = NONE, owner, programmed[2] = NONE, done;

inline expire() {
    programmed[i] = NONE;
    found = deadline;
    if
    :: owner == i && found < programmed[i] -> programmed[i] = found
    :: else
    fi
}

inline timer_set(at) {
    do
    :: deadline = NONE;
        owner = i;
        if :: PLANT == 2 -> mine = owner == i :: else fi;
        deadline = at;
        if :: PLANT != 2 -> mine = owner == i || PLANT == 1 :: else fi;
        if :: mine -> mine = false; break :: else fi
    od;
    expire()
}

proctype cpu(byte i) {
    byte found, sets = 2;
    bool mine;
    do
    :: sets != 0 ->
        sets--;
        if :: timer_set(1) :: timer_set(2) :: timer_set(NONE) fi
    :: sets != 0 -> sets--; expire() /* a tick */
    :: else -> break
    od;
    skip;
    d_step { done++; assert(done < 2 || programmed[owner] <= deadline) }
}

init { atomic { run cpu(0); run cpu(1) } }
