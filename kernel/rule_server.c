/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules for servers: their ranges, entry points, stacks, segments and device frames (pure). Called
 * by image.c only.
 */
#include "rule.h"

#define PA_END     (UINT64_C(1) << 48)
#define GIC_FRAME  UINT64_C(0x10000)
#define BUDGET_MAX 500

/* An entry point: none, or an instruction of the server's. */
static bool enters(const struct image *image, uint32_t server, uint64_t entry)
{
    return entry == 0 ||
           (entry % 4 == 0 &&
            RULE_ANY(image, segment, image_count(image, IMAGE_SEGMENT),
                     other->server == server && (other->flags & SEGMENT_EXECUTE) != 0 &&
                         rule_covers(other->va, other->size, entry, 4)));
}

/* One CPU's stack: in zeroed memory, and what lies below faults. */
static const char *check_stack(const struct image *image, uint32_t server, uint64_t bottom,
                               uint64_t size)
{
    uint64_t guard = bottom - IMAGE_PAGE;

    if (!RULE_ANY(image, segment, image_count(image, IMAGE_SEGMENT),
                  other->server == server && (other->flags & SEGMENT_WRITE) != 0 &&
                      other->file_size == 0 && rule_covers(other->va, other->size, bottom, size)))
        return "has its stack outside a writable segment without a file part";
    if (RULE_ANY(image, segment, image_count(image, IMAGE_SEGMENT),
                 other->server == server &&
                     rule_overlap(other->va, other->size, guard, IMAGE_PAGE)))
        return "has no guard page below its stack";
    if (RULE_ANY(image, frame, image_count(image, IMAGE_FRAME),
                 other->server == server &&
                     rule_overlap(other->va, other->size, guard, IMAGE_PAGE)))
        return "has a device below its stack";
    return NULL;
}

static const char *check_stacks(const struct image *image, uint32_t index)
{
    const struct image_server *server = image_server(image, index);
    bool concurrent = (server->flags & SERVER_CONCURRENT) != 0;
    uint64_t top = server->stack_top, size = server->stack_size, stride = server->stack_stride;
    const char *what = NULL;

    if (size == 0 || (top | size) % IMAGE_PAGE != 0 || top < size)
        return "has a stack that is empty or misaligned";
    if (concurrent && (stride <= size || stride % IMAGE_PAGE != 0))
        return "has a stack stride that is misaligned or leaves no guard page";
    for (uint32_t cpu = 0; cpu < (concurrent ? image_count(image, IMAGE_CPU) : 1); cpu++)
        if (what == NULL)
            what = check_stack(image, index, top + cpu * stride - size, size);
    return what;
}

const char *rule_server(const struct image *image, uint32_t index)
{
    const struct image_server *server = image_server(image, index);

    if (!rule_named(server->name))
        return "has a malformed name";
    if (server->base == 0 || !rule_range(server->base, server->size, IMAGE_PAGE, SERVER_VA_END))
        return "has a range that is empty, misaligned or too high";
    if (RULE_ANY(image, server, index,
                 rule_overlap(other->base, other->size, server->base, server->size)))
        return "has the range of another";
    if (!enters(image, index, server->init) || !enters(image, index, server->access) ||
        !enters(image, index, server->notified) || !enters(image, index, server->called))
        return "has an entry point outside its executable segments";
    if (server->budget_us == 0 || server->budget_us > BUDGET_MAX)
        return "has a budget out of range";
    if (server->boundary >= BOUNDARY_COUNT)
        return "has an unknown boundary";
    if (server->policy >= POLICY_COUNT || server->next_policy >= POLICY_COUNT)
        return "has an unknown policy";
    if ((server->flags & ~(SERVER_FP | SERVER_CONCURRENT | SERVER_LOG)) != 0 || server->pad != 0)
        return "has unknown flags or padding";
    return check_stacks(image, index);
}

/* What a segment and a frame have in common: a place in their server's range, above its gate
 * page, that no segment, or frame before `frame_count`, has. */
static const char *check_place(const struct image *image, uint32_t index, uint64_t va,
                               uint64_t size, uint32_t segment_count, uint32_t frame_count)
{
    const struct image_server *server;

    if (index >= image_count(image, IMAGE_SERVER))
        return "names no server";
    server = image_server(image, index);
    if (!rule_range(va, size, IMAGE_PAGE, SERVER_VA_END))
        return "is empty, misaligned or too high";
    if (!rule_covers(server->base + IMAGE_PAGE, server->size - IMAGE_PAGE, va, size))
        return "is outside its server's range";
    if (RULE_ANY(image, segment, segment_count,
                 other->server == index && rule_overlap(other->va, other->size, va, size)))
        return "overlaps a segment of its server";
    if (RULE_ANY(image, frame, frame_count,
                 other->server == index && rule_overlap(other->va, other->size, va, size)))
        return "overlaps a frame of its server";
    return NULL;
}

const char *rule_segment(const struct image *image, uint32_t index)
{
    const struct image_segment *segment = image_segment(image, index);
    const char *what = check_place(image, segment->server, segment->va, segment->size, index, 0);

    if (what != NULL)
        return what;
    if (RULE_APART(image, segment, index, server))
        return "is apart from the others of its server";
    if ((segment->flags & ~(SEGMENT_WRITE | SEGMENT_EXECUTE | SEGMENT_STATE)) != 0 ||
        !RULE_PAD(segment))
        return "has unknown flags or padding";
    if ((segment->flags & SEGMENT_EXECUTE) != 0 && (segment->flags & SEGMENT_WRITE) != 0)
        return "is both writable and executable";
    if ((segment->flags & (SEGMENT_STATE | SEGMENT_WRITE)) == SEGMENT_STATE)
        return "is state that cannot be written";
    if (segment->file_size > segment->size)
        return "has more bytes than room";
    if (segment->file_size != 0 && !rule_blob(image, segment->offset, segment->file_size))
        return "has its bytes outside the payload";
    if (segment->pa % IMAGE_PAGE != 0)
        return "has a misaligned physical address";
    return rule_owner(image,
                      1 + image_count(image, IMAGE_VM) + image_count(image, IMAGE_REGION) + index);
}

const char *rule_frame(const struct image *image, uint32_t index)
{
    const struct image_frame *frame = image_frame(image, index);
    const struct image_machine *machine = image_machine(image, 0);
    const char *what = check_place(image, frame->server, frame->va, frame->size,
                                   image_count(image, IMAGE_SEGMENT), index);

    if (what != NULL)
        return what;
    if (RULE_APART(image, frame, index, server))
        return "is apart from the others of its server";
    if ((frame->flags & ~FRAME_WRITE) != 0 || !RULE_PAD(frame))
        return "has unknown flags or padding";
    if (!rule_range(frame->pa, frame->size, IMAGE_PAGE, PA_END))
        return "has a physical address that is misaligned or out of range";
    if (rule_overlap(frame->pa, frame->size, machine->ram_base, machine->ram_size))
        return "is in RAM";
    if (rule_overlap(frame->pa, frame->size, machine->gicd, GIC_FRAME) ||
        rule_overlap(frame->pa, frame->size, machine->gicr,
                     2 * GIC_FRAME * image_count(image, IMAGE_CPU)))
        return "is the interrupt controller's";
    if (RULE_ANY(image, frame, index, rule_overlap(other->pa, other->size, frame->pa, frame->size)))
        return "shares a device with another entry";
    return NULL;
}
