# SPDX-License-Identifier: BSD-2-Clause
"""What a VM's memory holds at its start: kernel, initrd, device tree, further files, and where each
goes. pack.py calls guest_load and turns the pieces into the image's load table."""

import hashlib
import os
import struct

from . import devicetree, elf, initramfs, setup
from .files import files_read
from .image import align, overlaps
from .schema import BLOCK, PAGE, Problem
from .steps import Failure

IMAGE_HEADER = struct.Struct("<IIQQQQQQII")  # Linux, Documentation/arm64/booting.rst
TEXT_OFFSET_OLD = 0x80000
TREE_ROOM = 64 << 10


class Piece:
    """Bytes at an IPA; `size` is what the guest needs there, at least the bytes."""

    def __init__(self, key, what, ipa, content, size=0):
        self.key, self.what, self.ipa, self.content = key, what, ipa, content
        self.size = max(size, len(content))


class Guest:
    """The result: pieces, the entry point and x0 of vCPU 0; the path of a program with symbols."""

    def __init__(self):
        self.pieces, self.entry, self.argument, self.program = [], 0, 0, None


def _fetched(fetch, name, key):
    try:
        return fetch(name)
    except Failure as failure:
        raise Problem(key, str(failure), "correct the name, or fetch it first") from failure


def resolve(system, name, key):
    """The path of a file that a description names: `debian:` a package's, `guest:` one of this
    repository's, else relative to the description."""
    scheme, _, rest = name.partition(":")
    if scheme == "debian":
        if rest not in setup.DEBIAN_FILES:
            raise Problem(key, f"there is no {name!r}",
                          "use debian: with one of " + ", ".join(setup.DEBIAN_FILES))
        return _fetched(setup.setup_debian_file, rest, key)
    if scheme == "guest":
        folder = setup.build_folder() / "guests"
        for path in (folder / f"{rest}.elf", folder / rest / f"{rest}.elf"):
            if os.path.exists(path):  # Path.exists raises if the name is too long
                return path
        raise Problem(key, f"there is no guest {rest!r}",
                      "use a folder's name of guests/, or build first")
    return system.folder / name


def _is_image(content):
    return len(content) >= IMAGE_HEADER.size and content[56:60] == b"ARM\x64"


def _format(content):
    if content[:4] == b"\x7fELF":
        return "elf"
    return "image" if _is_image(content) else "raw"


def _linux_image(vm, content, key):
    if not _is_image(content):
        raise Problem(f"{key}.format", "the file has no header of an arm64 Image",
                      'use format = "raw" or "elf"')
    _, _, text_offset, image_size, *_ = IMAGE_HEADER.unpack_from(content)
    if image_size == 0:  # made for a Linux before 3.17: booting.rst
        text_offset = TEXT_OFFSET_OLD
    address = vm.kernel.address
    if address is None:
        address = align(vm.memory[0].address, BLOCK) + text_offset
    if (address - text_offset) % BLOCK:
        raise Problem(f"{key}.address",
                      f"{address:#x} is not {text_offset:#x} above a 2 MiB boundary",
                      "leave the key out, or correct it")
    return [Piece(key, "kernel", address, content, image_size)], address


def _kernel(system, vm, guest):
    key = vm.kernel.key
    path = resolve(system, vm.kernel.file, f"{key}.file")
    content = files_read(path, f"{key}.file")
    form = vm.kernel.format or _format(content)
    if form == "elf":
        if vm.kernel.address is not None:
            raise Problem(f"{key}.address", "an ELF file says itself where it goes",
                          "remove the key")
        guest.program = path
        segments, entry = elf.elf_pieces(path, f"{key}.file")
        pieces = [Piece(key, "kernel", segment.address, bytes(segment.content), segment.size)
                  for segment in segments]
    elif form == "image":
        pieces, entry = _linux_image(vm, content, key)
    else:
        if vm.kernel.address is None:
            raise Problem(f"{key}.address", "the key is missing", "a raw file needs it")
        pieces, entry = [Piece(key, "kernel", vm.kernel.address, content)], vm.kernel.address
    guest.pieces += pieces
    guest.entry = entry if vm.kernel.entry is None else vm.kernel.entry


def _initrd_content(system, vm):
    initrd = vm.initrd
    if (initrd.file is None) != initrd.busybox:
        raise Problem(initrd.key, "it needs one of file and busybox",
                      "name a file, or set busybox = true")
    if initrd.file is not None:
        for name in ("init", "packages", "programs"):
            if getattr(initrd, name):
                raise Problem(f"{initrd.key}.{name}", "it goes with busybox only", "remove it")
        return files_read(resolve(system, initrd.file, f"{initrd.key}.file"), f"{initrd.key}.file")
    init = system.folder / initrd.init if initrd.init else setup.ROOT / "guests/linux/init"

    def package_folder(package):
        return _fetched(setup.setup_guest_package, package, f"{initrd.key}.packages")

    return initramfs.initramfs_make(init, package_folder, initrd.packages, initrd.programs,
                                    initrd.key)


def _tree_default(vm):
    """In the last whole 64 KiB of the first region, or what it has of them: an initrd goes below,
    and no 2 MiB boundary is crossed, which old kernels mind."""
    region = vm.memory[0]
    top = region.address + region.size
    whole = (top // TREE_ROOM - 1) * TREE_ROOM
    return whole if whole >= region.address else (top - 1) // TREE_ROOM * TREE_ROOM


def _tree_address(vm):
    if vm.device_tree is not None and vm.device_tree.address is not None:
        return vm.device_tree.address
    return _tree_default(vm)


def _tree_and_initrd(system, vm, guest):
    tree_address = _tree_address(vm)
    initrd = None
    if vm.initrd is not None:
        content = _initrd_content(system, vm)
        address = vm.initrd.address
        if address is None:
            region = vm.memory[0]
            top = region.address + region.size
            if region.address <= tree_address < top < tree_address + 2 * TREE_ROOM:
                top = tree_address
            address = max(top - len(content), 0) // PAGE * PAGE
        initrd = Piece(vm.initrd.key, "initrd", address, content)
        guest.pieces.append(initrd)
    if vm.device_tree is not None and vm.device_tree.file is not None:
        key = f"{vm.device_tree.key}.file"
        tree = files_read(resolve(system, vm.device_tree.file, key), key)
        devicetree.devicetree_check(tree, key)
    else:
        seed = hashlib.sha512(system.seed + vm.name.encode()).digest()
        tree = devicetree.devicetree_make(vm, initrd, seed)
    if len(tree) > TREE_ROOM and tree_address == _tree_default(vm):
        raise Problem(vm.at("device_tree.address"),
                      f"the device tree has {len(tree):,} bytes, and there are {TREE_ROOM:,}",
                      "give it another address, or shorten command_line")
    key = vm.at("memory[0]") if vm.device_tree is None else vm.device_tree.at("address")
    guest.pieces.append(Piece(key, "device tree", tree_address, tree))
    guest.argument = tree_address


def _check(vm, guest):
    """Every piece lies in one region and none on another."""
    for n, piece in enumerate(guest.pieces):
        end = piece.ipa + piece.size
        if not any(region.address <= piece.ipa and end <= region.address + region.size
                   for region in vm.memory):
            raise Problem(piece.key, f"the {piece.what} at {piece.ipa:#x} to {end:#x} lies outside "
                          "the VM's memory", f"enlarge {vm.at('memory')}, or correct the address")
        for other in guest.pieces[:n]:
            if overlaps(piece.ipa, piece.size, other.ipa, other.size):
                remedy = f"enlarge {vm.at('memory')}, or correct an address"
                raise Problem(piece.key, f"the {piece.what} at {piece.ipa:#x} overlaps the "
                              f"{other.what} at {other.ipa:#x}",
                              "link it again" if piece.what == other.what == "kernel" else remedy)
    if not any(region.execute and region.address <= guest.entry < region.address + region.size
               for region in vm.memory):
        raise Problem(vm.kernel.at("entry"), f"{guest.entry:#x} is not in memory to execute from",
                      "correct the address, or set execute = true")
    if guest.entry % 4:
        raise Problem(vm.kernel.at("entry"), f"{guest.entry:#x} is not a multiple of 4",
                      "correct the address")


def guest_load(system, vm):
    guest = Guest()
    _kernel(system, vm, guest)
    for load in vm.loads:
        _check(vm, guest)  # before another file is read: all of them lie in the VM's memory
        content = files_read(resolve(system, load.file, load.at("file")), load.at("file"))
        guest.pieces.append(Piece(load.key, "file", load.address, content))
    _tree_and_initrd(system, vm, guest)
    guest.pieces = [piece for piece in guest.pieces if piece.size]
    _check(vm, guest)
    return guest
