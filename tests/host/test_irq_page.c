/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docs/interrupts.md is true: the steps in its tables are run through kernel/irq.c, and after each
 * row every cell is what the code has. A section starts from irq_fixture.h; a row's first cell
 * holds its steps, each in `backquotes`; what a later cell shows is said by the head of its column.
 */
#include <stdio.h>
#include <string.h>

#include "irq_fixture.h"

#define CELLS    8
#define OPS      (sizeof(ops) / sizeof(ops[0]))
#define SETTINGS (WORD_DELIVER | WORD_EDGE | WORD_ROUTED_EDGE | WORD_GROUP1) /* not shown */

static bool physical; /* the routed interrupt of the section is active at the physical GIC */
static char shown[80];

static const struct {
    const char *name;
    uint64_t field;
} fields[] = {
#undef FIELD
#define FIELD(type, name, bit, width) {#name, ((UINT64_C(1) << (width)) - 1) << (bit)},
#include "irq.def"
};

static const char *const ops[] = {
    [IRQ_DELIVER] = "IRQ_DELIVER",   [IRQ_HOLD] = "IRQ_HOLD",
    [IRQ_PEND] = "IRQ_PEND",         [IRQ_UNPEND] = "IRQ_UNPEND",
    [IRQ_ACTIVATE] = "IRQ_ACTIVATE", [IRQ_DEACTIVATE] = "IRQ_DEACTIVATE",
    [IRQ_EDGE] = "IRQ_EDGE",         [IRQ_LEVEL] = "IRQ_LEVEL",
};

static void show(const char *text) {
    if (shown[0] != '\0') strcat(shown, " ");
    strcat(shown, text);
}

/* The list register of an interrupt, or LR_MAX. */
static uint32_t lr_with(uint32_t intid) {
    for (uint32_t i = 0; i < LR_MAX; i++)
        if ((lists.used >> i & 1) && (uint32_t)lists.lr[i] == intid) return i;
    return LR_MAX;
}

/* What the hardware does for the guest, without a word to the kernel. */
static void acknowledge(uint32_t intid) {
    uint32_t i = lr_with(intid);
    assert_true(i < LR_MAX && (lists.lr[i] & LR_STATE) == LR_PENDING);
    lists.lr[i] ^= LR_STATE;
}

static void end(uint32_t intid) {
    uint32_t i = lr_with(intid);
    if (i == LR_MAX) {
        lists.eoi_count = 1;
        return;
    }
    assert_true(lists.lr[i] & LR_ACTIVE);
    lists.lr[i] &= ~LR_ACTIVE;
    if (lists.lr[i] & LR_HW) physical = false;
}

static void step(const char *text) {
    char name[32] = "", argument[32] = "";
    uint32_t intid = 0, op = 0, ended = ended_count;
    assert_true(sscanf(text, "%31[A-Za-z_ ] %u %31[a-z0-9]", name, &intid, argument) > 0);
    name[strcspn(name, " ")] = '\0';
    while (op < OPS && strcmp(ops[op], name) != 0) op++;
    if (op < OPS) {
        uint64_t where = intid < 32 ? IRQ_WHERE_PRIVATE(0) : IRQ_WHERE_SPI(intid / 32);
        assert_int_equal(irq_op(&vm, where, op, BIT(intid)), STATUS_OK);
    } else if (strcmp(name, "IRQ_FIRE") == 0) { /* as `change` of deliver.c does it */
        assert_false(physical);
        physical = true;
        if (!irq_put(&vm, 0, intid, IRQ_FIRE, &lists)) irq_change(&vm, 0, intid, IRQ_FIRE);
    } else if (strcmp(name, "IRQ_TARGET") == 0) {
        assert_int_equal(irq_attr(&vm, BLOCK, intid, IRQ_TARGET, (uint64_t)atoi(argument)), 0);
    } else if (strcmp(name, "line") == 0) {
        irq_line(&vm, 0, intid, strcmp(argument, "high") == 0);
    } else if (strcmp(name, "acknowledge") == 0) {
        acknowledge(intid);
    } else if (strcmp(name, "end") == 0) {
        end(intid);
    } else if (strcmp(name, "irq_sync") == 0) {
        sync();
        lists.eoi_count = 0;
    } else if (strcmp(name, "registers") == 0) {
        lists.count = (uint8_t)intid;
    } else if (strcmp(name, "priority") == 0) {
        uint64_t value = (uint64_t)atoi(argument) << intid % 4 * 8;
        assert_int_equal(irq_attr(&vm, BLOCK, intid & ~3u, IRQ_PRIORITY, value), STATUS_OK);
    } else {
        fail_msg("no such step: %s", text);
    }
    if (ended_count != ended) physical = false;
}

static void show_word(uint32_t intid) {
    uint32_t word = entry_at(&vm, 0, intid)->word;
    if (!(word & WORD_DELIVER)) show("no DELIVER");
    word &= ~SETTINGS;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        if (strncmp(fields[i].name, "WORD_", 5) == 0 && (fields[i].field & word) &&
            (fields[i].field & (fields[i].field - 1)) == 0)
            show(fields[i].name + 5);
}

static void show_list_register(uint32_t intid) {
    uint32_t i = lr_with(intid);
    if (i == LR_MAX) return;
    uint64_t lr = lists.lr[i];
    if ((lr & LR_STATE) == 0) show("ended");
    if (lr & LR_PENDING) show("pending");
    if (lr & LR_ACTIVE) show("active");
    if (lr & LR_HW) show("HW");
    if (!(lr & LR_HW) && (lr & LR_EOI)) show("EOI");
}

/* What the cell below `head` must be. */
static void show_cell(const char *head, uint32_t intid) {
    shown[0] = '\0';
    if (strncmp(head, "word", 4) == 0) {
        show_word(intid);
    } else if (strcmp(head, "list register") == 0) {
        show_list_register(intid);
    } else if (strcmp(head, "due") == 0) {
        for (uint32_t i = 0; i < vm.vcpu_count; i++)
            if (vm.due >> i & 1) show(i == 0 ? "0" : "1");
    } else if (strcmp(head, "physical") == 0) {
        if (physical) show("active");
    } else if (strcmp(head, "NPIE, LRENPIE") == 0) {
        if (lists.hcr & ICH_HCR_NPIE) show("NPIE");
        if (lists.hcr & ICH_HCR_LRENPIE) show("LRENPIE");
    } else {
        fail_msg("no such column: %s", head);
    }
}

/* The cells of `| a | b |`, without the blanks around. */
static uint32_t cut(char *line, char *cells[CELLS]) {
    uint32_t count = 0;
    for (char *cell = strtok(line, "|\n"); cell != NULL; cell = strtok(NULL, "|\n")) {
        assert_true(count < CELLS);
        while (*cell == ' ') cell++;
        for (size_t n = strlen(cell); n > 0 && cell[n - 1] == ' ';) cell[--n] = '\0';
        cells[count++] = cell;
    }
    return count;
}

static uint32_t run_row(uint32_t number, char *cells[CELLS], char *heads[CELLS], uint32_t count) {
    uint32_t steps = 0, intid = 0, wrong = 0;
    for (char *at = cells[0]; (at = strchr(at, '`')) != NULL; at++, steps++) {
        char *last = strchr(++at, '`');
        assert_non_null(last);
        *last = '\0';
        step(at);
        at = last;
    }
    for (uint32_t i = 1; i < count; i++) {
        (void)sscanf(heads[i], "word of %u", &intid);
        show_cell(heads[i], intid);
        if (strcmp(cells[i], shown) == 0) continue;
        print_error("line %u, %s: \"%s\" should be \"%s\"\n", number, heads[i], cells[i], shown);
        wrong++;
    }
    assert_true(steps != 0);
    return wrong;
}

static void page_is_true(void **state) {
    char line[256], head[256] = "", *heads[CELLS], *cells[CELLS];
    uint32_t number = 1, count = 0, rows = 0, tables = 0, wrong = 0;
    char path[4096] = __FILE__;
    strcpy(strstr(path, "tests/host"), "docs/interrupts.md");
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    for (; fgets(line, sizeof(line), file) != NULL; number++) {
        if (line[0] == '#') {
            assert_int_equal(fresh(state), 0);
            physical = false;
        }
        if (line[0] != '|') {
            count = 0;
        } else if (count == 0) { /* the head; then a line of dashes */
            strcpy(head, line);
            count = cut(head, heads);
            assert_non_null(fgets(line, sizeof(line), file));
            number++;
            tables++;
        } else {
            assert_int_equal(cut(line, cells), count);
            wrong += run_row(number, cells, heads, count);
            rows++;
        }
    }
    fclose(file);
    assert_int_equal(wrong, 0);
    assert_true(tables >= 5 && rows >= 40);
}

int main(void) {
    const struct CMUnitTest tests[] = {TEST(page_is_true)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
