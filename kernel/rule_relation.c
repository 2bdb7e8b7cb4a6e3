/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules of image.def that need more than an entry's own table, or say what no kind of rule can
 * (pure): PREDICATE(table, name, what is true of a good entry). Compiled for size.
 */
#pragma GCC optimize("Os")
#include "rule.h"

#define PPI_TIMER 27
#define ZEROED    0x80u /* of a segment, beside its SEGMENT_*: it has no file part */

#define PREDICATE(type, name, ...)                                                                 \
    bool rule_##name(const struct image *image, uint32_t index) {                                  \
        const struct image_##type *type = image_##type(image, index);                              \
                                                                                                   \
        return __VA_ARGS__;                                                                        \
    }

/* True if the condition, about `other`, holds for one of the table's entries below `count`. */
#define ANY(type, count, condition)                                                                \
    ({                                                                                             \
        bool any_ = false;                                                                         \
        for (uint32_t i_ = 0; i_ < (count) && !any_; i_++) {                                       \
            const struct image_##type *other = image_##type(image, i_);                            \
            any_ = (condition);                                                                    \
        }                                                                                          \
        any_;                                                                                      \
    })

/* What regions, segments and frames have in common. */
struct mapping {
    uint64_t start, size;
    uint32_t owner, flags;
};

static struct mapping mapping_at(const struct image *image, enum image_type type, uint32_t index) {
    if (type == IMAGE_REGION) {
        const struct image_region *region = image_region(image, index);
        return (struct mapping){region->ipa, region->size, region->vm, region->flags};
    }
    if (type == IMAGE_SEGMENT) {
        const struct image_segment *segment = image_segment(image, index);
        return (struct mapping){segment->va, segment->size, segment->server,
                                segment->flags | (segment->file_size == 0 ? ZEROED : 0)};
    }
    const struct image_frame *frame = image_frame(image, index);
    return (struct mapping){frame->va, frame->size, frame->server, frame->flags};
}

typedef bool compare_t(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size);

/* Whether a mapping of that VM or server with all of the flags covers, or overlaps, the range. */
static bool mapped(const struct image *image, enum image_type type, uint32_t owner, uint32_t flags,
                   compare_t *compare, uint64_t start, uint64_t size) {
    for (uint32_t i = 0; i < image_count(image, type); i++) {
        struct mapping mapping = mapping_at(image, type, i);

        if (mapping.owner == owner && (mapping.flags & flags) == flags &&
            compare(mapping.start, mapping.size, start, size))
            return true;
    }
    return false;
}

static bool on_gic(const struct image *image, uint64_t pa, uint64_t size) {
    const struct image_machine *machine = image_machine(image, 0);

    return rule_overlap(pa, size, machine->gicd, GIC_FRAME) ||
           rule_overlap(pa, size, machine->gicr, 2 * GIC_FRAME * image_count(image, IMAGE_CPU));
}

PREDICATE(machine, ram_has_kernel,
          rule_covers(machine->ram_base, machine->ram_size, image->kernel_pa,
                      rule_kernel_size(image)))
PREDICATE(machine, gic_is_apart,
          machine->gicr <= PA_END - 2 * GIC_FRAME * image_count(image, IMAGE_CPU) &&
              !on_gic(image, machine->ram_base, machine->ram_size) &&
              !rule_overlap(machine->gicr, 2 * GIC_FRAME * image_count(image, IMAGE_CPU),
                            machine->gicd, GIC_FRAME))
PREDICATE(vm, vm_starts_in_code,
          vm->entry % 4 == 0 &&
              mapped(image, IMAGE_REGION, index, REGION_EXECUTE, rule_covers, vm->entry, 4))

_Static_assert(CPU_MAX <= VCPU_MAX, "one vCPU a CPU: no VM has too many");
bool rule_vm_has_vcpu(const struct image *image, uint32_t index) {
    return ANY(vcpu, image_count(image, IMAGE_VCPU), other->vm == index);
}

PREDICATE(load, load_is_in_region,
          mapped(image, IMAGE_REGION, load->vm, 0, rule_covers, load->ipa, load->size))

/* An entry point: none, or an instruction of the server's. */
static bool enters(const struct image *image, uint32_t server, uint64_t entry) {
    return entry == 0 || (entry % 4 == 0 && mapped(image, IMAGE_SEGMENT, server, SEGMENT_EXECUTE,
                                                   rule_covers, entry, 4));
}

PREDICATE(server, entries_are_code,
          enters(image, index, server->init) && enters(image, index, server->access) &&
              enters(image, index, server->notified) && enters(image, index, server->called))
PREDICATE(server, stride_leaves_guard,
          (server->flags & SERVER_CONCURRENT) == 0 ||
              (server->stack_stride > server->stack_size && server->stack_stride % IMAGE_PAGE == 0))

/* Whether `mapped` says `wanted` of a range that starts so far above the bottom of each stack. */
static bool each_stack(const struct image *image, uint32_t index, bool wanted, enum image_type type,
                       uint32_t flags, compare_t *compare, uint64_t above, uint64_t size) {
    const struct image_server *server = image_server(image, index);
    bool concurrent = (server->flags & SERVER_CONCURRENT) != 0;
    uint64_t start = server->stack_top - server->stack_size + above;

    for (uint32_t cpu = 0; cpu < (concurrent ? image_count(image, IMAGE_CPU) : 1); cpu++)
        if (mapped(image, type, index, flags, compare, start + (uint64_t)cpu * server->stack_stride,
                   size) != wanted)
            return false;
    return true;
}

PREDICATE(server, stacks_are_zeroed,
          each_stack(image, index, true, IMAGE_SEGMENT, SEGMENT_WRITE | ZEROED, rule_covers, 0,
                     server->stack_size))

bool rule_stacks_are_guarded(const struct image *image, uint32_t index) {
    return each_stack(image, index, false, IMAGE_SEGMENT, 0, rule_overlap, -(uint64_t)IMAGE_PAGE,
                      IMAGE_PAGE);
}

bool rule_stacks_are_off_frames(const struct image *image, uint32_t index) {
    return each_stack(image, index, false, IMAGE_FRAME, 0, rule_overlap, -(uint64_t)IMAGE_PAGE,
                      IMAGE_PAGE);
}

PREDICATE(segment, code_is_constant,
          (segment->flags & SEGMENT_EXECUTE) == 0 || (segment->flags & SEGMENT_WRITE) == 0)
PREDICATE(segment, state_is_writable,
          (segment->flags & (SEGMENT_STATE | SEGMENT_WRITE)) != SEGMENT_STATE)
PREDICATE(frame, frame_is_off_segments,
          !mapped(image, IMAGE_SEGMENT, frame->server, 0, rule_overlap, frame->va, frame->size))
PREDICATE(frame, frame_is_off_ram,
          !rule_overlap(frame->pa, frame->size, image_machine(image, 0)->ram_base,
                        image_machine(image, 0)->ram_size))
PREDICATE(frame, frame_is_off_gic, !on_gic(image, frame->pa, frame->size))
PREDICATE(window, offsets_do_not_wrap, window->offset <= UINT64_MAX - window->size)
/* A load across a region's end arrives with the address of the page behind it, so that page must
 * be nobody's: the window begins a page early here. */
PREDICATE(window, window_is_off_regions,
          !mapped(image, IMAGE_REGION, window->vm, 0, rule_overlap, window->ipa - IMAGE_PAGE,
                  window->size + IMAGE_PAGE))
PREDICATE(smccc, smccc_is_disjoint,
          !ANY(smccc, index,
               other->vm == smccc->vm && other->first <= smccc->last &&
                   smccc->first <= other->last))
PREDICATE(edge, callee_answers,
          image_server(image, edge->callee)->called != 0 ||
              image_server(image, edge->callee)->notified != 0)

bool rule_handle_is_place(const struct image *image, uint32_t index) {
    uint32_t place = 0;

    for (uint32_t i = 0; i < index; i++)
        place += image_edge(image, i)->caller == image_edge(image, index)->caller;
    return image_edge(image, index)->handle == place;
}

/* The callee does not reach the caller by the edges so far. The set of servers reached grows with
 * each round but the last, so there are at most SERVER_MAX + 1. */
bool rule_edge_is_no_cycle(const struct image *image, uint32_t index) {
    uint32_t before, reached = UINT32_C(1) << image_edge(image, index)->callee;

    _Static_assert(SERVER_MAX <= 32, "a bit for each server");
    do {
        before = reached;
        for (uint32_t i = 0; i <= index; i++)
            if ((reached >> image_edge(image, i)->caller & 1) != 0)
                reached |= UINT32_C(1) << image_edge(image, i)->callee;
    } while (reached != before);
    return (reached >> image_edge(image, index)->caller & 1) == 0;
}

/* The physical side of a route: PPI 27 may go to every VM, an SPI to one, and to no server. */
PREDICATE(route, intid_is_routable,
          route->intid == PPI_TIMER ||
              (route->intid >= SPI_START && route->intid < PHYSICAL_SPI_END))
PREDICATE(route, ppi_stays_ppi, route->intid >= SPI_START || route->virtual_intid < SPI_START)
PREDICATE(route, spi_stays_spi, route->intid < SPI_START || route->virtual_intid >= SPI_START)
PREDICATE(route, spi_has_one_vm,
          route->intid < SPI_START || !ANY(route, index, other->intid == route->intid))
PREDICATE(route, spi_has_no_server,
          !ANY(interrupt, image_count(image, IMAGE_INTERRUPT), other->intid == route->intid))
PREDICATE(line, line_has_vcpu,
          line->vcpu <
              (line->intid < SPI_START ? image_vcpu_count(image, line->vm, &(uint32_t){0}) : 1))
PREDICATE(line, line_is_no_route,
          !ANY(route, image_count(image, IMAGE_ROUTE),
               other->vm == line->vm && other->virtual_intid == line->intid))
