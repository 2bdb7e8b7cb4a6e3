/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The oracle is the CPU itself: the same word, with the same registers and at the same virtual
 * address, runs once on RAM and once on the device; registers, flags, memory and faults must come
 * out the same, and the device must have seen each byte exactly once.
 */
#include "trial.h"

#include "device.h"
#include "mmu.h"
#include "sysreg.h"
#include "tap.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define REGISTERS  32
#define SP_OR_ZR   31
#define OFFSETS    16
#define PAGE_INDEX 0

struct trial {
    const struct form *form;
    unsigned rt, rn, rt2, rm;
    unsigned offset;     /* misalignment of the base */
    uint64_t attributes; /* of the page, in stage 1 */
    unsigned seed;
};

void trial_preset(struct state *state, unsigned seed) {
    uint64_t value = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
    uint64_t *word = (uint64_t *)state;
    for (unsigned i = 0; i < sizeof(*state) / sizeof(*word); i++) {
        value = value * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        word[i] = value;
    }
    state->nzcv = (uint64_t)(seed & 0xf) << 28;
    state->fpcr = 0x03c00000; /* DN, FZ, round towards zero */
    state->fpsr = 0x0800009f; /* QC and all cumulative exceptions */
    state->pad = 0;
}

struct fault trial_execute(uint32_t word, struct state *state) {
    *(volatile uint32_t *)state_slot = word;
    __asm__ volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb" ::"r"(state_slot)
                     : "memory");
    exception_expect(EXCEPTION_SKIP);
    state_execute(state);
    return exception_taken();
}

void trial_compare(const struct state *got, const struct state *want, unsigned first,
                   const char *where) {
    const uint64_t *got_word = (const uint64_t *)got, *want_word = (const uint64_t *)want;
    static char what[80];
    for (unsigned i = first; i < sizeof(*got) / sizeof(*got_word); i++) {
        if (got_word[i] == want_word[i]) continue;
        if (!tap_failed()) snprintf(what, sizeof(what), "%s: state + %u", where, 8 * i);
        tap_check(false, what, got_word[i], want_word[i]);
    }
}

static uint32_t trial_word(const struct trial *trial) {
    uint32_t word = trial->form->word & ~UINT32_C(0x3ff);
    word |= trial->rt | trial->rn << 5;
    if (trial->form->flags & FORM_PAIR) word = (word & ~(UINT32_C(0x1f) << 10)) | trial->rt2 << 10;
    if (trial->form->flags & FORM_INDEX) word = (word & ~(UINT32_C(0x1f) << 16)) | trial->rm << 16;
    return word;
}

/* Small enough to stay in the span at any scale; the upper half of a W index is junk. */
static uint64_t trial_index(unsigned flags) {
    if (flags & FORM_UXTW) return UINT64_C(0xdeadbeef00000005);
    if (flags & FORM_SXTW) return UINT64_C(0xdeadbeeffffffffb);
    return (uint64_t)-5;
}

static void trial_registers(const struct trial *trial, struct state *state) {
    trial_preset(state, trial->seed);
    if (trial->form->flags & FORM_INDEX) state->x[trial->rm] = trial_index(trial->form->flags);
    uint64_t base = MMU_WINDOW + PAGE_INDEX * MMU_PAGE + DEVICE_BASE + trial->offset;
    if (trial->rn == SP_OR_ZR)
        state->sp = base;
    else
        state->x[trial->rn] = base;
}

static void trial_run(const struct trial *trial) {
    static struct state want, got;
    static char where[48];
    uint32_t word = trial_word(trial);
    trial_registers(trial, &want);
    memcpy(&got, &want, sizeof(got));

    mmu_map_page(PAGE_INDEX, device_ram_pa(), trial->attributes);
    struct fault want_fault = trial_execute(word, &want);
    mmu_map_page(PAGE_INDEX, device_pa(), trial->attributes);
    device_count_start();
    struct fault got_fault = trial_execute(word, &got);
    uint64_t count = device_count();

    if (!tap_failed())
        snprintf(where, sizeof(where), "rt %u rn %u offset %u word %08x", trial->rt, trial->rn,
                 trial->offset, (unsigned)word);
    tap_check(got_fault.count == want_fault.count, where, got_fault.esr, want_fault.esr);
    tap_check(got_fault.esr == want_fault.esr, "esr", got_fault.esr, want_fault.esr);
    tap_check(got_fault.far == want_fault.far, "far", got_fault.far, want_fault.far);
    trial_compare(&got, &want, 0, where);
    if (device_real()) TAP_EQUAL(count, want_fault.count != 0 ? 0 : trial->form->bytes);
    if (!(trial->form->flags & FORM_LOAD)) /* no two trials store the same: each seed is its own */
        device_compare();
}

/* Chooses the registers that the sweep leaves open: a writeback to a register that is also loaded
 * or stored is CONSTRAINED UNPREDICTABLE, and the index must not be the base. */
static void trial_start(struct trial *trial, unsigned rt, unsigned rn, unsigned rm) {
    unsigned flags = trial->form->flags;
    bool apart = (flags & FORM_WRITEBACK) && !(flags & FORM_VECTOR) && rn != SP_OR_ZR;
    trial->rt = apart && rt == rn ? (rt + 1) % REGISTERS : rt;
    trial->rn = rn;
    trial->rt2 = (trial->rt + 3) % REGISTERS;
    if (apart && trial->rt2 == rn) trial->rt2 = (trial->rt + 4) % REGISTERS;
    trial->rm = rm == rn ? rm + 1 : rm;
    trial->seed++;
    trial_run(trial);
}

static void trial_sweep(const struct form *form) {
    struct trial trial = {.form = form, .attributes = MMU_UNCACHED | MMU_USER | MMU_NEVER};
    device_fill();
    for (unsigned rt = 0; rt < REGISTERS; rt++) trial_start(&trial, rt, rt == 12 ? 13 : 12, 7);
    for (unsigned rn = 0; rn < REGISTERS; rn++) trial_start(&trial, 20, rn, 7);
    for (unsigned rm = 0; (form->flags & FORM_INDEX) && rm < SP_OR_ZR - 1; rm++)
        trial_start(&trial, 3, 5, rm);
    for (trial.offset = 0; trial.offset < OFFSETS; trial.offset++) trial_start(&trial, 30, 17, 29);
    trial.attributes = MMU_DEVICE | MMU_USER | MMU_NEVER;
    for (trial.offset = 0; trial.offset < OFFSETS; trial.offset++) trial_start(&trial, 30, 17, 29);
    device_compare();
}

/* Forms that no device can serve: the abort that docs/abi.md names, and nothing else has happened.
 */
static void trial_refusal(const struct form *form) {
    struct trial trial = {.form = form, .rn = 1, .seed = 1};
    static struct state got, want;
    trial_registers(&trial, &want);
    memcpy(&got, &want, sizeof(got));
    device_fill();
    mmu_map_page(PAGE_INDEX, device_pa(), MMU_UNCACHED | MMU_NEVER);
    device_count_start();
    struct fault fault = trial_execute(form->word, &got);
    TAP_EQUAL(device_count(), 0);
    TAP_EQUAL(fault.count, 1);
    if (form->flags & FORM_ZERO)
        TAP_EQUAL(fault.esr, UINT64_C(0x96000040) | DFSC_ALIGNMENT);
    else /* WnR is UNKNOWN with this DFSC, Arm ARM D17.2.37 */
        TAP_EQUAL(fault.esr & ~(uint64_t)ESR_WNR, UINT64_C(0x96000000) | DFSC_UNSUPPORTED);
    TAP_EQUAL(fault.far, want.x[1]);
    trial_compare(&got, &want, 0, "refused");
    device_compare();
}

static bool trial_supported(unsigned flags) {
    uint64_t rcpc = field(sysreg_read(id_aa64isar1_el1), 23, 20);
    if ((flags & FORM_LSE) && field(sysreg_read(id_aa64isar0_el1), 23, 20) < 2) return false;
    return !((flags & FORM_RCPC) && rcpc < 1) && !((flags & FORM_RCPC2) && rcpc < 2);
}

void trial_form(const struct form *form) {
    if (!trial_supported(form->flags))
        tap_skip("not on this CPU");
    else if (!(form->flags & (FORM_REFUSED | FORM_ZERO)))
        trial_sweep(form);
    else if (device_real())
        trial_refusal(form);
    else
        tap_skip("no device here");
}
