/* SPDX-License-Identifier: BSD-2-Clause */
/* CPUs that wait for one another: cpu_request, cpu_answer and cpu_wait of kernel/cpu.c, has_work,
 * choose and next_unusual of sched.c, release and deliver_withdraw of deliver.c, vcpu_turn_on and
 * vcpu_turn_off of vcpu.c. Two vCPUs of one VM send each other interrupts (and sometimes want to
 * know that they have arrived), sleep in WFI until one comes, and the second is turned on by the
 * first and goes off again. A kick is an interrupt that stays pending; it ends WFI and leaves a
 * guest, but not WFE; a SEV ends WFE.
 *   nobody sleeps for ever who has got something, or who waits for an answer;
 *   after a release that waited, no guest runs whose list registers are out of date.
 * PLANT 1: the kick before the request. 2: what counts as answered is read behind the work. 3: the
 * list registers are filled before the vCPU is ON. 4: who waits does not answer. 5: an answer without
 * SEV. 6: release looks who is ON before it has the lock. 7: what cpu_answer does not answer counts. */
#define J     (1 - i)
#define LISTS 1
#define VM    2

mtype = { OFF, PENDING, ON };

mtype state[2] = OFF;
byte requests[2], asked[2], answered[2];
bool kick[2], event[2];
bool locked, word[2], due[2];               /* irq.c: it is pending; it must be synchronised */
bool lists[2], loaded[2], running[2];       /* in a list register; of this CPU; in the guest */

inline lock() { atomic { !locked; locked = true } }
inline unlock() { locked = false }
inline sev() { d_step { event[0] = true; event[1] = true } }

inline sync() { /* irq_sync */
    d_step { lists[i] = lists[i] || word[i]; word[i] = false; due[i] = false }
}

inline cpu_request(j, what) {
    if :: what == LISTS || PLANT == 7 -> asked[j]++ :: else fi;
#if PLANT == 1
    kick[j] = true;
#endif
    requests[j] = requests[j] | what;
#if PLANT != 1
    kick[j] = true;
#endif
    sev()
}

inline cpu_answer() {
    if
    :: requests[i] & LISTS ->
        requests[i] = requests[i] & ~LISTS;
        seen = asked[i];
        lock();
        if :: loaded[i] -> sync() :: else fi;
        unlock();
        answered[i] = (PLANT == 2 -> asked[i] : seen);
        seen = 0;
        if :: PLANT != 5 -> sev() :: else fi
    :: else
    fi
}

inline release(wait) { /* irq_op on the other vCPU's interrupt before it */
    ask = state[J] == ON;
    lock();
    d_step { word[J] = true; due[J] = true }
    if :: PLANT != 6 -> ask = state[J] == ON :: else fi;
    unlock();
    if
    :: ask ->
        cpu_request(J, LISTS);
        if
        :: wait ->
            number = asked[J];
            do /* cpu_wait, WAIT_FOREVER */
            :: kick[i] = false;
                if :: PLANT != 4 -> cpu_answer() :: else fi;
                if
                :: answered[J] >= number -> break
                :: else -> atomic { event[i]; event[i] = false }
                fi
            od;
            assert(!(due[J] && running[J]))
        :: else
        fi
    :: else
    fi;
    ask = false; number = 0
}

inline turn_on() {
    d_step { won = state[J] == OFF; if :: won -> state[J] = PENDING :: else fi } /* the VM's lock */
    if
    :: won -> cpu_request(J, VM)
    :: else
    fi;
    won = false
}

inline turn_off() {
    lock(); /* deliver_withdraw */
    d_step { word[i] = word[i] || lists[i]; due[i] = word[i]; lists[i] = false; loaded[i] = false }
    unlock();
    state[i] = OFF
}

/* choose; the vCPU can run or not. */
inline choose() {
    able = state[i] == PENDING || (state[i] == ON && (!sleeping || lists[i]));
    if
    :: able && state[i] == PENDING ->
        loaded[i] = true;
        sleeping = false;
#if PLANT == 3
        lock(); sync(); unlock();
#endif
        state[i] = ON;
#if PLANT != 3
        lock(); sync(); unlock()
#endif
    :: able && state[i] == ON -> sleeping = false
    :: else
    fi
}

inline has_work() {
    work = state[i] == PENDING || (state[i] == ON && (!sleeping || lists[i]));
    work = work || requests[i] != 0
}

/* Until the guest runs; a CPU without anything more to do may end here. */
inline next_unusual() {
    do
    :: cpu_answer();
        if :: requests[i] != 0 -> requests[i] = requests[i] & ~VM :: else fi;
        choose();
        if :: able -> break :: else fi;
        has_work();
        if
        :: work
        :: else ->
            do /* cpu_wait, WAIT_IDLE */
            :: kick[i] = false;
                cpu_answer();
                has_work();
                if :: work -> break :: else fi;
                if
                :: kick[i]
                :: timeout ->
                    assert(requests[i] == 0 && state[i] != PENDING && (state[i] == OFF || !(lists[i] || word[i])));
end:                kick[i]
                fi
            od
        fi
    od
}

proctype cpu(byte i; byte sends) {
    byte seen, number;
    bool ask, won, able, work, sleeping;
    do
    :: next_unusual();
        skip;
        d_step { able = false; work = false; running[i] = true }
        do /* the guest */
        :: kick[i] -> running[i] = false; kick[i] = false; if :: requests[i] != 0 -> break :: else running[i] = true fi
        :: !kick[i] && sends != 0 ->
            running[i] = false;
            sends--;
            if :: i == 0 -> turn_on() :: else cpu_request(i, VM) /* vm_request: of all */ fi;
            if :: release(true) :: release(false) fi;
            break
        :: !kick[i] && sends == 0 && !lists[i] -> running[i] = false; sleeping = true; break /* WFI */
        :: !kick[i] && lists[i] -> lists[i] = false; /* it is acknowledged: all done, or off */
            if :: i == 1 -> running[i] = false; turn_off(); break :: true fi
        od
    od
}

init { atomic { state[0] = PENDING; run cpu(0, 2); run cpu(1, 2) } }
