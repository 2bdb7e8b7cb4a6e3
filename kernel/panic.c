/* SPDX-License-Identifier: BSD-2-Clause */
/* The only code of the kernel that touches a UART: polled, write-only, and never returned from. The
 * address is a build option, because an image that cannot be read names none. */
#include "ring.h"
#include "vcpu.h"

#define POLLS_MAX 100000 /* a UART that is stuck must not keep the machine on */

static void uart_put(char c) {
    volatile uint32_t *uart = (volatile uint32_t *)(kernel_offset + PANIC_UART);
    for (unsigned i = 0; i < POLLS_MAX && (uart[PL011_FR / 4] & PL011_FR_TXFF) != 0; i++) {}
    uart[PL011_DR / 4] = (uint8_t)c;
}

void panic_flush(void) { ring_divert(uart_put); }

static bool is_guard(uint64_t address) {
    uint64_t offset = address - (uint64_t)stacks_start;
    return offset < (uint64_t)(kernel_end - stacks_start) && offset % STACK_STRIDE < IMAGE_PAGE;
}

_Noreturn void panic_exception(uint64_t sp, uint64_t vector, uint64_t x0, uint64_t x30) {
    struct cpu *cpu = cpu_this();
    uint64_t esr = READ_SYSREG(esr_el2);
    if (ESR_EC(esr) == EC_DATA_OWN && ESR_FSC(esr) == FSC_EXTERNAL) {
        __asm__ volatile("at s1e2r, %0\n isb" : : "r"(READ_SYSREG(far_el2)));
        panic("nothing answers at %lx: is machine.memory (--memory) too large, or there no GICv3?",
              READ_SYSREG(par_el1) & UINT64_C(0xfffffffff000));
    }
    if (cpu->vcpu != NULL) vcpu_dump(cpu->vcpu);
    bool guard = is_guard(READ_SYSREG(far_el2)) || is_guard(sp - 1); /* SP: at a stack's top */
    panic("kernel bug: vector %lu%s on CPU %u, ESR %lx FAR %lx ELR %lx (kernel+%lx) SP %lx x0 %lx "
          "x30 %lx",
          vector, guard ? " (stack overflow)" : "", cpu->index, esr, READ_SYSREG(far_el2),
          READ_SYSREG(elr_el2), READ_SYSREG(elr_el2) - (uint64_t)kernel_start, sp, x0, x30);
}

/* Called where a frame's guard has changed: an exception, on a whole stack; x30 says where. */
_Noreturn void __stack_chk_fail(void);
__attribute__((used)) _Noreturn void __stack_chk_fail(void) { __builtin_trap(); }
