# SPDX-License-Identifier: BSD-2-Clause
"""From the name of a system to an image file: finds descriptions, fetches what they need, packs,
prints where everything lies, and leaves a note for the debugger. The commands and the test runner
call it; it is the only user of pack.py."""

import hashlib
import os
import pathlib
import time

from . import describe, schema, setup
from .image import align
from .memory import LOAD_OFFSET
from .schema import Problem
from .steps import Failure, plain

DESCRIPTION = "system.toml"
KERNEL_PROGRAM = "kernel/kernel.elf"


def systems_find(name):
    """The description that a command's SYSTEM names: a folder of guests/, a folder, or a file."""
    if "/" in name or name.endswith(".toml"):
        path = pathlib.Path(name)
        return path / DESCRIPTION if os.path.isdir(path) else path
    path = setup.ROOT / "guests" / name / DESCRIPTION
    if not os.path.exists(path):  # Path.exists raises if the name is too long
        raise Failure(f"there is no system {name!r}; see `skerry list`, or give the path of a file")
    return path


def systems_list():
    """(name, first line of its comment) of each system of this repository."""
    for path in sorted((setup.ROOT / "guests").glob(f"*/{DESCRIPTION}")):
        comments = [line[1:].strip() for line in path.read_text(encoding="utf-8").splitlines()
                    if line.startswith("#") and "SPDX" not in line]
        yield path.parent.name, comments[0] if comments else ""


def _failure(path, problem):
    shown = min(str(path), os.path.relpath(path), key=len)
    return Failure(f"{plain(shown)}: {problem}")


def systems_fetch(path):
    """Fetches the Debian packages that a description needs, so that a later pack finds them."""
    try:
        system = describe.describe_load(path)
    except Problem as problem:
        raise _failure(path, problem) from problem
    for vm in system.vms:
        for name in [vm.kernel.file] + [load.file for load in vm.loads]:
            if name.startswith("debian:") and name[7:] in setup.DEBIAN_FILES:
                setup.setup_debian_file(name[7:])
        if vm.initrd is not None:
            for package in ["busybox-static"] * vm.initrd.busybox + list(vm.initrd.packages):
                setup.setup_guest_package(package)


class Image:
    """A packed system on disk."""

    def __init__(self, path, system, packed, seconds):
        self.path, self.system, self.packed, self.seconds = path, system, packed, seconds


def _write(output, content):
    """All of it or nothing; a device or pipe is written to, not replaced."""
    try:
        if os.path.exists(output) and not os.path.isfile(output):
            output.write_bytes(content)
            return
        part = output.parent / f"{output.name}.{os.getpid()}"
        try:
            part.write_bytes(content)
            part.rename(output)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise Failure(f"{output}: {error.strerror}") from error


def systems_pack(path, output=None, overrides=None, change=None, kernel=None):
    """Compiles the description at `path` into `output` (default: a file of the build folder).
    `change` may alter what was read before it is packed, `kernel` be another of the build's."""
    from . import pack  # needs python3-libfdt and python3-pyelftools, which set-up installs
    start = time.monotonic()
    try:
        system = describe.describe_load(path, **(overrides or {}))
        if change is not None:
            change(system)
        packed = pack.pack_system(system, kernel or pack.KERNEL_BINARY)
    except Problem as problem:
        raise _failure(path, problem) from problem
    if output is None:
        folder = setup.build_folder() / "images"
        folder.mkdir(parents=True, exist_ok=True)
        name = path.parent.name if path.name == DESCRIPTION else path.stem
        output = folder / f"{name or 'system'}.img"
    if os.path.exists(output) and os.path.samefile(output, path):
        raise Failure(f"{output}: it is the description itself; give the image another name")
    _write(pathlib.Path(output), packed.content)
    return Image(pathlib.Path(output), system, packed, time.monotonic() - start)


# Where start.S maps the kernel, PA added: with VHE, and on the CPUs that have none.
KERNEL_BASE, KERNEL_BASE_NO_VHE = 0xffffff8000000000, 0x8000000000
CPUS_NO_VHE = ("cortex-a35", "cortex-a53", "cortex-a57", "cortex-a72")


def systems_symbols(image, cpu):
    """Writes what tools/gdb/skerry.py reads: a line for each program, `WHAT OFFSET PATH`."""
    base = KERNEL_BASE_NO_VHE if cpu in CPUS_NO_VHE else KERNEL_BASE
    base += image.system.machine.ram_base + LOAD_OFFSET
    lines = [f"kernel {base:#x} {setup.build_folder() / KERNEL_PROGRAM}"]
    lines += [f"server {program.base:#x} {program.path}" for program in image.packed.programs]
    lines += [f"guest 0x0 {loaded.program}" for loaded in image.packed.guests if loaded.program]
    path = image.path.with_suffix(".symbols")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", errors="surrogateescape")
    return path


def _size(count):
    return f"{count >> 10:,} KiB"


def systems_print(image):
    """The memory map, what each server and VM takes, hashes and the time of the pack."""
    packed, system = image.packed, image.system
    print("physical memory:")
    for address, size, what in packed.plan.areas:
        print(f"  {address:#014x}  {_size(size):>14}  {what}")
    print("servers (image kept for restarts; memory while running; boundary):")
    for server, program in zip(system.servers, packed.programs):
        resident = sum(align(len(segment.content), schema.PAGE) for segment in program.segments)
        running = sum(align(segment.size, schema.PAGE) for segment in program.segments)
        digest = hashlib.sha256(program.path.read_bytes()).hexdigest()
        print(f"  {server.name:16} {_size(resident):>9} {_size(running):>9}  {server.boundary}  "
              f"at {program.base:#x}  sha256 {digest[:16]}")
    print("VMs (image kept for resets; memory; quota for tables):")
    for vm, loaded in zip(system.vms, packed.guests):
        kept = sum(len(piece.content) for piece in loaded.pieces)
        print(f"  {vm.name:16} {_size(kept):>9} "
              f"{_size(sum(region.size for region in vm.memory)):>12} {_size(vm.pool):>9}  "
              f"{vm.vcpus} vCPU on CPU {','.join(map(str, vm.cpus))}")
    print(f"longest chain of visits of one access, by their budget_us: {_chain(system)} us")
    print(f"kernel: sha256 {packed.kernel_digest}")
    print(f"{image.path}: {_size(len(packed.content))}, packed in {image.seconds * 1000:.0f} ms")


def _chain(system):
    """Budgets added up along the costliest path of calls between servers."""
    longest = {}
    for server in system.servers:  # callees first
        longest[server.number] = server.budget_us + max(
            (longest[call.callee.number] for call in server.calls), default=0)
    return max(longest.values(), default=0)
