/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What all boundaries share: which there are, and a server's map, the same in every one of them:
 * gate page, segments, frames.
 */
#pragma GCC optimize("Os")
#include "boundary.h"

#include "boot.h"
#include "space.h"
#include "vcpu.h"
#include "visit.h"

const struct boundary *boundary_choose(enum image_boundary kind) {
    static const struct boundary *const table[BOUNDARY_COUNT][2] = {
        [BOUNDARY_EL0] = {&boundary_el0_stage2, &boundary_el0_vhe},
        [BOUNDARY_EL1] = {&boundary_el1_plain,  &boundary_el1_vhe},
        [BOUNDARY_EL2] = {&boundary_el2,        &boundary_el2    },
    };
    return table[kind][vcpu_has_vhe()];
}

enum status boundary_create_stage2(struct server *server, const void *gate) {
    uint16_t vmid = (uint16_t)(VM_MAX + 1 + server->index);
    enum status status = space_create(&server->space, PAGETABLE_STAGE2,
                                      (uint8_t)(MEMORY_SERVER + server->index), vmid);
    server->ttbr = server->space.ttbr;
    return status == STATUS_OK ? boundary_map(server, gate) : status;
}

enum status boundary_map(struct server *server, const void *gate) {
    struct pagetable kernel_view = server->space;
    kernel_view.owner = MEMORY_KERNEL;
    enum status status = pagetable_map(&kernel_view, server->base, PA(space_physical(gate)),
                                       IMAGE_PAGE, PT_READ | PT_EXEC);
    for (uint32_t i = 0; status == STATUS_OK && i < server->segment_count; i++) {
        const struct image_segment *segment = &server->segments[i];
        uint32_t attr = ((segment->flags & SEGMENT_WRITE) != 0 ? PT_WRITE : 0) |
                        ((segment->flags & SEGMENT_EXECUTE) != 0 ? PT_EXEC : 0);
        status = pagetable_map(&server->space, segment->va, PA(segment->pa), segment->size,
                               PT_READ | attr);
    }
    for (uint32_t i = 0; status == STATUS_OK && i < server->frame_count; i++) {
        const struct image_frame *frame = &server->frames[i];
        uint32_t attr = (frame->flags & FRAME_WRITE) != 0 ? PT_WRITE : 0;
        status = pagetable_map(&server->space, frame->va, PA(frame->pa), frame->size,
                               PT_READ | PT_DEVICE | attr);
    }
    return status;
}
