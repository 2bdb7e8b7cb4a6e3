/* SPDX-License-Identifier: BSD-2-Clause */
/* What all boundaries share: which there are, and a server's space. */
#include "boundary.h"

#include "ring.h"

/* HCR_EL2 while a server runs on a stage 2 of its own: DC makes addresses flat and memory cacheable
 * whatever SCTLR_EL1 and the tables say (D8.2.11); of all that can be trapped, nothing is open. */
#define HCR_SERVER_STAGE2                                                                          \
    (HCR_VM | HCR_SWIO | HCR_FMO | HCR_IMO | HCR_AMO | HCR_FB | HCR_BSU_IS | HCR_DC | HCR_RW |     \
     HCR_TWI | HCR_TWE | HCR_TID1 | HCR_TID2 | HCR_TID3 | HCR_TSC | HCR_TIDCP | HCR_TACR |         \
     HCR_TSW | HCR_TPCP | HCR_TPU | HCR_TTLB | HCR_TDZ | HCR_TLOR | HCR_TERR | HCR_TVM | HCR_TRVM)

static const struct boundary *choose(unsigned kind) {
    if (kind == BOUNDARY_EL1) return &boundary_el1;
    if (kind == BOUNDARY_EL2) return &boundary_el2;
    return vcpu_has_vhe() ? &boundary_el0_vhe : &boundary_el0_stage2;
}

/* Entry n of a gate page traps with immediate n and returns (include/skerry/syscall.h). Behind the
 * entries 16 vectors, each a call of its own. Made of `svc` or `hvc`, one page for all servers. */
static const uint32_t *gate_page(uint64_t call_class) {
    static uint32_t pages[2][IMAGE_PAGE / 4] __attribute__((aligned(IMAGE_PAGE)));
    uint32_t *page = pages[call_class == EC_HVC64];
    uint32_t call = call_class == EC_HVC64 ? INSN_HVC : INSN_SVC;
    for (uint32_t i = 0; i < GATE_ENTRIES; i++) {
        page[2 * i] = call | i << 5;
        page[2 * i + 1] = INSN_RET;
    }
    for (uint32_t i = 0; i < 16; i++)
        page[(GATE_VECTORS + i * 0x80) / 4] = call | (GATE_VECTOR + i) << 5;
    space_clean(page, IMAGE_PAGE);
    return page;
}

/* Gate page, segments and frames. */
static enum status map(struct server *server) {
    const uint32_t *gate = gate_page(server->boundary->call_class);
    enum status status = pagetable_map(&server->space, MEMORY_KERNEL, server->image->base,
                                       PA(space_physical(gate)), IMAGE_PAGE, PT_READ | PT_EXEC);
    EACH_OF (SEGMENT, segment, server, server->index)
        if (status == STATUS_OK)
            status = pagetable_map(&server->space, server->space.owner, segment->va,
                                   PA(segment->pa), segment->size, segment->flags & PT_FLAGS);
    EACH_OF (FRAME, frame, server, server->index) {
        if (status == STATUS_OK)
            status = pagetable_map(&server->space, MEMORY_NONE, frame->va, PA(frame->pa),
                                   frame->size, PT_DEVICE | (frame->flags & PT_FLAGS));
        if ((frame->flags & FRAME_DMA) != 0)
            ring_print("%s: dma-trusted: 0x%lx reaches all memory", server->image->name, frame->pa);
    }
    return status;
}

enum status boundary_create(struct server *server) {
    server->boundary = choose(server->image->boundary);
    if (server->boundary == &boundary_el2)
        ring_print("%s: boundary el2: the system, FP and DAIF are not protected from it",
                   server->image->name);
    bool stage2 = server->boundary->format == PAGETABLE_STAGE2;
    server->hcr = stage2 ? HCR_SERVER_STAGE2 | (vcpu_hcr & HCR_E2H) : vcpu_hcr;
    if (server->boundary->spsr == SPSR_EL0T) server->hcr |= HCR_TGE;
    enum status status =
        space_create(&server->space, (enum pagetable_format)server->boundary->format,
                     (uint8_t)(MEMORY_SERVER + server->index));
    return status == STATUS_OK ? map(server) : status;
}
