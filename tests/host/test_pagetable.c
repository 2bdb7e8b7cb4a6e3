/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every history of three operations (four of a stage 2 with SKERRY_LONG) out of a small universe,
 * in each format of table, with enough pages and with too few, against a flat model: after each
 * operation the whole space is compared, no page may be lost, and the last one's order of writes is
 * watched. A history ends with a map that fails half-way: the kernel gives up then.
 */
#include "pagetable_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OURS   (MEMORY_VM + 3)
#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)

/* RAM is [1 GiB, 6 GiB). [2, 3), [4, 5) and half of [5, 6) are ours, [3, 4) and the other half
 * another's, [1, 2) nobody's. */
enum permission { ALL, READ, WRITE, DEVICE };

struct operation {
    bool map;
    uint64_t address, size, pa;
    enum permission permission;
    bool refused; /* because of its memory */
};

/* Maps: blocks of 1 GiB and 2 MiB, a page; across 1 GiB; page, block, page; 512 pages; the end of
 * the space, the second page of a concatenated root, the start; a device. Refused: RAM as a device,
 * a device as RAM, another's page, page and block that are half another's. Unmaps: a leaf of each
 * size, of the start and the end of the space, and a device. */
static const struct operation operations[] = {
    {true,  GIB(1),                   GIB(1),          GIB(2),                   ALL,    false},
    {true,  GIB(1),                   MIB(2),          GIB(2),                   ALL,    false},
    {true,  GIB(1) + MIB(2),          KIB(4),          GIB(2),                   READ,   false},
    {true,  GIB(1) - KIB(4),          KIB(8),          GIB(2) + MIB(256),        WRITE,  false},
    {true,  GIB(1) + MIB(2) - KIB(4), MIB(2) + KIB(8), GIB(2) + MIB(6) - KIB(4), WRITE,  false},
    {true,  GIB(1) + MIB(4),          MIB(2),          GIB(4) + KIB(4),          ALL,    false},
    {true,  GIB(1024) - MIB(2),       MIB(2),          GIB(2),                   WRITE,  false},
    {true,  GIB(512),                 GIB(1),          GIB(4),                   ALL,    false},
    {true,  0,                        KIB(4),          GIB(4) + KIB(4),          READ,   false},
    {true,  MIB(128),                 KIB(4),          MIB(144),                 DEVICE, false},
    {true,  MIB(128) + KIB(4),        KIB(4),          GIB(2),                   DEVICE, true },
    {true,  MIB(128),                 KIB(4),          MIB(144),                 WRITE,  true },
    {true,  GIB(1) + MIB(6),          KIB(4),          GIB(3),                   ALL,    true },
    {true,  GIB(1) + MIB(8) - KIB(4), KIB(8),          GIB(3) - KIB(4),          WRITE,  true },
    {true,  GIB(4),                   GIB(1),          GIB(5),                   ALL,    true },
    {false, GIB(1),                   GIB(1),          0,                        ALL,    false},
    {false, GIB(1),                   MIB(2),          0,                        ALL,    false},
    {false, GIB(1) + MIB(2),          KIB(4),          0,                        ALL,    false},
    {false, GIB(1) + MIB(2),          MIB(2),          0,                        ALL,    false},
    {false, GIB(1) - KIB(4),          KIB(4),          0,                        ALL,    false},
    {false, GIB(1) + MIB(2) - KIB(4), KIB(4),          0,                        ALL,    false},
    {false, GIB(1) + MIB(4) + KIB(8), KIB(4),          0,                        ALL,    false},
    {false, GIB(1024) - MIB(2),       MIB(2),          0,                        ALL,    false},
    {false, GIB(512),                 GIB(1),          0,                        ALL,    false},
    {false, 0,                        KIB(4),          0,                        ALL,    false},
    {false, MIB(128),                 KIB(4),          0,                        ALL,    false},
};
#define OPERATION_COUNT (sizeof(operations) / sizeof(operations[0]))

/* Attributes for each permission, and what a block's descriptor holds then, from the Arm ARM. */
struct config {
    const char *name;
    enum pagetable_format format;
    uint8_t bits;
    uint32_t attr[4];
    uint64_t desc[4];
};

#define STAGE1                                                                                     \
    { PT_READ | PT_EXEC, PT_READ, PT_READ | PT_WRITE, PT_READ | PT_WRITE | PT_DEVICE }

static const struct config configs[] = {
    {"stage 2",
     PAGETABLE_STAGE2, 40,
     {PT_READ | PT_WRITE | PT_EXEC, PT_READ, PT_READ | PT_WRITE, PT_READ | PT_WRITE | PT_DEVICE},
     {0x7fd, 0x004000000000077d, 0x00400000000007fd, 0x00400000000004c5}                                                                                                          },
    {"EL2&0, for EL0",
     PAGETABLE_EL0,    39,
     STAGE1,                                                                                      {0x0020000000000fc5, 0x0060000000000fc5, 0x0060000000000f45, 0x0060000000000c41}},
    {"EL2&0, the kernel's",
     PAGETABLE_KERNEL, 39,
     STAGE1,                                                                                      {0x0040000000000785, 0x0060000000000785, 0x0060000000000705, 0x0060000000000401}},
    {"EL2&0, for EL2",
     PAGETABLE_EL2_0,  39,
     STAGE1,                                                                                      {0x0040000000000f85, 0x0060000000000f85, 0x0060000000000f05, 0x0060000000000c01}},
    {"EL2",
     PAGETABLE_EL2,    39,
     STAGE1,                                                                                      {0x7c5, 0x00400000000007c5, 0x0040000000000745, 0x0040000000000441}             },
};

#define CONFIG_COUNT (sizeof(configs) / sizeof(configs[0]))

static struct pool pool;
static struct pagetable table;
static struct model model, cut;

static void own_memory(void) {
    assert_int_equal(memory_init(PA(GIB(1)), GIB(5)), STATUS_OK);
    assert_int_equal(memory_claim(PA(GIB(2)), GIB(1), OURS), STATUS_OK);
    assert_int_equal(memory_claim(PA(GIB(3)), GIB(1), OURS + 1), STATUS_OK);
    assert_int_equal(memory_claim(PA(GIB(4)), GIB(1) + MIB(512), OURS), STATUS_OK);
    assert_int_equal(memory_claim(PA(GIB(5) + MIB(512)), MIB(512), OURS + 1), STATUS_OK);
}

static void start(const struct config *config, uint64_t pages) {
    check_rest();
    check_soil();
    pool = (struct pool){CHECK_POOL_PA, CHECK_POOL_PA + pages * IMAGE_PAGE};
    table = (struct pagetable){.pool = &pool, .format = (uint8_t)config->format, .owner = OURS};
    assert_int_equal(pagetable_init(&table), STATUS_OK);
}

/* The space in pieces, nothing mapped. */
static void cut_model(const struct config *config) {
    uint64_t end = UINT64_C(1) << config->bits;

    cut = (struct model){
        .edge = {0, end},
          .count = 1
    };
    for (size_t i = 0; i < OPERATION_COUNT; i++) {
        if (operations[i].address + operations[i].size > end) continue;
        model_cut(&cut, operations[i].address);
        model_cut(&cut, operations[i].address + operations[i].size);
    }
}

/* What the model says of a map. It leaves open whether the pool lasts, and whether a table stands
 * where a block should be, because a leaf of it was unmapped. */
static enum status expect(const struct config *config, const struct operation *operation) {
    if (operation->address + operation->size > UINT64_C(1) << config->bits) return STATUS_RANGE;
    if (operation->refused || model_any_mapped(&model, operation->address, operation->size))
        return STATUS_OVERLAP;
    return STATUS_OK;
}

static const char *step_map(const struct config *config, const struct operation *operation,
                            uint64_t pages, bool unmapped, enum status *status) {
    enum status expected = expect(config, operation);
    uint64_t desc = config->desc[operation->permission];
    bool open = expected != STATUS_RANGE && !operation->refused;

    *status = pagetable_map(&table, OURS, operation->address, PA(operation->pa), operation->size,
                            config->attr[operation->permission]);
    if (*status == STATUS_OK)
        model_map(&model, operation->address, operation->pa, operation->size, desc);
    else if (open)
        model_try(&model, operation->address, operation->pa, operation->size, desc);
    if (*status == expected) return NULL;
    if (*status == STATUS_NO_MEMORY && open && pages != CHECK_PAGES) return NULL;
    if (*status == STATUS_OVERLAP && open && unmapped) return NULL;
    return "the status is wrong";
}

/* A history is a number, its digits to the base OPERATION_COUNT the operations. */
static const char *run(const struct config *config, uint64_t pages, uint64_t history,
                       unsigned length) {
    enum status status = STATUS_OK;
    const char *what = NULL;
    bool unmapped = false;

    start(config, pages);
    model = cut;
    for (unsigned i = 0; i < length && what == NULL; i++, history /= OPERATION_COUNT) {
        const struct operation *operation = &operations[history % OPERATION_COUNT];

        if (i == length - 1) check_watch(&table);
        if (operation->map) {
            what = step_map(config, operation, pages, unmapped, &status);
            if (status != STATUS_OK && status != STATUS_RANGE && !operation->refused) break;
            status = STATUS_OK;
        } else if (check_leaf(&table, operation->address) == operation->size) {
            pagetable_unmap(&table, operation->address);
            model_unmap(&model, operation->address, operation->size);
            unmapped = true;
        }
    }
    /* What shorter histories do has been compared before. */
    if (what == NULL && status == STATUS_OK) what = check_order();
    check_rest();
    return what == NULL ? check_space(&table, &model, pages) : what;
}

static void run_all(const struct config *config, uint64_t pages) {
    bool more = config == configs && (pages == CHECK_PAGES || pages == 4);
    unsigned longest = more && getenv("SKERRY_LONG") != NULL ? 4 : 3;
    uint64_t count = 1;

    own_memory();
    cut_model(config);
    for (unsigned length = 1; length <= longest; length++) {
        count *= OPERATION_COUNT;
        for (uint64_t history = 0; history < count; history++) {
            const char *what = run(config, pages, history, length);

            if (what != NULL)
                fail_msg("%s, %u pages, history %u of %u operations: %s", config->name,
                         (unsigned)pages, (unsigned)history, length, what);
        }
    }
    printf("# %s, %u pages: %u histories of %u operations\n", config->name, (unsigned)pages,
           (unsigned)count, longest);
}

static void holds_in_every_format(void **state) {
    (void)state;
    for (size_t i = 0; i < CONFIG_COUNT; i++) run_all(&configs[i], CHECK_PAGES);
}

static void holds_with_few_pages(void **state) {
    (void)state;
    for (uint64_t pages = 2; pages < 6; pages++) run_all(&configs[0], pages);
}

static void refuses_bad_arguments(void **state) {
    static const struct {
        uint64_t address, pa, size;
        uint32_t attr;
    } bad[] = {
        {1,                  GIB(2),            KIB(4),     PT_READ                      },
        {0,                  GIB(2) + 8,        KIB(4),     PT_READ                      },
        {0,                  GIB(2),            KIB(4) - 1, PT_READ                      },
        {0,                  GIB(2),            0,          PT_READ                      },
        {GIB(1024),          GIB(2),            KIB(4),     PT_READ                      },
        {GIB(1024) - KIB(4), GIB(2),            KIB(8),     PT_READ                      },
        {KIB(4),             GIB(2),            -KIB(4),    PT_READ                      },
        {0,                  0,                 KIB(4),     PT_READ | PT_DEVICE | PT_EXEC},
        {0,                  UINT64_C(1) << 48, KIB(4),     PT_READ                      },
        {0,                  -KIB(4),           KIB(8),     PT_READ | PT_DEVICE          },
    };

    (void)state;
    own_memory();
    start(&configs[0], CHECK_PAGES);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(
            pagetable_map(&table, OURS, bad[i].address, PA(bad[i].pa), bad[i].size, bad[i].attr),
            STATUS_RANGE);
    for (size_t i = 1; i < CONFIG_COUNT; i++) {
        start(&configs[i], CHECK_PAGES); /* a stage 1 has no memory both writable and executable */
        assert_int_equal(
            pagetable_map(&table, OURS, 0, PA(GIB(2)), KIB(4), PT_READ | PT_WRITE | PT_EXEC),
            STATUS_RANGE);
        pool.next = pool.end;
        assert_int_equal(pagetable_init(&table), STATUS_NO_MEMORY);
    }
}

/* A walk ends in a block or a page, and nowhere past the space. */
static void walks_into_leaves(void **state) {
    pa_t pa;

    (void)state;
    own_memory();
    for (size_t i = 0; i < CONFIG_COUNT; i++) {
        start(&configs[i], CHECK_PAGES);
        assert_int_equal(pagetable_map(&table, OURS, 0, PA(GIB(2)), GIB(1), PT_READ), STATUS_OK);
        assert_true(pagetable_walk(&table, MIB(5) + 123, &pa));
        assert_int_equal(pa.value, GIB(2) + MIB(5) + 123);
        assert_int_equal(pagetable_map(&table, OURS, GIB(2), PA(GIB(4)), KIB(4), PT_READ),
                         STATUS_OK);
        assert_true(pagetable_walk(&table, GIB(2) + 4095, &pa));
        assert_int_equal(pa.value, GIB(4) + 4095);
        assert_false(pagetable_walk(&table, GIB(2) + KIB(4), &pa));
        pagetable_unmap(&table, MIB(7));
        assert_false(pagetable_walk(&table, MIB(5), &pa));
        assert_false(pagetable_walk(&table, UINT64_C(1) << configs[i].bits, &pa));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_bad_arguments),
        cmocka_unit_test(walks_into_leaves),
        cmocka_unit_test(holds_in_every_format),
        cmocka_unit_test(holds_with_few_pages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
