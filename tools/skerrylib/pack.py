# SPDX-License-Identifier: BSD-2-Clause
"""Compiles a checked description into skerry.img: the kernel's binary, then the payload of
include/skerry/image.h. Decides where everything lies in physical memory and in servers' ranges.
The command `pack` and every boot call pack_system; the kernel's own file is never changed."""

import hashlib
import struct

from . import devicetree, elf, guest, image, memory, setup
from .devices import PHYSICAL_TIMER_PPI, VIRTUAL_TIMER_PPI
from .image import align
from .schema import PAGE, Problem

KERNEL_BINARY = "kernel/skerry.bin"
IMAGE_SIZE_OFFSET = 16  # of image_size in a Linux Image header
IMAGE_MAGIC_OFFSET, IMAGE_MAGIC = 56, b"ARM\x64"

SERVER_RANGE = 1 << 32  # server n stands at (n + 1) << 32: an address names its server
STACKS = 0x4000_0000    # in a server's range, one page left out below each stack
FRAMES = 0x8000_0000


class Packed:
    """The result: the image's bytes, what went into it, and the memory's plan."""

    def __init__(self):
        self.content, self.plan, self.kernel_digest = b"", None, ""
        self.programs = []  # elf.Server of each server
        self.guests = []    # guest.Guest of each VM


def _read_kernel(name):
    path = setup.build_folder() / name
    if not path.exists():
        raise Problem("kernel", f"{path}: there is no such file", "build it with ninja")
    content = path.read_bytes()
    if content[IMAGE_MAGIC_OFFSET:IMAGE_MAGIC_OFFSET + 4] != IMAGE_MAGIC:
        raise Problem("kernel", f"{path} has no header of an arm64 Image", "build it again")
    return content


def _program_path(system, server):
    name = server.program or server.name
    if "/" in name or name.endswith(".elf"):
        return system.folder / name
    return setup.build_folder() / "servers" / f"{name}.elf"


def _config(system, server):
    """struct server_config: what the server may know of the VMs that it serves."""
    serves = {thing.vm.number for thing in system.windows + system.sysregs + system.smcccs
              + system.lines + system.rights if thing.server is server}
    content = struct.pack("<II", len(system.vms), system.machine.cpus)
    for number in range(image.VM_MAX):
        if number not in serves:
            content += bytes(8 + 8 * image.VCPU_MAX)
            continue
        vm = system.vms[number]
        spis = [line.intid for line in system.lines if line.vm is vm]
        spis += [route.virtual for route in vm.routes]
        mpidrs = [devicetree.mpidr(vcpu) for vcpu in range(vm.vcpus)]
        content += struct.pack(f"<II{image.VCPU_MAX}Q", vm.vcpus,
                               align(max(spis, default=0) + 1, 32) if max(spis, default=0) > 63
                               else 64,
                               *mpidrs, *[0] * (image.VCPU_MAX - vm.vcpus))
    return content


def _check_entries(system, server, program):
    """A server that the description lets be visited has the entry point for it."""
    visited = [thing.key for thing in system.windows + system.sysregs + system.smcccs
               if thing.server is server]
    called = [call.key for caller in system.servers for call in caller.calls
              if call.callee is server]
    noticed = [interrupt.key for interrupt in server.interrupts]
    for keys, *names in ((visited, "access"), (called, "called", "notified"),
                         (noticed, "notified")):
        if keys and all(program.entry(name) is None for name in names):
            missing = " or ".join(f"server_{name}" for name in names)
            raise Problem(keys[0], f"server {server.name} has no function {missing}",
                          "write it, or name another server")


def _load_program(system, server):
    key = server.at("program")
    program = elf.Server(_program_path(system, server), key)
    if not server.fp:
        program.check_v_registers()
    if program.size() > STACKS - PAGE:
        raise Problem(key, f"{program.path.name} takes 1 GiB or more", "make it smaller")
    program.base = (server.number + 1) * SERVER_RANGE
    program.relocate(program.base)
    for name, value in server.set.items():
        program.set(name, struct.pack("<Q", value), f"{server.at('set')}.{name}")
    va = FRAMES
    for frame in server.frames:
        frame.va = program.base + va
        if frame.symbol:
            program.set(frame.symbol, struct.pack("<Q", frame.va), f"{frame.key}.symbol")
        va += frame.size + PAGE
    if va > SERVER_RANGE:
        raise Problem(server.at("frames"), "they take more than 2 GiB", "map less")
    if "server_config" in program.symbols:
        program.set("server_config", _config(system, server), key)
    _check_entries(system, server, program)
    return program


def _stacks(system, server):
    """(offset in the range, size) of each stack, with a guard page between."""
    count = system.machine.cpus if server.concurrent else 1
    stride = server.stack + PAGE
    return [STACKS + n * stride for n in range(count)], stride


def _segments(system, server, program):
    """Rows of the segment table without physical addresses: (va, size, content, flags)."""
    for segment in program.segments:
        flags = ((image.SEGMENT_WRITE if segment.flags & 2 else 0)
                 | (image.SEGMENT_EXECUTE if segment.flags & 1 else 0)
                 | (image.SEGMENT_STATE if segment.state else 0))
        yield segment.address, align(segment.size, PAGE), segment.content, flags
    stacks, _ = _stacks(system, server)
    for offset in stacks:
        yield offset, server.stack, b"", image.SEGMENT_WRITE


def _add_server(payload, system, server, program, pa):
    entries = {name: program.base + program.entry(name) if program.entry(name) is not None else 0
               for name in elf.ENTRIES}
    stacks, stride = _stacks(system, server)
    payload.add("server", name=server.name, base=program.base, size=SERVER_RANGE, **entries,
                stack_top=program.base + stacks[0] + server.stack, stack_size=server.stack,
                stack_stride=stride, budget_us=server.budget_us,
                boundary=image.BOUNDARIES.index(server.boundary),
                policy=image.POLICIES.index(server.policy),
                next_policy=image.POLICIES.index(server.next_policy), restarts=server.restarts,
                flags=(image.SERVER_FP if server.fp else 0)
                | (image.SERVER_CONCURRENT if server.concurrent else 0)
                | (image.SERVER_LOG if server.log else 0))
    for va, size, content, flags in _segments(system, server, program):
        payload.add("segment", va=program.base + va, pa=pa, size=size,
                    offset=payload.blob(content) if content else 0, file_size=len(content),
                    server=server.number, flags=flags)
        pa += size
    for frame in server.frames:
        payload.add("frame", va=frame.va, pa=frame.address, size=frame.size, server=server.number,
                    flags=(image.FRAME_WRITE if frame.write else 0)
                    | (image.FRAME_DMA if frame.dma_trusted else 0))
    for interrupt in server.interrupts:
        payload.add("interrupt", intid=interrupt.intid, server=server.number, bit=interrupt.bit,
                    cpu=interrupt.cpu, flags=image.INTERRUPT_EDGE if interrupt.edge else 0)
    for call in server.calls:
        payload.add("edge", right=call.right, caller=server.number, callee=call.callee.number)


def _add_vm(payload, vm, loaded, places):
    pool, regions = places
    payload.add("vm", name=vm.name, entry=loaded.entry, argument=loaded.argument, pool_pa=pool,
                pool_size=vm.pool)
    for number, cpu in enumerate(vm.cpus):
        payload.add("vcpu", mpidr=devicetree.mpidr(number), vm=vm.number, cpu=cpu)
    for region, pa in zip(vm.memory, regions):
        payload.add("region", ipa=region.address, pa=pa, size=region.size, vm=vm.number,
                    flags=(image.REGION_WRITE if region.write else 0)
                    | (image.REGION_EXECUTE if region.execute else 0))
    for piece in loaded.pieces:
        if piece.content:
            payload.add("load", ipa=piece.ipa, offset=payload.blob(piece.content),
                        size=len(piece.content), vm=vm.number)
    if vm.timer:
        for ppi in (VIRTUAL_TIMER_PPI, PHYSICAL_TIMER_PPI):
            payload.add("route", intid=ppi, virtual_intid=ppi, vm=vm.number)
    for route in vm.routes:
        payload.add("route", intid=route.intid, virtual_intid=route.virtual, vm=vm.number,
                    flags=image.INTERRUPT_EDGE if route.edge else 0)


def _add_wiring(payload, system):
    def who(thing):
        return {"vm": thing.vm.number, "server": thing.server.number}

    for window in system.windows:
        payload.add("window", ipa=window.ipa, size=window.size, offset=window.offset,
                    right=window.right, **who(window))
    for sysreg in system.sysregs:
        payload.add("sysreg", encoding=sysreg.encoding, right=sysreg.right, **who(sysreg))
    for smccc in system.smcccs:
        payload.add("smccc", first=smccc.first, last=smccc.last, right=smccc.right, **who(smccc))
    for line in sorted(system.lines, key=lambda line: line.server.number):
        payload.add("line", intid=line.intid, handle=line.handle, vcpu=line.vcpu, **who(line))
    for right in system.rights:
        payload.add("right", rights=right.rights, **who(right))


def _add_blobs(payload, programs, guests):
    """All bytes first: they alone decide how large the image is, and so where memory begins."""
    for loaded in guests:
        for piece in loaded.pieces:
            if piece.content:
                payload.blob(piece.content)
    for program in programs:
        for segment in program.segments:
            if segment.content:
                payload.blob(segment.content)


def _add_tables(payload, system, packed):
    machine, plan = system.machine, packed.plan
    payload.add("machine", ram_base=machine.ram_base, ram_size=machine.memory, gicd=machine.gicd,
                gicr=machine.gicr, pool_pa=plan.kernel_pool, pool_size=machine.kernel_pool,
                flags=0 if machine.fast_path else image.MACHINE_NO_FAST_PATH)
    for cpu in range(machine.cpus):
        payload.add("cpu", mpidr=devicetree.mpidr(cpu))
    for vm, loaded in zip(system.vms, packed.guests):
        _add_vm(payload, vm, loaded, plan.vms[vm.number])
    for server, program in zip(system.servers, packed.programs):
        _add_server(payload, system, server, program, plan.servers[server.number])
    _add_wiring(payload, system)


def pack_system(system, kernel=KERNEL_BINARY):
    """Raises Problem, whose text names the description's key."""
    packed, payload = Packed(), image.Payload()
    kernel = _read_kernel(kernel)
    packed.kernel_digest = hashlib.sha256(kernel).hexdigest()
    kernel = kernel.ljust(align(len(kernel), PAGE), b"\0")
    packed.programs = [_load_program(system, server) for server in system.servers]
    memory.memory_check(system)
    packed.guests = [guest.guest_load(system, vm) for vm in system.vms]
    sizes = [sum(size for _, size, _, _ in _segments(system, server, program))
             for server, program in zip(system.servers, packed.programs)]
    _add_blobs(payload, packed.programs, packed.guests)
    end = system.machine.ram_base + memory.LOAD_OFFSET + len(kernel) + payload.size()
    packed.plan = memory.memory_plan(system, sizes, end)
    memory.memory_pools(system, packed.plan)
    _add_tables(payload, system, packed)
    if (table := payload.overfull()) is not None:
        raise Problem("system", f"it has {len(payload.rows[table])} entries of the kind {table}",
                      f"the kernel takes {image.MOST[table]}: describe less")
    content = bytearray().join((kernel, payload.finish()))
    struct.pack_into("<Q", content, IMAGE_SIZE_OFFSET, len(content))
    packed.content = content
    return packed
