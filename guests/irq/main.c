/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * irq: a GICv3 as its manual describes it (Arm IHI 0069H), seen from a guest: registers, the states
 * of an interrupt, priorities, both EOI modes, more interrupts than list registers, SGIs and
 * routing between CPUs, and the UART's line. Tests that need other CPUs are skipped on one.
 */
#include "irq.h"

#include "guest.h"
#include "smp.h"

void irq_reset(void) {
    interrupts_mask();
    gic_hook = NULL;
    gic_open();
    gic_clear_logs();
}

void irq_expect(unsigned count) {
    (void)TIMER_WAIT(gic_logs[0].count >= count, SOON_US);
    timer_spin(QUIET_US);
    TAP_EQUAL(gic_logs[0].count, count);
}

void irq_prepare(unsigned intid, unsigned priority) {
    gic_set_priority(intid, priority);
    gic_enable(intid);
}

static const struct tap_test tests[] = {
    {"identification registers",        registers_identify},
    {"GICR_WAKER",                      registers_wake    },
    {"every register width",            registers_widths  },
    {"writable and fixed fields",       registers_fields  },
    {"reserved registers read as zero", registers_reserved},
    {"enable and disable",              state_enable      },
    {"set and clear pending",           state_pending     },
    {"group enables hold",              state_groups      },
    {"active state",                    state_active      },
    {"edge-triggered",                  state_edge        },
    {"SGIs pended by register",         state_private     },
    {"nothing pending is 1023",         state_spurious    },
    {"Group 0 comes as FIQ",            state_fiq         },
    {"a pending interrupt ends WFI",    state_wfi         },
    {"highest priority first",          priority_order    },
    {"preemption",                      priority_preempt  },
    {"priority mask",                   priority_mask     },
    {"binary point",                    priority_group    },
    {"priority changed while pending",  priority_change   },
    {"EOImode 1",                       end_split         },
    {"deactivated in any order",        end_any_order     },
    {"nested, ended in reverse",        end_nested        },
    {"all SPIs pended, each once",      many_once         },
    {"all SPIs pended, by priority",    many_sorted       },
    {"pended again while active",       many_again        },
    {"one group on, the other waits",   many_halves       },
    {"SGIs to oneself",                 sgi_self          },
    {"SGI target lists",                sgi_lists         },
    {"SGIs to all others",              sgi_others        },
    {"SGIs back and forth",             sgi_ping          },
    {"an SGI ends WFI on another CPU",  sgi_sleep         },
    {"SPIs to each CPU",                route_each        },
    {"target changed while pending",    route_move        },
    {"SPIs to any CPU",                 route_any         },
    {"UART transmit interrupt",         line_transmit     },
    {"a line that stays high",          line_stubborn     },
    {"UART receive interrupt",          line_receive      },
};

int main(void) {
    irq_reset();
    bool started = smp_start();
    tap_plan(1 + sizeof(tests) / sizeof(tests[0]));
    tap_begin("all CPUs start");
    TAP_TRUE(started);
    tap_end();
    for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        tap_begin(tests[i].name);
        irq_reset();
        tests[i].run();
        interrupts_mask();
        tap_end();
    }
    tap_done();
    return 0;
}
