/* SPDX-License-Identifier: BSD-2-Clause */
/* The end and fresh start of a VM of three vCPUs: vm_request, all_off, reset, start and vm_park
 * of kernel/vm.c, vcpu_turn_on of vcpu.c, choose of sched.c. Two are on at first; one of them turns
 * the third on, and the first asks for a reset. A kick makes a CPU look; while a VM is ending, its first CPU looks at every tick.
 *   irq_reset and the filling of the memory find no vCPU that is loaded;
 *   then the VM runs, and what was turned on has been looked at.
 * PLANT 1: `want` is looked at before the vCPU's state. 2: vCPUs that are PENDING do not keep a VM
 * from being off. 3: a request for a reset kicks nobody. */
#define N 3

mtype = { OFF, PENDING, ON, RUN, RESET, START };

mtype state[N] = OFF, want = RUN;
bool kick[N], loaded[N], filling;
byte resets = 1, calls = 1;

inline vm_request() {
    if
    :: d_step { want == RUN -> want = RESET; kick[0] = PLANT != 3; kick[1] = PLANT != 3; kick[2] = PLANT != 3 }
    :: else
    fi
}

inline turn_on(k) {
    d_step { won = state[k] == OFF; if :: won -> state[k] = PENDING :: else fi } /* the VM's lock */
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
    :: i == 0 && want == START -> /* all_told; start: boot_fill_vm */
        d_step { nobody(); filling = false; want = RUN }
        turn_on(0)
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
    :: able && state[i] == PENDING -> d_step { loaded[i] = true; assert(!filling) } state[i] = ON
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
        :: !able && i == 0 && want != RUN /* is_ending: the tick goes on */
        :: !able && (i != 0 || want == RUN) ->
            if
            :: kick[i] || state[i] == PENDING /* has_work */
            :: timeout -> assert(want == RUN && state[i] == OFF);
end_sleep:      kick[i]
            fi
        fi;
        skip;
        d_step { kick[i] = false; able = false }
    od
}

init { atomic { state[0] = PENDING; state[2] = PENDING; run cpu(0); run cpu(1); run cpu(2) } }
