/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What all boundaries share: which there are, and a server's map, the same in every one of them:
 * gate page, segments, frames.
 */
#include "boundary.h"

#include "boot.h"
#include "space.h"
#include "vcpu.h"
#include "visit.h"

const struct boundary *boundary_choose(enum image_boundary kind)
{
    if (kind == BOUNDARY_EL0 && vcpu_has_vhe())
        return &boundary_el0_vhe;
    return NULL;
}

enum status boundary_map(struct server *server, const void *gate, uint32_t attr_all)
{
    struct pagetable kernel_view = server->space;
    kernel_view.owner = MEMORY_KERNEL;
    enum status status = pagetable_map(&kernel_view, server->base, PA(space_physical(gate)), IMAGE_PAGE,
                                       PT_READ | PT_EXEC | attr_all);
    for (uint32_t i = 0; status == STATUS_OK && i < server->segment_count; i++) {
        const struct image_segment *segment = &server->segments[i];
        uint32_t attr = ((segment->flags & SEGMENT_WRITE) != 0 ? PT_WRITE : 0) |
                        ((segment->flags & SEGMENT_EXECUTE) != 0 ? PT_EXEC : 0);
        status = pagetable_map(&server->space, segment->va, PA(segment->pa), segment->size,
                               PT_READ | attr | attr_all);
    }
    for (uint32_t i = 0; status == STATUS_OK && i < server->frame_count; i++) {
        const struct image_frame *frame = &server->frames[i];
        uint32_t attr = (frame->flags & FRAME_WRITE) != 0 ? PT_WRITE : 0;
        status = pagetable_map(&server->space, frame->va, PA(frame->pa), frame->size,
                               PT_READ | PT_DEVICE | attr | attr_all);
    }
    return status;
}
