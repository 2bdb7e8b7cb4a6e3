# SPDX-License-Identifier: BSD-2-Clause
"""Where everything lies in physical memory: behind the image the kernel's pool, the servers, the
VMs' pools and the VMs' memory, in whole blocks of 2 MiB because a block has one owner. pack.py
calls memory_plan; `skerry pack` prints the plan."""

from .image import align, overlaps
from .schema import BLOCK, PAGE, POOL_MAX, Problem

GIB = 1 << 30
LOAD_OFFSET = 2 << 20  # QEMU keeps the first 2 MiB of RAM for its own boot code
BOOT_MAP = 2 * GIB     # what kernel/start.S maps: the GiB that the kernel is in, and the next


class Plan:
    """Physical addresses, and `areas` for print: (address, size, what)."""

    def __init__(self):
        self.kernel_pool, self.servers, self.vms, self.areas = 0, [], [], []


class _Allocator:
    """First fit, upwards, in blocks."""

    def __init__(self, machine, used):
        self.end = machine.ram_base + machine.memory
        self.areas = [(machine.ram_base, used - machine.ram_base, "kernel and payload")]

    def _fits(self, start, size):
        return start + size <= self.end and not any(
            overlaps(start, size, address, length) for address, length, _ in self.areas)

    def take(self, size, what, congruent=None):
        """An address for `size` bytes. With `congruent`, one that is equal to it modulo 1 GiB if
        there is room, so that stage 2 can use blocks of 1 GiB."""
        size = align(size, BLOCK)
        starts = sorted(align(address + length, BLOCK) for address, length, _ in self.areas)
        if congruent is not None:
            starts = [start + (congruent - start) % GIB for start in starts] + starts
        for start in starts:
            if self._fits(start, size):
                self.areas.append((start, size, what))
                return start
        taken = sum(length for _, length, _ in self.areas)
        raise Problem("machine.memory", f"no room for {what} ({size >> 20} MiB; "
                      f"{taken >> 20} MiB are taken)",
                      f"raise it by {size >> 20} MiB or more (--memory), or give the VMs less")


def memory_check(system):
    """Before the VMs' files are read: they may be as large as the VMs' memory."""
    size = sum(align(region.size, BLOCK) for vm in system.vms for region in vm.memory)
    if size > system.machine.memory:
        raise Problem("machine.memory", f"the VMs' memory alone takes {size >> 20} MiB",
                      "raise it (--memory), or give the VMs less")


def _reach_check(machine, image_end):
    """The kernel reads all of its payload before it has tables of its own."""
    start = machine.ram_base + LOAD_OFFSET
    most = start // GIB * GIB + BOOT_MAP - start
    if image_end > start + most:
        raise Problem("system", f"its image would have {(image_end - start) >> 20} MiB",
                      f"the kernel takes {most >> 20}: give the VMs smaller files")


def memory_plan(system, server_sizes, image_end):
    """`server_sizes` in bytes; `image_end` is the first address after kernel and payload."""
    machine, plan = system.machine, Plan()
    _reach_check(machine, image_end)
    if image_end > machine.ram_base + machine.memory:
        raise Problem("machine.memory", f"the image alone takes "
                      f"{(image_end - machine.ram_base) >> 20} MiB", "raise it (--memory)")
    allocator = _Allocator(machine, align(image_end, BLOCK))
    plan.kernel_pool = allocator.take(machine.kernel_pool, "kernel's pool")
    for server, size in zip(system.servers, server_sizes):
        plan.servers.append(allocator.take(size, f"server {server.name}"))
    for vm in system.vms:
        pool = allocator.take(vm.pool, f"VM {vm.name}: pool")
        regions = []
        for region in vm.memory:
            whole = region.size >= GIB and region.address % BLOCK == 0
            congruent = region.address if whole else None
            regions.append(allocator.take(region.size, f"VM {vm.name}: {region.address:#x}",
                                          congruent))
        plan.vms.append((pool, regions))
    plan.areas = sorted(allocator.areas)
    return plan


def _units(start, size, unit):
    """The numbers of the units that an area touches."""
    return range(start // unit, (start + size - 1) // unit + 1)


def _table_pages(vm, windows, places):
    """Pages that the kernel takes out of a VM's pool: pagetable.c, window.c."""
    middle, leaves = set(), set()
    for region, pa in zip(vm.memory, places):
        start, end = region.address, region.address + region.size
        middle.update(unit for unit in _units(start, region.size, GIB)
                      if (start - pa) % GIB or unit * GIB < start or (unit + 1) * GIB > end)
        if start % BLOCK:
            leaves.update(_units(start, region.size, BLOCK))
        elif end % BLOCK:
            leaves.add(end // BLOCK)
    count = align(2 + len(middle) + len(leaves), 2) + 2  # each root is a pair
    for unit in (GIB, BLOCK):
        count += len(set().union(*(_units(window.ipa, window.size, unit) for window in windows)))
    return count


def memory_pools(system, plan):
    """Each VM's tables fit in its pool."""
    for vm, (_, places) in zip(system.vms, plan.vms):
        windows = [window for window in system.windows if window.vm is vm]
        size = _table_pages(vm, windows, places) * PAGE
        if size > vm.pool:
            remedy = f"enlarge it to {align(size, BLOCK):#x}, or align what is large"
            if size > POOL_MAX:
                remedy = f"a pool is at most {POOL_MAX:#x}: make the windows smaller"
            raise Problem(vm.at("pool"), f"tables for its memory and windows take {size >> 10} KiB",
                          remedy)
