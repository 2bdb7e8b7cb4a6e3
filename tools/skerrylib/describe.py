# SPDX-License-Identifier: BSD-2-Clause
"""Reads a system description and checks what its keys mean for one another: names, CPUs, physical
addresses, interrupts, calls between servers. pack.py calls describe_load and gets a System whose
numbers can be trusted. Guest-visible addresses are devices.py's, files and memory pack.py's."""

import pathlib
import tomllib

from . import devices, image, schema
from .devices import GICD_SIZE, GICR_SIZE
from .image import overlaps
from .schema import Problem

TEXT_MOST = 1 << 20  # bytes of a description
DOTS_MOST = 500      # of a line: what tomllib takes grows with the square of a key's parts


class System:
    """A description that was read: `machine`, `servers`, `vms` (nodes of schema.py with `number`
    added), and what devices.py expands: `windows`, `sysregs`, `smcccs`, `lines`, `rights`."""

    def __init__(self, path, text, tables):
        self.path, self.folder = path, path.parent
        self.seed = text  # of what guests find in their trees: the same image whenever it is packed
        self.machine, self.servers, self.vms = tables.machine, tables.server, tables.vm
        self.windows, self.sysregs, self.smcccs, self.lines, self.rights = [], [], [], [], []
        for things in (self.servers, self.vms):
            for number, thing in enumerate(things):
                thing.number = number

    def server(self, name, key):
        for server in self.servers:
            if server.name == name:
                return server
        raise Problem(key, f"there is no server {name!r}",
                      "add a [[server]] of this name, or correct it")


def _names(kind, things):
    seen = {}
    for thing in things:
        if thing.name in seen:
            raise Problem(thing.at("name"), f"{thing.name!r} is also {seen[thing.name]}",
                          f"give each {kind} a name of its own")
        seen[thing.name] = thing.key


def _fixed_areas(machine):
    """Physical areas that no server may have: (start, size, what)."""
    return [(machine.ram_base, machine.memory, "RAM"),
            (machine.gicd, GICD_SIZE, "the GIC's distributor"),
            (machine.gicr, machine.cpus * GICR_SIZE, "the GIC's redistributors")]


def _machine(machine):
    areas = _fixed_areas(machine)
    for n, (start, size, what) in enumerate(areas):
        if start + size > schema.REACH:
            raise Problem(machine.at(("ram_base", "gicd", "gicr")[n]),
                          f"{what} would end at {start + size:#x}",
                          f"the kernel reaches up to {schema.REACH:#x}")
        for other_start, other_size, other in areas[:n]:
            if overlaps(start, size, other_start, other_size):
                raise Problem(machine.at("gicr" if n == 2 else "gicd"),
                              f"{what} would lie in {other}",
                              "correct it; QEMU's virt has gicd 0x08000000, gicr 0x080a0000")


# Devices of QEMU's virt that read and write memory by themselves: no SMMU is in front of them.
BUS_MASTERS = ((0x08080000, 0x20000, "the GIC's ITS"), (0x09020000, 0x1000, "fw_cfg"),
               (0x09050000, 0x20000, "the SMMU"), (0x0a000000, 0x4000, "virtio-mmio"),
               (0x0c000000, 0x02000000, "the platform bus"), (0x10000000, 0x30000000, "PCIe"),
               (0x4010000000, 0x10000000, "PCIe"), (0x8000000000, 0x8000000000, "PCIe"))


def _check_dma(frame):
    for start, size, what in BUS_MASTERS:
        if overlaps(frame.address, frame.size, start, size) and not frame.dma_trusted:
            raise Problem(f"{frame.key}.address",
                          f"{what} at {frame.address:#x} may write to all RAM",
                          "if its server is trusted with that, say dma_trusted = true")


def _frames(system):
    areas = _fixed_areas(system.machine)
    for server in system.servers:
        for frame in server.frames:
            if frame.address + frame.size > schema.ADDRESS + 1:
                raise Problem(f"{frame.key}.size", "the frame ends above 2^48",
                              "physical addresses have 48 bits")
            for start, size, what in areas:
                if overlaps(frame.address, frame.size, start, size):
                    raise Problem(f"{frame.key}.address", f"{frame.address:#x} belongs to {what}",
                                  "give the address of a device")
            _check_dma(frame)
            areas.append((frame.address, frame.size, f"server {server.name}"))
        symbols = [frame.symbol for frame in server.frames if frame.symbol] + list(server.set)
        for symbol in symbols:
            if symbols.count(symbol) > 1:
                raise Problem(server.at("frames"), f"variable {symbol!r} is set twice",
                              "keep one of frames.symbol and set")


def _interrupts(system):
    owners = {}
    for server in system.servers:
        bits = set()
        for interrupt in server.interrupts:
            if interrupt.intid in owners:
                raise Problem(f"{interrupt.key}.intid",
                              f"{interrupt.intid} already belongs to {owners[interrupt.intid]}",
                              "an interrupt has one owner")
            if interrupt.bit in bits:
                raise Problem(f"{interrupt.key}.bit", f"bit {interrupt.bit} is taken",
                              "give each interrupt of a server a bit of its own")
            if interrupt.cpu >= system.machine.cpus:
                raise Problem(f"{interrupt.key}.cpu", f"there is no CPU {interrupt.cpu}",
                              f"use 0 to {system.machine.cpus - 1}, or raise machine.cpus")
            owners[interrupt.intid] = f"server {server.name}"
            bits.add(interrupt.bit)
    for vm in system.vms:
        for route in vm.routes:
            if route.intid in owners:
                raise Problem(f"{route.key}.intid",
                              f"{route.intid} already belongs to {owners[route.intid]}",
                              "an interrupt has one owner")
            owners[route.intid] = f"VM {vm.name}"


def _cycle(left, edges):
    """Each of `left` calls one of them: whoever follows the calls comes to a cycle."""
    path = [left[0]]
    while True:
        callee = next(other for other in left if other.number in edges[path[-1].number])
        if callee in path:
            return path[path.index(callee):]
        path.append(callee)


def _calls(system):
    edges = {server.number: [] for server in system.servers}
    for server in system.servers:
        for call in server.calls:
            callee = system.server(call.server, f"{call.key}.server")
            if callee.number in edges[server.number]:
                raise Problem(f"{call.key}.server", f"{call.server} is listed twice",
                              "one entry a callee is enough")
            edges[server.number].append(callee.number)
            call.callee = callee
    # The kernel wants callees before their callers; if none can go next, the rest is a cycle.
    left, order = list(system.servers), []
    while left:
        done = [server for server in left
                if not any(other.number in edges[server.number] for other in left)]
        if not done:
            cycle = _cycle(left, edges)
            names = ", ".join(server.name for server in cycle)
            raise Problem(cycle[0].at("calls"), f"the calls of {names} form a cycle",
                          "take one of the calls out")
        order.append(done[0])
        left.remove(done[0])
    system.servers = order
    for number, server in enumerate(order):
        server.number = number


def _log(system):
    servers = [server for server in system.servers if server.log]
    if len(servers) > 1:
        raise Problem(servers[1].at("log"), f"server {servers[0].name} drains the log already",
                      "set log = true for one server")


def _policies(system):
    serving = {device.server for vm in system.vms for device in vm.device}
    for server in system.servers:
        for key in ("policy", "next_policy"):
            if getattr(server, key) == "stop-vm" and server.name not in serving:
                raise Problem(server.at(key),
                              "it would stop no VM: none has a device of this server",
                              "use restart or halt, or give its callers this policy")


def _cpus(system):
    """Gives every vCPU a CPU: the VM's own list, or the lowest CPUs that are free."""
    listed = [cpu for vm in system.vms for cpu in vm.cpus or ()]
    free = [cpu for cpu in range(system.machine.cpus) if cpu not in listed]
    taken = {}
    for vm in system.vms:
        if vm.cpus is None:
            if len(free) < vm.vcpus:
                raise Problem(vm.at("vcpus"), f"{vm.vcpus} vCPUs find {len(free)} free CPUs",
                              "raise machine.cpus (--smp)")
            vm.cpus, free = free[:vm.vcpus], free[vm.vcpus:]
        if len(vm.cpus) != vm.vcpus:
            raise Problem(vm.at("cpus"), f"{len(vm.cpus)} CPUs for {vm.vcpus} vCPUs",
                          "list one CPU for each vCPU")
        for cpu in vm.cpus:
            if cpu >= system.machine.cpus:
                raise Problem(vm.at("cpus"), f"there is no CPU {cpu}",
                              f"use 0 to {system.machine.cpus - 1}, or raise machine.cpus")
            if cpu in taken:
                raise Problem(vm.at("cpus"), f"CPU {cpu} already runs VM {taken[cpu]}",
                              "a CPU runs one vCPU")
            taken[cpu] = vm.name


def _stacks(system):
    """A server has one, a concurrent one one a CPU."""
    count = 0
    for server in system.servers:
        count += system.machine.cpus if server.concurrent else 1
        if count > image.STACK_TOTAL:
            raise Problem(server.at("concurrent"), f"up to this server there are {count} stacks",
                          f"the kernel has {image.STACK_TOTAL}: "
                          "a concurrent server takes one a CPU")


def _memory(vm):
    for n, region in enumerate(vm.memory):
        if region.address + region.size > schema.IPA_END:
            raise Problem(region.at("size"), "the region ends above 2^40",
                          "guest addresses have 40 bits")
        for other in vm.memory[:n]:
            if overlaps(region.address, region.size, other.address, other.size):
                raise Problem(region.at("address"), f"it overlaps {other.key}",
                              "move one of them")


def describe_check(system):
    _names("server", system.servers)
    _names("VM", system.vms)
    _machine(system.machine)
    _frames(system)
    _interrupts(system)
    _calls(system)
    _log(system)
    _policies(system)
    _cpus(system)
    _stacks(system)
    for vm in system.vms:
        _memory(vm)
        devices.devices_expand(system, vm)
    devices.devices_check(system)


def describe_load(path, **overrides):
    """Reads the file at `path`. `overrides` replace keys of [machine] and, as `boundary`, that of
    every server; None leaves a key alone. Raises Problem."""
    path = pathlib.Path(path)
    try:
        with open(path, "rb") as file:
            text = file.read(TEXT_MOST + 1)
    except OSError as error:
        raise Problem("file", f"{error.strerror}",
                      "check the path, or see `skerry list`") from error
    if len(text) > TEXT_MOST:
        raise Problem("file", "it is larger than 1 MiB", "name a system description")
    for number, line in enumerate(text.split(b"\n"), 1):
        if line.count(b".") > DOTS_MOST:
            raise Problem("TOML", f"line {number} has more than {DOTS_MOST} dots", "break it")
    try:
        parsed = tomllib.loads(text.decode())
    except (ValueError, RecursionError) as error:  # numbers too long, arrays too deep, too
        raise Problem("TOML", f"{error}", "see docs/system.md for examples") from error
    tables = schema.SYSTEM.read(parsed)
    boundary = overrides.pop("boundary", None)
    for name, value in overrides.items():
        if value is not None:
            kind = schema.MACHINE.keys[name]
            setattr(tables.machine, name, kind.read(value, tables.machine.at(name)))
    for server in tables.server:
        server.boundary = boundary or server.boundary
    system = System(path, text, tables)
    describe_check(system)
    return system
