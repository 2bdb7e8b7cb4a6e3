/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See image_build.h. The checksum is the plain bitwise form of CRC-32, so that it owes nothing to
 * the kernel's or the tool's.
 */
#include "image_build.h"

#include <skerry/access.h>
#include <string.h>

#include "memory.h"

#define RAM          UINT64_C(0x40000000)
#define MIB(n)       ((uint64_t)(n) << 20)
#define BASE(n)      ((uint64_t)((n) + 1) << 32)

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Puts a literal list of entries into a table. */
#define PUT(build, name, ...)                                                                      \
    do {                                                                                           \
        const struct image_##name list[] = {__VA_ARGS__};                                          \
        memcpy((build)->name, list, sizeof(list));                                                 \
        (build)->name##_count = COUNT(list);                                                       \
    } while (0)

const struct image build_place = {.kernel_pa = RAM + MIB(2), .payload_pa = RAM + MIB(2) + 0x40000};

uint32_t image_crc(uint32_t crc, const void *bytes, size_t size) {
    static uint32_t table[256];
    const uint8_t *at = bytes;

    for (uint32_t i = 0; table[255] == 0 && i < 256; i++) {
        table[i] = i;
        for (int bit = 0; bit < 8; bit++)
            table[i] = table[i] >> 1 ^ ((table[i] & 1) != 0 ? 0xedb88320u : 0);
    }
    crc = ~crc;
    for (size_t i = 0; i < size; i++) crc = crc >> 8 ^ table[(crc ^ at[i]) & 0xff];
    return ~crc;
}

static void put_machine(struct build *build) {
    PUT(build, machine,
        {.ram_base = RAM,
         .ram_size = MIB(512),
         .gicd = 0x08000000,
         .gicr = 0x080a0000,
         .pool_pa = RAM + MIB(4),
         .pool_size = MIB(4)});
    PUT(build, cpu, {0}, {1}, {0x100});
}

static void put_vms(struct build *build) {
    PUT(build, vm, {"linux", 0x40200000, 0x44000000, RAM + MIB(8), MIB(2)},
        {"rtos", 0x1000, 0, RAM + MIB(10), MIB(2)});
    PUT(build, vcpu, {.mpidr = 0, .vm = 0, .cpu = 0}, {.mpidr = 1, .vm = 0, .cpu = 1},
        {.mpidr = 0, .vm = 1, .cpu = 2});
    PUT(build, region,
        {.ipa = 0x40000000,
         .pa = RAM + MIB(32),
         .size = MIB(64),
         .vm = 0,
         .flags = REGION_WRITE | REGION_EXECUTE},
        {.ipa = 0x04000000, .pa = RAM + MIB(96), .size = 0x40000, .vm = 0, .flags = 0},
        {.ipa = 0,
         .pa = RAM + MIB(128),
         .size = MIB(4),
         .vm = 1,
         .flags = REGION_WRITE | REGION_EXECUTE});
    PUT(build, load, {.ipa = 0x40200000, .offset = 0, .size = 64, .vm = 0},
        {.ipa = 0x44000000 - 61, .offset = 64, .size = 61, .vm = 0},
        {.ipa = 0x1000, .offset = 128, .size = 8, .vm = 1});
}

/* Text with 64 bytes, data with 32, a stack: at the same places in each server. */
#define SEGMENTS(n)                                                                                \
    {.va = BASE(n) + 0x1000,                                                                       \
     .pa = RAM + MIB(12 + 2 * (n)),                                                                \
     .size = 0x2000,                                                                               \
     .offset = 128,                                                                                \
     .file_size = 64,                                                                              \
     .server = (n),                                                                                \
     .flags = SEGMENT_EXECUTE},                                                                    \
        {.va = BASE(n) + 0x3000,                                                                   \
         .pa = RAM + MIB(12 + 2 * (n)) + 0x2000,                                                   \
         .size = 0x1000,                                                                           \
         .offset = 192,                                                                            \
         .file_size = 32,                                                                          \
         .server = (n),                                                                            \
         .flags = SEGMENT_WRITE},                                                                  \
    {                                                                                              \
        .va = BASE(n) + 0x6000, .pa = RAM + MIB(12 + 2 * (n)) + 0x3000, .size = 0x2000,            \
        .server = (n), .flags = SEGMENT_WRITE                                                      \
    }

static void put_servers(struct build *build) {
    const struct image_server common = {.size = UINT64_C(1) << 32,
                                        .stack_size = 0x2000,
                                        .stack_stride = 0x3000,
                                        .budget_us = 100,
                                        .policy = POLICY_RESTART,
                                        .next_policy = POLICY_HALT,
                                        .restarts = 3};
    static const char names[3][IMAGE_NAME] = {"uart-server", "gicd-server", "psci-server"};

    build->server_count = 3;
    for (uint32_t i = 0; i < 3; i++) {
        struct image_server *server = &build->server[i];

        *server = common;
        memcpy(server->name, names[i], IMAGE_NAME);
        server->base = BASE(i);
        server->access = BASE(i) + 0x1000;
        server->called = BASE(i) + 0x1004;
        server->notified = BASE(i) + 0x2ffc;
        server->stack_top = BASE(i) + 0x8000;
        server->boundary = (uint8_t)i;
    }
    build->server[0].init = BASE(0) + 0x1010;
    build->server[0].flags = SERVER_LOG;
    build->server[1].called = 0;   /* takes signals only */
    build->server[2].notified = 0; /* and this one calls */
    build->server[2].flags = SERVER_CONCURRENT | SERVER_FP;
    PUT(build, segment, SEGMENTS(0),
        {.va = BASE(0) + 0x10000,
         .pa = RAM + MIB(12) + 0x8000,
         .size = 0x1000,
         .server = 0,
         .flags = SEGMENT_WRITE | SEGMENT_STATE},
        SEGMENTS(1), SEGMENTS(2),
        {.va = BASE(2) + 0x9000,
         .pa = RAM + MIB(16) + 0x8000,
         .size = 0x2000,
         .server = 2,
         .flags = SEGMENT_WRITE},
        {.va = BASE(2) + 0xc000,
         .pa = RAM + MIB(16) + 0xa000,
         .size = 0x2000,
         .server = 2,
         .flags = SEGMENT_WRITE});
    PUT(build, frame,
        {.va = BASE(0) + 0x80000000,
         .pa = 0x09000000,
         .size = 0x1000,
         .server = 0,
         .flags = FRAME_WRITE},
        {.va = BASE(1) + 0x80000000, .pa = 0x09010000, .size = 0x2000, .server = 1},
        {.va = BASE(1) + 0x80002000, .pa = 0x09020000, .size = 0x1000, .server = 1});
}

static void put_grants(struct build *build) {
    PUT(build, window, {.ipa = 0x09000000, .size = 0x1000, .vm = 0, .server = 0},
        {.ipa = 0x08000000, .size = 0x10000, .vm = 0, .server = 1},
        {.ipa = 0x080a0000, .size = 0x40000, .right = 1, .vm = 0, .server = 1},
        {.ipa = 0x09000000, .size = 0x1000, .offset = 0x1000, .vm = 1, .server = 0});
    PUT(build, sysreg, {SYSREG_ICC_SGI1R_EL1, 2, 0, 1}, {SYSREG_ICC_SGI0R_EL1, 2, 0, 1},
        {SYSREG_ICC_SGI1R_EL1, 2, 1, 1});
    PUT(build, smccc, {.first = 0x80000000, .last = 0x8000ffff, .vm = 0, .server = 2},
        {.first = 0x84000000, .last = 0xffffffff, .vm = 0, .server = 2},
        {.first = 0, .last = 0xffffffff, .vm = 1, .server = 2});
    PUT(build, edge, {.caller = 1, .callee = 0}, {.right = 7, .caller = 2, .callee = 0},
        {.caller = 2, .callee = 1});
    PUT(build, interrupt, {.intid = 33, .server = 0, .bit = 0, .cpu = 0},
        {.intid = 1019, .server = 0, .bit = 31, .cpu = 2, .flags = INTERRUPT_EDGE});
    PUT(build, route, {.intid = 27, .virtual_intid = 27, .vm = 0},
        {.intid = 27, .virtual_intid = 27, .vm = 1}, {.intid = 40, .virtual_intid = 41, .vm = 0});
    PUT(build, line, {.intid = 33, .handle = 0, .server = 0, .vm = 0},
        {.intid = 33, .handle = 1, .server = 0, .vm = 1},
        {.intid = 20, .handle = 9, .server = 1, .vm = 0, .vcpu = 1},
        {.intid = 991, .handle = 10, .server = 1, .vm = 0});
    PUT(build, right, {.server = 1, .vm = 0, .rights = RIGHT_IRQ},
        {.server = 1, .vm = 1, .rights = RIGHT_IRQ},
        {.server = 2, .vm = 0, .rights = RIGHT_VCPU | RIGHT_POWER});
}

void build_valid(struct build *build) {
    memset(build, 0, sizeof(*build));
    put_machine(build);
    put_vms(build);
    put_servers(build);
    put_grants(build);
}

struct place {
    size_t entries, count; /* offsets in struct build */
    uint32_t entry_size;
};

#define PLACE(type, name, least, most)                                                             \
    [IMAGE_##type] = {offsetof(struct build, name), offsetof(struct build, name##_count),          \
                      sizeof(struct image_##name)},

static const struct place places[IMAGE_TYPE_END] = {IMAGE_TABLES(PLACE)};

uint8_t *build_entry(struct build *build, uint32_t type, uint32_t index) {
    return (uint8_t *)build + places[type].entries + index * places[type].entry_size;
}

/* From the start of the bytes behind the tables to the start of the payload. */
static void shift_offsets(struct build *build, uint64_t base) {
    for (uint32_t i = 0; i < build->load_count; i++) build->load[i].offset += base;
    for (uint32_t i = 0; i < build->segment_count; i++)
        if (build->segment[i].file_size != 0) build->segment[i].offset += base;
}

uint32_t build_pack(const struct build *build, uint8_t *payload) {
    static struct build copy;
    struct image_header *header = (struct image_header *)payload;
    uint32_t used = 0, at;

    for (uint32_t type = IMAGE_MACHINE; type < IMAGE_TYPE_END; type++) {
        uint32_t count;

        memcpy(&count, (const uint8_t *)build + places[type].count, sizeof(count));
        used += count * places[type].entry_size;
    }
    copy = *build;
    at = (uint32_t)sizeof(*header);
    shift_offsets(&copy, at + used);

    *header = (struct image_header){.magic = IMAGE_MAGIC,
                                    .format = IMAGE_FORMAT,
                                    .abi = ABI_VERSION,
                                    .size = at + used + BUILD_BYTES};
    for (uint32_t type = IMAGE_MACHINE; type < IMAGE_TYPE_END; type++) {
        uint32_t count, size;

        memcpy(&count, (const uint8_t *)build + places[type].count, sizeof(count));
        size = count * places[type].entry_size;
        header->table[type] = (struct image_table){count, places[type].entry_size, at};
        memcpy(payload + at, build_entry(&copy, type, 0), size);
        at += size;
    }
    for (uint32_t i = 0; i < BUILD_BYTES; i++) payload[at + i] = (uint8_t)(i * 37 + 1);
    build_seal(payload, header->size);
    return (uint32_t)header->size;
}

void build_seal(uint8_t *payload, uint64_t size_limit) {
    struct image_header *header = (struct image_header *)payload;

    header->checksum = 0;
    if (header->size >= sizeof(*header) && header->size <= size_limit)
        header->checksum = image_crc(0, payload, (size_t)header->size);
}

static const char *claim_all(const struct image *image) {
    const struct image_machine *machine = image_machine(image, 0);
    enum status status = memory_init(PA(machine->ram_base), machine->ram_size);

    status |=
        memory_claim(PA(image->kernel_pa),
                     image->payload_pa + image->header->size - image->kernel_pa, MEMORY_KERNEL);
    status |= memory_claim(PA(machine->pool_pa), machine->pool_size, MEMORY_KERNEL);
    for (uint32_t i = 0; i < image_count(image, IMAGE_VM); i++)
        status |= memory_claim(PA(image_vm(image, i)->pool_pa), image_vm(image, i)->pool_size,
                               MEMORY_KERNEL);
    for (uint32_t i = 0; i < image_count(image, IMAGE_REGION); i++)
        status |= memory_claim(PA(image_region(image, i)->pa), image_region(image, i)->size,
                               (uint8_t)(MEMORY_VM + image_region(image, i)->vm));
    for (uint32_t i = 0; i < image_count(image, IMAGE_SEGMENT); i++)
        status |= memory_claim(PA(image_segment(image, i)->pa), image_segment(image, i)->size,
                               (uint8_t)(MEMORY_SERVER + image_segment(image, i)->server));
    return status == STATUS_OK ? NULL : "memory cannot be claimed";
}

const char *build_use(const struct image *image, uint64_t size) {
    const char *what = claim_all(image);

    if (image->header->size > size) what = "payload is too long";
    for (uint32_t i = 0; i < image_count(image, IMAGE_LOAD); i++)
        image_crc(0, image_bytes(image, image_load(image, i)->offset), image_load(image, i)->size);
    for (uint32_t i = 0; i < image_count(image, IMAGE_SEGMENT); i++)
        if (image_segment(image, i)->file_size != 0)
            image_crc(0, image_bytes(image, image_segment(image, i)->offset),
                      image_segment(image, i)->file_size);
    for (uint32_t i = 0; i < image_count(image, IMAGE_VCPU); i++) {
        uint32_t before = 0; /* of its VM */

        for (uint32_t k = 0; k < i; k++)
            before += image_vcpu(image, k)->vm == image_vcpu(image, i)->vm;
        if (before >= VCPU_MAX ||
            (before != 0 && image_vcpu(image, i - 1)->vm != image_vcpu(image, i)->vm))
            what = "vCPUs are not contiguous";
    }
    for (uint32_t i = 0; i < image_count(image, IMAGE_WINDOW); i++)
        if (image_server(image, image_window(image, i)->server)->access == 0)
            what = "nobody answers a window";
    return what;
}
