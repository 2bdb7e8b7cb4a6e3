/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The check of the payload: a valid one is accepted, each way to spoil one is refused with the
 * right table, entry and reason, and no change of any byte makes the check, or a kernel that
 * believes it, read outside the payload (AddressSanitizer watches: each payload is a heap block of
 * its size).
 */
#include "image_build.h"
#include "image_variants.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct build build;
static _Alignas(8) uint8_t packed[BUILD_SIZE];

/* Checks a copy that has no byte before or behind. */
static enum status check(const uint8_t *payload, uint32_t size, struct image_error *error) {
    uint8_t *copy = malloc(size);
    struct image image = build_place;
    enum status status;

    memcpy(copy, payload, size);
    status = image_check(copy, size, &image, error);
    if (status == STATUS_OK)
        assert_null(build_use(&image, size));
    else
        assert_null(image.header);
    free(copy);
    return status;
}

/* "pa is not in RAM"; of what is no entry, there is no field. */
static const char *text(const struct image_error *error) {
    static char text[128];

    snprintf(text, sizeof(text), "%s%s%s", error->field, error->field[0] != '\0' ? " " : "",
             error->what != NULL ? error->what : "nothing");
    return text;
}

static void refuse(uint32_t size, uint32_t type, uint32_t entry, const char *what) {
    struct image_error error;

    assert_int_equal(check(packed, size, &error), STATUS_FORMAT);
    assert_string_equal(text(&error), what);
    assert_int_equal(error.type, type);
    assert_int_equal(error.entry, entry);
}

static void accepts_valid(void **state) {
    struct image_error error;
    struct image image = build_place;
    uint32_t size;

    (void)state;
    build_valid(&build);
    size = build_pack(&build, packed);
    assert_int_equal(check(packed, size, &error), STATUS_OK);
    assert_null(error.what);
    assert_int_equal(image_check(packed, size, &image, &error), STATUS_OK);
    assert_int_equal(image_count(&image, IMAGE_VM), 2);
    assert_string_equal(image_table_name(IMAGE_HEADER), "header");
    assert_string_equal(image_table_name(IMAGE_VM), "vm");
    assert_string_equal(image_vm(&image, 1)->name, "rtos");
    assert_int_equal(image_vcpu(&image, 1)->vm, 0);
    assert_int_equal(image_vcpu(&image, 2)->vm, 1);
    assert_int_equal(*(const uint8_t *)image_bytes(&image, image_load(&image, 0)->offset), 1);
}

/* All of them, and then the verdict: a change in the order of checks shows up as a list. */
static void refuses_variants(void **state) {
    unsigned failures = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
        const struct variant *variant = &variants[i];
        bool same = variant->blamed_type == SAME;
        uint32_t type = same ? variant->type : variant->blamed_type;
        uint32_t entry = same ? variant->entry : variant->blamed_entry;
        struct image_error error;

        build_valid(&build);
        memcpy(build_entry(&build, variant->type, variant->entry) + variant->offset,
               &variant->value, variant->size);
        if (check(packed, build_pack(&build, packed), &error) != STATUS_OK && error.type == type &&
            error.entry == entry && strcmp(text(&error), variant->what) == 0)
            continue;
        printf("# variant %zu: expected \"%s %u: %s\", got \"%s %u: %s\"\n", i,
               image_table_name(type), entry, variant->what, image_table_name(error.type),
               error.entry, text(&error));
        failures++;
    }
    assert_int_equal(failures, 0);
}

/* What takes more than one field. */
static void refuses_unanswered(void **state) {
    (void)state;
    build_valid(&build);
    build.server[1].access = 0;
    refuse(build_pack(&build, packed), IMAGE_WINDOW, 1, "server does not answer this");
    build.window_count = 1;
    refuse(build_pack(&build, packed), IMAGE_SYSREG, 0, "server does not answer this");

    build_valid(&build);
    build.server[2].access = 0;
    refuse(build_pack(&build, packed), IMAGE_SMCCC, 0, "server does not answer this");

    build_valid(&build);
    build.server[1].called = build.server[1].notified = 0;
    refuse(build_pack(&build, packed), IMAGE_EDGE, 2, "callee does not answer this");

    build_valid(&build);
    build.server[0].notified = 0;
    refuse(build_pack(&build, packed), IMAGE_INTERRUPT, 0, "server does not answer this");

    build_valid(&build);
    build.route[1].vm = 0;
    build.route[1].intid = 40;
    build.route[1].virtual_intid = 42;
    refuse(build_pack(&build, packed), IMAGE_ROUTE, 2, "intid is another's");

    /* Memory to 2^39: the last GiB of the kernel's half is for space.c's slots. */
    struct image image = {.kernel_pa = UINT64_C(0x7f80200000), .payload_pa = 0x7f80240000};
    struct image_error error;
    build_valid(&build);
    *build.machine = (struct image_machine){.ram_base = 0x7f80000000, .ram_size = MIB(2048)};
    assert_int_equal(image_check(packed, build_pack(&build, packed), &image, &error),
                     STATUS_FORMAT);
    assert_string_equal(text(&error), "ram_size is too large, or not where the kernel is");
}

/* Order matters where the kernel keeps slices of tables. */
static void refuses_disorder(void **state) {
    (void)state;
    build_valid(&build);
    build.vcpu[1].vm = 1;
    build.vcpu[2] = (struct image_vcpu){.mpidr = 5, .vm = 0, .cpu = 2};
    refuse(build_pack(&build, packed), IMAGE_VCPU, 2, "vm is not in order");

    build_valid(&build);
    build.segment[12] = build.segment[3];
    build.segment[12].va += 0x100000;
    build.segment[12].pa += 0x100000;
    build.segment_count = 13;
    refuse(build_pack(&build, packed), IMAGE_SEGMENT, 12, "server is not in order");

    build_valid(&build);
    build.frame[3] = build.frame[0];
    build.frame[3].va += 0x1000;
    build.frame_count = 4;
    refuse(build_pack(&build, packed), IMAGE_FRAME, 3, "server is not in order");

    build_valid(&build);
    build.edge[1] = build.edge[2];
    build.edge[2] = (struct image_edge){.caller = 1, .callee = 0};
    refuse(build_pack(&build, packed), IMAGE_EDGE, 2, "caller is not in order");
}

static struct image_header *header(void) { return (struct image_header *)packed; }

/* Packs the valid system anew and changes one field of its header; the rest is as it was. */
#define SPOIL(field, new, why)                                                                     \
    do {                                                                                           \
        uint32_t spoilt = build_pack(&build, packed);                                              \
        header()->field = (new);                                                                   \
        refuse(spoilt, IMAGE_HEADER, IMAGE_NO_ENTRY, why);                                         \
    } while (0)

static void refuses_header(void **state) {
    (void)state;
    build_valid(&build);
    SPOIL(magic, IMAGE_MAGIC + 1, "has no magic number");
    SPOIL(format, IMAGE_FORMAT + 1, "has an unknown format");
    SPOIL(abi, ABI_VERSION + 1, "has another ABI version");
    SPOIL(size, sizeof(struct image_header) - 1, "gives a size below its own");
    SPOIL(size, UINT64_MAX, "gives a size beyond the end of memory");
    SPOIL(checksum, ~header()->checksum, "has a wrong checksum");
}

static void refuses_truncation(void **state) {
    uint32_t size;

    (void)state;
    build_valid(&build);
    size = build_pack(&build, packed);
    for (uint32_t cut = 0; cut < size; cut++)
        refuse(cut, IMAGE_HEADER, IMAGE_NO_ENTRY,
               cut < sizeof(struct image_header) ? "is cut off"
                                                 : "gives a size beyond the end of memory");
}

static const char outside[] = "lies outside the payload, on the header or misaligned";

/* Changes what the header of the valid image says of a table. */
static void refuse_table(uint32_t type, struct image_table change, const char *what) {
    struct image_table *table = &header()->table[type];
    uint32_t size;

    build_valid(&build);
    size = build_pack(&build, packed);
    *table =
        (struct image_table){table->count ^ change.count, table->entry_size ^ change.entry_size,
                             table->offset ^ change.offset};
    build_seal(packed, size);
    refuse(size, type, IMAGE_NO_ENTRY, what);
}

static void refuses_tables(void **state) {
    (void)state;
    refuse_table(IMAGE_LOAD, (struct image_table){.entry_size = 8}, "has a wrong entry size");
    refuse_table(IMAGE_MACHINE, (struct image_table){.count = 3}, "has too many entries");
    refuse_table(IMAGE_MACHINE, (struct image_table){.count = 1}, "has too few entries");
    refuse_table(IMAGE_LOAD, (struct image_table){.count = 1u << 31}, "has too many entries");
    refuse_table(IMAGE_LOAD, (struct image_table){.offset = 1u << 31}, outside);
    refuse_table(IMAGE_LOAD, (struct image_table){.offset = 4}, outside);
}

static void refuses_tables_on_others(void **state) {
    struct image_table *table = header()->table;
    uint32_t size;

    (void)state;
    build_valid(&build);
    size = build_pack(&build, packed);
    table[IMAGE_LOAD].offset -= 8; /* has the last 8 bytes of the one before */
    build_seal(packed, size);
    refuse(size, IMAGE_LOAD, IMAGE_NO_ENTRY, "overlaps the table before it");
    table[IMAGE_LOAD].offset = sizeof(struct image_header) - 8;
    build_seal(packed, size);
    refuse(size, IMAGE_LOAD, IMAGE_NO_ENTRY, outside);
    table[IMAGE_LOAD].offset = table[IMAGE_SERVER].offset - 8; /* misses its first 8 bytes */
    build_seal(packed, size);
    refuse(size, IMAGE_SERVER, IMAGE_NO_ENTRY, "overlaps the table before it");
}

static void refuses_missing(void **state) {
    uint32_t *const counts[] = {&build.machine_count, &build.cpu_count, &build.vm_count,
                                &build.vcpu_count, &build.region_count};

    (void)state;
    for (uint32_t i = 0; i < 5; i++) {
        build_valid(&build);
        *counts[i] = 0;
        refuse(build_pack(&build, packed), IMAGE_MACHINE + i, IMAGE_NO_ENTRY,
               "has too few entries");
    }
}

static void refuses_too_many(void **state) {
    (void)state;
    build_valid(&build);
    build.window_count = 1025;
    refuse(build_pack(&build, packed), IMAGE_WINDOW, IMAGE_NO_ENTRY, "has too many entries");
    build.server_count = SERVER_MAX + 1;
    refuse(build_pack(&build, packed), IMAGE_SERVER, IMAGE_NO_ENTRY, "has too many entries");
}

/* The longest chain of calls that SERVER_MAX allows; with its first back to the last, a cycle. */
static void refuses_long_cycle(void **state) {
    struct image_error error;

    (void)state;
    build_valid(&build);
    build.segment_count = 7; /* server 2 and what it answers for give way to copies of server 1 */
    build.smccc_count = build.right_count = build.edge_count = 0;
    for (uint32_t i = 2; i < SERVER_MAX; i++) {
        uint64_t shift = (uint64_t)(i - 1) << 32;
        struct image_server *server = &build.server[i];

        *server = build.server[1];
        server->base += shift;
        server->access += shift;
        server->notified += shift;
        server->stack_top += shift;
        for (uint32_t k = 4; k < 7; k++) {
            struct image_segment *segment = &build.segment[build.segment_count++];

            *segment = build.segment[k];
            segment->va += shift;
            segment->pa += (uint64_t)(i + 150) * IMAGE_BLOCK;
            segment->server = (uint8_t)i;
        }
    }
    build.server_count = SERVER_MAX;
    for (uint8_t i = 1; i < SERVER_MAX; i++)
        build.edge[i] = (struct image_edge){.caller = i, .callee = i - 1};
    build.edge[0] = build.edge[1];
    build.edge_count = SERVER_MAX;
    assert_int_equal(check(packed, build_pack(&build, packed), &error), STATUS_OK);
    build.edge[0] = (struct image_edge){.caller = 0, .callee = SERVER_MAX - 1};
    refuse(build_pack(&build, packed), IMAGE_EDGE, 0, "callee is not before its caller: a cycle?");
}

/* Each byte, changed in 8 ways (with SKERRY_LONG: in all): without a new checksum it is refused;
 * with one, `check` makes sure that a kernel that believes it stays inside its memory. */
static void survives_changed_bytes(void **state) {
    uint32_t step = getenv("SKERRY_LONG") != NULL ? 1 : 31, size, accepted = 0;
    static uint8_t valid[BUILD_SIZE];
    struct image_error error;

    (void)state;
    build_valid(&build);
    size = build_pack(&build, valid);
    for (uint32_t at = 0; at < size; at++) {
        for (uint32_t change = 1; change < 256; change += step) {
            memcpy(packed, valid, size);
            packed[at] ^= (uint8_t)change;
            assert_int_equal(check(packed, size, &error), STATUS_FORMAT);
            assert_non_null(error.what);
            build_seal(packed, size);
            accepted += check(packed, size, &error) == STATUS_OK;
        }
    }
    printf("# %u bytes, %u changes with a right checksum accepted\n", size, accepted);
    assert_true(accepted > BUILD_BYTES);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_valid),      cmocka_unit_test(refuses_variants),
        cmocka_unit_test(refuses_unanswered), cmocka_unit_test(refuses_disorder),
        cmocka_unit_test(refuses_header),     cmocka_unit_test(refuses_truncation),
        cmocka_unit_test(refuses_tables),     cmocka_unit_test(refuses_tables_on_others),
        cmocka_unit_test(refuses_missing),    cmocka_unit_test(refuses_too_many),
        cmocka_unit_test(refuses_long_cycle), cmocka_unit_test(survives_changed_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
