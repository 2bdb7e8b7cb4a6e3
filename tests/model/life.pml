/* SPDX-License-Identifier: BSD-2-Clause */
/* The end and fresh start of a VM of three vCPUs: vm_request, all_off, reset, start and vm_park
 * of kernel/vm.c, vcpu_turn_on of vcpu.c, choose of sched.c. Two are on at first; one of them turns
 * the third on, and the first asks for a reset; or a server fails meanwhile, with the policy to stop
 * its VMs. A kick makes a CPU look; while a VM is ending, its first CPU looks at every tick.
 *   irq_reset and the filling of the memory find no vCPU that is loaded;
 *   then the VM runs, and what was turned on has been looked at;
 *   no vCPU runs because of a call that was made before the reset;
 *   a VM that was to stop has stopped, and none of its vCPUs runs again.
 * PLANT 1: `want` is looked at before the vCPU's state. 2: vCPUs that are PENDING do not keep a VM
 * from being off. 3: a request for a reset kicks nobody. 4: the start does not look again whether
 * all are off. 5: a VM that is made anew is not stopped. 6: it forgets that it is to stop. */
#define N 3

mtype = { OFF, PENDING, ON, RUN, RESET, START, STOP, STOPPED };

mtype state[N] = OFF, want = RUN;
bool kick[N], loaded[N], filling, failed;
bit life, born[N]; /* of the VM; and when somebody turned it on */
byte resets = 1, calls = 1;

inline kick_all() { kick[0] = PLANT != 3; kick[1] = PLANT != 3; kick[2] = PLANT != 3 }

inline vm_request() {
    if
    :: d_step { want == RUN -> want = RESET; kick_all() }
    :: else
    fi
}

inline fail() { /* while the VM runs it is a request like any other */
    if
    :: d_step { calls != 0 -> calls--; failed = true; if :: PLANT != 5 -> want = STOP :: else fi }
    :: true
    fi
}

inline turn_on(k) {
    won = want == RUN; /* which the VM's lock does not hold */
    d_step {
        won = won && state[k] == OFF;
        if :: won -> state[k] = PENDING; born[k] = life :: else fi
    }
    if :: won -> kick[k] = true :: else fi;
    won = false
}

inline look_off(k) {
    off = off && (state[k] == OFF || (PLANT == 2 && state[k] == PENDING))
}

inline all_off() { /* each in turn */
    off = true;
    look_off(0); look_off(1); look_off(2)
}

inline nobody() { assert(!loaded[0] && !loaded[1] && !loaded[2]) }

inline vm_park() {
    if
    :: d_step { state[i] == ON -> loaded[i] = false; state[i] = OFF } /* vcpu_turn_off */
    :: state[i] == PENDING -> state[i] = OFF
    :: else
    fi;
    if
    :: i == 0 && want == RESET ->
        all_off();
        if
        :: off -> d_step { filling = true; nobody(); want = START } /* reset: irq_reset */
        :: else
        fi;
        off = false
    :: i == 0 && want == START -> /* all_told; start: fill_next */
        all_off();
        if
        :: off || PLANT == 4 ->
            fail();
            if
            :: d_step { want == START || PLANT == 6 -> nobody(); filling = false; want = RUN; life = 1 - life }
                turn_on(0)
            :: else
            fi
        :: else
        fi;
        off = false
    :: i == 0 && want == STOP ->
        all_off();
        if
        :: off -> d_step { nobody(); want = STOPPED }
        :: else
        fi;
        off = false
    :: else
    fi
}

inline choose() {
    able = state[i] == ON || state[i] == PENDING;
    if
    :: want != RUN -> vm_park(); able = PLANT == 1 && (state[i] == ON || state[i] == PENDING)
    :: else -> if :: PLANT == 1 -> able = state[i] == ON || state[i] == PENDING :: else fi
    fi;
    if
    :: able && state[i] == PENDING -> d_step { loaded[i] = true; assert(!filling && born[i] == life && want != STOPPED) } state[i] = ON
    :: else
    fi
}

proctype cpu(byte i) {
    bool able, won, off;
    do
    :: choose();
        if
        :: able ->
            do /* the guest */
            :: kick[i] -> break
            :: !kick[i] && i != 1 && calls != 0 ->
                calls--;
                turn_on(1)
            :: atomic { i == 0 && !kick[i] && resets != 0 -> resets-- } vm_request()
            :: !kick[i] && (i == 1 || calls == 0) && (i != 0 || resets == 0) -> /* nothing more to do */
end_guest:      kick[i]; break
            od
        :: !able && i == 0 && want != RUN && want != STOPPED /* is_ending: the tick goes on */
        :: !able && (i != 0 || want == RUN || want == STOPPED) ->
            if
            :: kick[i] || state[i] == PENDING /* has_work */
            :: timeout -> assert(want == (failed -> STOPPED : RUN) && state[i] == OFF);
end_sleep:      kick[i]
            fi
        fi;
        skip;
        d_step { kick[i] = false; able = false }
    od
}

init { atomic { state[0] = PENDING; state[2] = PENDING; run cpu(0); run cpu(1); run cpu(2) } }
