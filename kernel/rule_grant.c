/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules for what servers answer for and may do: windows, system registers, calls, edges,
 * interrupts, lines and rights (pure). Called by image.c only.
 */
#include "rule.h"

#define PPI_START        16u
#define SPI_START        32u
#define PHYSICAL_SPI_END 1020u
#define PPI_TIMER        27u
/* Op0, Op2, Op1, CRn, CRm of a system register's encoding; Rt and direction are zero. */
#define SYSREG_BITS      0x3ffc1eu

static const char *check_answers(const struct image *image, uint32_t vm, uint32_t server)
{
    if (vm >= image_count(image, IMAGE_VM))
        return "names no VM";
    if (server >= image_count(image, IMAGE_SERVER))
        return "names no server";
    return image_server(image, server)->access != 0 ? NULL : "has a server that answers no access";
}

const char *rule_window(const struct image *image, uint32_t index)
{
    const struct image_window *window = image_window(image, index);
    const char *what = check_answers(image, window->vm, window->server);

    if (what != NULL)
        return what;
    if (!rule_range(window->ipa, window->size, IMAGE_PAGE, UINT64_C(1) << IPA_BITS) ||
        window->offset > UINT64_MAX - window->size)
        return "is empty, misaligned or out of range";
    if (!RULE_PAD(window))
        return "has padding";
    /* A load across a region's end arrives with the address of the page behind it, so that page
     * must be nobody's. */
    if (RULE_ANY(image, region, image_count(image, IMAGE_REGION),
                 other->vm == window->vm &&
                     rule_overlap(other->ipa, other->size + IMAGE_PAGE, window->ipa, window->size)))
        return "overlaps memory of its VM or the page behind it";
    if (RULE_ANY(image, window, index,
                 other->vm == window->vm &&
                     rule_overlap(other->ipa, other->size, window->ipa, window->size)))
        return "overlaps another of its VM";
    return NULL;
}

const char *rule_sysreg(const struct image *image, uint32_t index)
{
    const struct image_sysreg *sysreg = image_sysreg(image, index);
    const char *what = check_answers(image, sysreg->vm, sysreg->server);

    if (what != NULL)
        return what;
    if ((sysreg->encoding & ~SYSREG_BITS) != 0)
        return "is no system register";
    if (RULE_APART(image, sysreg, index, vm))
        return "is apart from the others of its VM";
    if (RULE_ANY(image, sysreg, index,
                 other->vm == sysreg->vm && other->encoding == sysreg->encoding))
        return "has the register of another of its VM";
    return NULL;
}

const char *rule_smccc(const struct image *image, uint32_t index)
{
    const struct image_smccc *smccc = image_smccc(image, index);
    const char *what = check_answers(image, smccc->vm, smccc->server);

    if (what != NULL)
        return what;
    if (smccc->first > smccc->last)
        return "ends before it starts";
    if (!RULE_PAD(smccc))
        return "has padding";
    if (RULE_APART(image, smccc, index, vm))
        return "is apart from the others of its VM";
    if (RULE_ANY(image, smccc, index,
                 other->vm == smccc->vm && other->first <= smccc->last &&
                     smccc->first <= other->last))
        return "overlaps another of its VM";
    return NULL;
}

/* True if the edges before and including `last` lead from one server to the other. The set of
 * servers reached grows with each round but the last, so there are at most SERVER_MAX + 1. */
static bool leads(const struct image *image, uint32_t last, uint8_t from, uint8_t to)
{
    uint32_t before, reached = UINT32_C(1) << from;

    _Static_assert(SERVER_MAX <= 32, "a bit for each server");
    do {
        before = reached;
        for (uint32_t i = 0; i <= last; i++) {
            const struct image_edge *edge = image_edge(image, i);

            if ((reached >> edge->caller & 1) != 0)
                reached |= UINT32_C(1) << edge->callee;
        }
    } while (reached != before);
    return (reached >> to & 1) != 0;
}

/* How many edges of the same caller come before this one. */
static uint32_t place_of(const struct image *image, uint32_t index)
{
    uint32_t place = 0;

    for (uint32_t i = 0; i < index; i++)
        place += image_edge(image, i)->caller == image_edge(image, index)->caller;
    return place;
}

const char *rule_edge(const struct image *image, uint32_t index)
{
    const struct image_edge *edge = image_edge(image, index);
    uint32_t server_count = image_count(image, IMAGE_SERVER);

    if (edge->caller >= server_count || edge->callee >= server_count)
        return "names no server";
    if (image_server(image, edge->callee)->called == 0 &&
        image_server(image, edge->callee)->notified == 0)
        return "has a callee that answers neither calls nor signals";
    if (!RULE_PAD(edge))
        return "has padding";
    if (RULE_APART(image, edge, index, caller))
        return "is apart from the others of its caller";
    if (edge->handle != place_of(image, index))
        return "has a handle that is not its place among its caller's";
    return leads(image, index, edge->callee, edge->caller) ? "closes a cycle" : NULL;
}

const char *rule_interrupt(const struct image *image, uint32_t index)
{
    const struct image_interrupt *interrupt = image_interrupt(image, index);

    if (interrupt->server >= image_count(image, IMAGE_SERVER))
        return "names no server";
    if (image_server(image, interrupt->server)->notified == 0)
        return "has a server that takes no interrupts";
    if (interrupt->intid < SPI_START || interrupt->intid >= PHYSICAL_SPI_END)
        return "has an INTID that is no SPI";
    if (interrupt->cpu >= image_count(image, IMAGE_CPU))
        return "names no CPU";
    if (interrupt->bit >= 32)
        return "has a bit out of range";
    if ((interrupt->flags & ~INTERRUPT_EDGE) != 0)
        return "has unknown flags";
    if (RULE_ANY(image, interrupt, index, other->intid == interrupt->intid))
        return "has the INTID of another";
    if (RULE_ANY(image, interrupt, index,
                 other->server == interrupt->server && other->bit == interrupt->bit))
        return "has the bit of another of its server";
    return NULL;
}

/* The physical side of a route: PPI 27 may go to every VM, an SPI to one, and to no server. */
static const char *check_physical(const struct image *image, uint32_t index)
{
    const struct image_route *route = image_route(image, index);

    if (route->intid == PPI_TIMER)
        return route->virtual_intid < SPI_START ? NULL : "makes an SPI of a PPI";
    if (route->intid < SPI_START || route->intid >= PHYSICAL_SPI_END)
        return "has a physical INTID that cannot be routed";
    if (route->virtual_intid < SPI_START)
        return "makes a PPI of an SPI";
    if (RULE_ANY(image, route, index, other->intid == route->intid))
        return "has the physical INTID of another";
    if (RULE_ANY(image, interrupt, image_count(image, IMAGE_INTERRUPT),
                 other->intid == route->intid))
        return "has the physical INTID of a server's interrupt";
    return NULL;
}

const char *rule_route(const struct image *image, uint32_t index)
{
    const struct image_route *route = image_route(image, index);

    if (route->vm >= image_count(image, IMAGE_VM))
        return "names no VM";
    if (route->virtual_intid < PPI_START || route->virtual_intid >= SPI_END)
        return "has a virtual INTID out of range";
    if ((route->flags & ~INTERRUPT_EDGE) != 0 || !RULE_PAD(route))
        return "has unknown flags or padding";
    if (RULE_ANY(image, route, index,
                 other->vm == route->vm && other->virtual_intid == route->virtual_intid))
        return "has the virtual INTID of another of its VM";
    return check_physical(image, index);
}

const char *rule_line(const struct image *image, uint32_t index)
{
    const struct image_line *line = image_line(image, index);
    uint32_t first;

    if (line->server >= image_count(image, IMAGE_SERVER))
        return "names no server";
    if (line->vm >= image_count(image, IMAGE_VM))
        return "names no VM";
    if (line->intid < PPI_START || line->intid >= SPI_END)
        return "has an INTID out of range";
    if (line->vcpu >= (line->intid < SPI_START ? image_vcpu_count(image, line->vm, &first) : 1))
        return "names no vCPU of its VM";
    if (!RULE_PAD(line))
        return "has padding";
    if (RULE_APART(image, line, index, server))
        return "is apart from the others of its server";
    if (RULE_ANY(image, line, index,
                 other->server == line->server && other->handle == line->handle))
        return "has the handle of another of its server";
    if (RULE_ANY(image, line, index,
                 other->vm == line->vm && other->vcpu == line->vcpu && other->intid == line->intid))
        return "has the INTID of another of its VM";
    if (RULE_ANY(image, route, image_count(image, IMAGE_ROUTE),
                 other->vm == line->vm && other->virtual_intid == line->intid))
        return "has the INTID of a route of its VM";
    return NULL;
}

const char *rule_right(const struct image *image, uint32_t index)
{
    const struct image_right *right = image_right(image, index);

    if (right->server >= image_count(image, IMAGE_SERVER))
        return "names no server";
    if (right->vm >= image_count(image, IMAGE_VM))
        return "names no VM";
    if (right->rights == 0 || (right->rights & ~(RIGHT_IRQ | RIGHT_VCPU | RIGHT_POWER)) != 0)
        return "has unknown rights or none";
    if (right->pad != 0)
        return "has padding";
    if (RULE_ANY(image, right, index, other->server == right->server && other->vm == right->vm))
        return "is for the server and VM of another";
    return NULL;
}
