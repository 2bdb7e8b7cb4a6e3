/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules for the machine, its CPUs, the VMs and their memory (pure), and for who owns which RAM.
 * Called by image.c only.
 */
#include "rule.h"

#define PA_END         (UINT64_C(1) << 48)
#define GIC_FRAME      UINT64_C(0x10000)
#define MPIDR_AFFINITY UINT64_C(0xff00ffffff)

struct piece {
    uint64_t start, size;
    int owner; /* -1: the kernel; else server, or SERVER_MAX + VM */
};

static struct piece piece_at(const struct image *image, uint32_t k)
{
    uint32_t vms = image_count(image, IMAGE_VM), regions = image_count(image, IMAGE_REGION);

    if (k == 0) {
        const struct image_machine *machine = image_machine(image, 0);

        return (struct piece){machine->pool_pa, machine->pool_size, -1};
    }
    k--;
    if (k < vms)
        return (struct piece){image_vm(image, k)->pool_pa, image_vm(image, k)->pool_size, -1};
    k -= vms;
    if (k < regions) {
        const struct image_region *region = image_region(image, k);

        return (struct piece){region->pa, region->size, SERVER_MAX + region->vm};
    }

    const struct image_segment *segment = image_segment(image, k - regions);

    return (struct piece){segment->pa, segment->size, segment->server};
}

/* One owner: the same byte twice is an error. Two: the same block is. */
static bool collide(struct piece a, struct piece b)
{
    if (a.owner != b.owner) {
        a.size += a.start % IMAGE_BLOCK;
        b.size += b.start % IMAGE_BLOCK;
        a.start -= a.start % IMAGE_BLOCK;
        b.start -= b.start % IMAGE_BLOCK;
        a.size = (a.size + IMAGE_BLOCK - 1) / IMAGE_BLOCK * IMAGE_BLOCK;
        b.size = (b.size + IMAGE_BLOCK - 1) / IMAGE_BLOCK * IMAGE_BLOCK;
    }
    return rule_overlap(a.start, a.size, b.start, b.size);
}

const char *rule_owner(const struct image *image, uint32_t k)
{
    const struct image_machine *machine = image_machine(image, 0);
    struct piece piece = piece_at(image, k);
    struct piece kernel = {image->kernel_pa,
                           image->payload_pa - image->kernel_pa + image->header->size, -1};

    if (!rule_covers(machine->ram_base, machine->ram_size, piece.start, piece.size))
        return "is not in RAM";
    if (collide(piece, kernel))
        return "overlaps the kernel's memory";
    for (uint32_t i = 0; i < k; i++)
        if (collide(piece, piece_at(image, i)))
            return "shares memory with another entry";
    return NULL;
}

bool rule_named(const char name[IMAGE_NAME])
{
    size_t length = 0;

    while (length < IMAGE_NAME && name[length] > ' ' && name[length] <= '~')
        length++;
    return length != 0 && length < IMAGE_NAME &&
           rule_zero((const uint8_t *)name + length, IMAGE_NAME - length);
}

const char *rule_machine(const struct image *image, uint32_t index)
{
    const struct image_machine *machine = image_machine(image, index);
    uint64_t gicr_size = 2 * GIC_FRAME * image_count(image, IMAGE_CPU);

    if (!rule_range(machine->ram_base, machine->ram_size, IMAGE_BLOCK, PA_END) ||
        machine->ram_size > RAM_MAX)
        return "has RAM misaligned or out of range";
    if (!rule_covers(machine->ram_base, machine->ram_size, image->kernel_pa,
                     image->payload_pa - image->kernel_pa + image->header->size))
        return "has the kernel outside RAM";
    if (!rule_range(machine->gicd, GIC_FRAME, GIC_FRAME, PA_END) ||
        !rule_range(machine->gicr, gicr_size, GIC_FRAME, PA_END) ||
        rule_overlap(machine->gicd, GIC_FRAME, machine->gicr, gicr_size) ||
        rule_overlap(machine->gicd, GIC_FRAME, machine->ram_base, machine->ram_size) ||
        rule_overlap(machine->gicr, gicr_size, machine->ram_base, machine->ram_size))
        return "has the GIC misaligned, in RAM or out of range";
    if ((machine->flags & ~(MACHINE_NO_FAST_PATH | MACHINE_TRACE)) != 0 || machine->pad != 0)
        return "has unknown flags or padding";
    if (!rule_range(machine->pool_pa, machine->pool_size, IMAGE_BLOCK, PA_END))
        return "has a pool that is misaligned or out of range";
    return rule_owner(image, 0);
}

const char *rule_cpu(const struct image *image, uint32_t index)
{
    uint64_t mpidr = image_cpu(image, index)->mpidr;

    if ((mpidr & ~MPIDR_AFFINITY) != 0)
        return "has more in its MPIDR than affinity";
    if (RULE_ANY(image, cpu, index, other->mpidr == mpidr))
        return "has the MPIDR of another";
    return NULL;
}

const char *rule_vm(const struct image *image, uint32_t index)
{
    const struct image_vm *vm = image_vm(image, index);
    uint32_t first;

    if (!rule_named(vm->name))
        return "has a malformed name";
    if (vm->entry % 4 != 0 ||
        !RULE_ANY(image, region, image_count(image, IMAGE_REGION),
                  other->vm == index && (other->flags & REGION_EXECUTE) != 0 &&
                      rule_covers(other->ipa, other->size, vm->entry, 4)))
        return "starts outside its executable memory";
    if (image_vcpu_count(image, index, &first) == 0)
        return "has no vCPU";
    if (!rule_range(vm->pool_pa, vm->pool_size, IMAGE_BLOCK, PA_END))
        return "has a pool that is misaligned or out of range";
    return rule_owner(image, 1 + index);
}

const char *rule_vcpu(const struct image *image, uint32_t index)
{
    const struct image_vcpu *vcpu = image_vcpu(image, index);

    _Static_assert(CPU_MAX <= VCPU_MAX, "one vCPU a CPU: no VM has too many");
    if (vcpu->vm >= image_count(image, IMAGE_VM))
        return "names no VM";
    if (vcpu->cpu >= image_count(image, IMAGE_CPU))
        return "names no CPU";
    if ((vcpu->mpidr & ~MPIDR_AFFINITY) != 0)
        return "has more in its MPIDR than affinity";
    if (!RULE_PAD(vcpu))
        return "has padding";
    if (RULE_ANY(image, vcpu, index, other->cpu == vcpu->cpu))
        return "shares its CPU with another";
    if (RULE_ANY(image, vcpu, index, other->vm == vcpu->vm && other->mpidr == vcpu->mpidr))
        return "has the MPIDR of another of its VM";
    if (RULE_APART(image, vcpu, index, vm))
        return "is apart from the others of its VM";
    return NULL;
}

const char *rule_region(const struct image *image, uint32_t index)
{
    const struct image_region *region = image_region(image, index);

    if (region->vm >= image_count(image, IMAGE_VM))
        return "names no VM";
    if (!rule_range(region->ipa, region->size, IMAGE_PAGE, UINT64_C(1) << IPA_BITS) ||
        region->pa % IMAGE_BLOCK != 0)
        return "is empty, misaligned or out of range";
    if ((region->flags & ~(REGION_WRITE | REGION_EXECUTE)) != 0 || !RULE_PAD(region))
        return "has unknown flags or padding";
    if (RULE_ANY(image, region, index,
                 other->vm == region->vm &&
                     rule_overlap(other->ipa, other->size, region->ipa, region->size)))
        return "overlaps another of its VM";
    return rule_owner(image, 1 + image_count(image, IMAGE_VM) + index);
}

const char *rule_load(const struct image *image, uint32_t index)
{
    const struct image_load *load = image_load(image, index);

    if (load->vm >= image_count(image, IMAGE_VM))
        return "names no VM";
    if (load->size == 0 || !rule_blob(image, load->offset, load->size))
        return "has no bytes, or not in the payload";
    if (!RULE_PAD(load))
        return "has padding";
    if (!RULE_ANY(image, region, image_count(image, IMAGE_REGION),
                  other->vm == load->vm &&
                      rule_covers(other->ipa, other->size, load->ipa, load->size)))
        return "is not within one region of its VM";
    if (RULE_ANY(image, load, index,
                 other->vm == load->vm &&
                     rule_overlap(other->ipa, other->size, load->ipa, load->size)))
        return "overlaps another of its VM";
    return NULL;
}
