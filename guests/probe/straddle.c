/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instructions whose parts lie in two pages: of one window, of the windows of two servers, in
 * either order, and of a window and nothing. The oracle is the same word on two pages of RAM; where
 * one of the pages is nobody's, all of it is refused, and neither registers nor memory change.
 */
#include "straddle.h"

#include "device.h"
#include "mmio.h"
#include "mmu.h"
#include "tap.h"
#include "trial.h"

#include <stdio.h>
#include <string.h>

#define NEIGHBOUR  0x0a010000ul
#define NOTHING    0x0b000000ul
#define AT         (MMU_WINDOW + MMU_PAGE)
#define SPAN       0x40u /* bytes looked at on each side of the page's end */
#define ATTRIBUTES (MMU_UNCACHED | MMU_NEVER)

static uint8_t ram[2 * MMU_PAGE] __attribute__((aligned(4096)));

/* Rt 2, Rt2 4 or V2, V4; the base is x1, which comes as the end of the page minus `before`. */
static const struct {
    uint32_t word;
    unsigned before;
} cases[] = {
    {0xa9401022, 8 }, /* ldp x2, x4, [x1] */
    {0xa9001022, 8 }, /* stp x2, x4, [x1] */
    {0xa97f1022, 0 }, /* ldp x2, x4, [x1, #-16] : wholly below */
    {0xa9ff9022, 0 }, /* ldp x2, x4, [x1, #-8]! */
    {0xa8811022, 8 }, /* stp x2, x4, [x1], #16 */
    {0x29401022, 4 }, /* ldp w2, w4, [x1] */
    {0x29001022, 4 }, /* stp w2, w4, [x1] */
    {0x69401022, 4 }, /* ldpsw x2, x4, [x1] */
    {0x3dc00022, 8 }, /* ldr q2, [x1] */
    {0x3d800022, 8 }, /* str q2, [x1] */
    {0xad401022, 8 }, /* ldp q2, q4, [x1] */
    {0xad401022, 24}, /* ldp q2, q4, [x1] */
    {0xad001022, 16}, /* stp q2, q4, [x1] */
    {0xad001022, 24}, /* stp q2, q4, [x1] */
    {0x4c40a022, 8 }, /* ld1 {v2.16b, v3.16b}, [x1] */
    {0x4c00a822, 12}, /* st1 {v2.4s, v3.4s}, [x1] */
    {0x6d7f1022, 8 }, /* ldp d2, d4, [x1, #-16] : wholly below */
    {0x6d401022, 8 }, /* ldp d2, d4, [x1] */
};

static void map(const uint64_t pages[2]) {
    for (unsigned i = 0; i < 2; i++) (void)mmu_map_page(i, pages[i], ATTRIBUTES);
}

static bool is_memory(uint64_t page) { return page < NOTHING || page >= (uint64_t)ram; }

/* The span, through the window, by accesses that the kernel need not take apart. */
static void fill(const uint64_t pages[2], uint64_t seed) {
    map(pages);
    for (uint64_t at = AT - SPAN; at < AT + SPAN; at += 8)
        if (is_memory(pages[at >= AT]))
            mmio_write64(at, (at + seed) * UINT64_C(0x9e3779b97f4a7c15));
}

static void look(const uint64_t pages[2], uint64_t words[2 * SPAN / 8]) {
    for (unsigned i = 0; i < 2 * SPAN / 8; i++)
        words[i] = is_memory(pages[i >= SPAN / 8]) ? mmio_read64(AT - SPAN + 8 * i) : 0;
}

static struct fault run(const uint64_t pages[2], unsigned number, struct state *state,
                        uint64_t memory[2 * SPAN / 8]) {
    trial_preset(state, number);
    state->x[1] = AT - cases[number].before;
    fill(pages, number);
    struct fault fault = trial_execute(cases[number].word, state);
    look(pages, memory);
    return fault;
}

static void answered(const uint64_t pages[2], unsigned number) {
    static struct state want, got;
    static char where[40];
    const uint64_t plain[] = {(uint64_t)ram, (uint64_t)ram + MMU_PAGE};
    uint64_t want_memory[2 * SPAN / 8], got_memory[2 * SPAN / 8];
    struct fault fault = run(plain, number, &want, want_memory);
    TAP_EQUAL(fault.count, 0);
    fault = run(pages, number, &got, got_memory);
    snprintf(where, sizeof(where), "word %08x pages %lx", (unsigned)cases[number].word, pages[0]);
    tap_check(fault.count == 0, where, fault.esr, fault.far);
    trial_compare(&got, &want, 0, where);
    for (unsigned i = 0; i < 2 * SPAN / 8; i++)
        tap_check(got_memory[i] == want_memory[i], where, got_memory[i], want_memory[i]);
}

static void refused(const uint64_t pages[2], unsigned number) {
    static struct state want, got;
    uint64_t before[2 * SPAN / 8], after[2 * SPAN / 8];
    if (cases[number].before == 0 || cases[number].word == 0x6d7f1022) return;
    trial_preset(&want, number);
    want.x[1] = AT - cases[number].before;
    fill(pages, number);
    look(pages, before);
    struct fault fault = run(pages, number, &got, after);
    TAP_EQUAL(fault.count, 1);
    TAP_EQUAL(ESR_EC(fault.esr), EC_DABT);
    TAP_EQUAL(ESR_DFSC(fault.esr), DFSC_EXTERNAL);
    tap_check(fault.far == want.x[1] || fault.far == AT, "far", fault.far, want.x[1]);
    trial_compare(&got, &want, 0, "refused");
    for (unsigned i = 0; i < 2 * SPAN / 8; i++)
        tap_check(after[i] == before[i], "memory of what was refused", after[i], before[i]);
}

void straddle(void) {
    static const uint64_t served[][2] = {
        {DEVICE_WINDOW,            DEVICE_WINDOW + MMU_PAGE},
        {DEVICE_WINDOW + MMU_PAGE, DEVICE_WINDOW           },
        {DEVICE_WINDOW,            NEIGHBOUR               },
        {NEIGHBOUR,                DEVICE_WINDOW + MMU_PAGE},
    };
    static const uint64_t nobodys[][2] = {
        {DEVICE_WINDOW, NOTHING      },
        {NOTHING,       DEVICE_WINDOW},
    };
    if (!device_real()) {
        tap_skip("no device here");
        return;
    }
    for (unsigned number = 0; number < sizeof(cases) / sizeof(cases[0]); number++) {
        for (unsigned i = 0; i < sizeof(served) / sizeof(served[0]); i++)
            answered(served[i], number);
        for (unsigned i = 0; i < sizeof(nobodys) / sizeof(nobodys[0]); i++)
            refused(nobodys[i], number);
    }
}
