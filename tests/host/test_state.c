/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libvmm's journal: a server that is cut anywhere, and its init too, and is then started again as
 * the kernel does it, has its effect once, and its guest gets the value of that one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <state.h>

#define LAYOUT 7
#define EFFECT 3 /* the point between the effect and its commit: the one gap that is left */
#define POINTS 8

static struct {
    struct state_header header;
    uint64_t effects; /* those of the server's own, in .state */
} state;
static uint64_t outside; /* those that no memory of the server's can take back */
static unsigned cut_at, cut_init;
static int cut_gate; /* deaths of init behind its reply, which the kernel did not get */
static jmp_buf crash;

static void point(unsigned number) {
    if (cut_at != number) return;
    cut_at = 0;
    longjmp(crash, 1);
}

static struct reply init(void) {
    bool kept = state_valid(&state.header, LAYOUT, sizeof(state));
    if (!kept) state.effects = 0;
    if (cut_init > 0) {
        cut_init--;
        longjmp(crash, 1);
    }
    return state_answer(&state.header);
}

static struct reply access(bool has_effect) {
    state_begin(&state.header);
    point(1);
    if (!has_effect) {
        point(5);
        return reply_done(state.effects);
    }
    point(2);
    outside++;
    point(EFFECT);
    state_commit(&state.header, 1000 + outside);
    point(4);
    state.effects++;
    point(5);
    point(6);
    return reply_done(1000 + outside);
}

/* The kernel: until the access has an answer. */
static uint64_t run(bool has_effect) {
    volatile bool in_init = false;
    for (;;) {
        if (setjmp(crash) != 0) in_init = true;
        struct reply reply = in_init ? init() : access(has_effect);
        if (!in_init) point(7); /* on the way to the gate */
        if (in_init && cut_gate) longjmp(crash, cut_gate--);
        in_init = false;
        if (reply.how >> REPLY_VERDICT_SHIFT != VERDICT_MORE) return reply.value;
    }
}

static void start(void) {
    state.header.magic = 0;
    outside = cut_at = cut_init = 0, cut_gate = 0;
    (void)init();
}

static void test_cut_anywhere(void **unused) {
    (void)unused;
    for (unsigned deaths_in_init = 0; deaths_in_init < 4; deaths_in_init++)
        for (unsigned n = 0; n < POINTS; n++) {
            start();
            assert_int_equal(run(true), 1001);
            cut_at = n;
            cut_init = deaths_in_init;
            cut_gate = (int)deaths_in_init;
            uint64_t expected = n == EFFECT ? 3 : 2;
            assert_int_equal(run(true), 1000 + expected);
            assert_int_equal(outside, expected);
            cut_init = 0, cut_gate = 0;
            assert_int_equal(run(true), 1001 + expected);
        }
}

/* What was committed once is not the answer to what comes later. */
static void test_answer_is_not_stale(void **unused) {
    (void)unused;
    for (unsigned n = 1; n < POINTS; n++) {
        start();
        assert_int_equal(run(true), 1001);
        cut_at = n;
        assert_int_equal(run(false), 1);
        cut_at = 4;
        assert_int_equal(run(true), 1002);
        cut_at = n;
        assert_int_equal(run(false), state.effects);
        assert_int_equal(outside, 2);
    }
}

static void test_boot_answers_nothing(void **unused) {
    (void)unused;
    start();
    state_commit(&state.header, 5);
    state.header.layout++; /* left by another program */
    struct reply reply = init();
    assert_int_equal(reply.how >> REPLY_VERDICT_SHIFT, VERDICT_MORE);
}

static void test_valid(void **unused) {
    (void)unused;
    struct state_header header = {0};
    assert_false(state_valid(&header, LAYOUT, 64));
    assert_int_equal(header.generation, 0);
    assert_true(state_valid(&header, LAYOUT, 64));
    assert_int_equal(header.generation, 1);
    assert_false(state_valid(&header, LAYOUT + 1, 64));
    assert_false(state_valid(&header, LAYOUT + 1, 72));
    assert_true(state_valid(&header, LAYOUT + 1, 72));
    header.magic++;
    assert_false(state_valid(&header, LAYOUT + 1, 72));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_answer_is_not_stale),
        cmocka_unit_test(test_boot_answers_nothing),
        cmocka_unit_test(test_valid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
