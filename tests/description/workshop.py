# SPDX-License-Identifier: BSD-2-Clause
"""Makes the files that the descriptions of this folder name: programs, good and odd, and guests; in
a folder that looks like a build folder, so that no real kernel is needed. run.py calls it."""

import os
import pathlib
import struct
import subprocess
import sys

from elftools.elf.elffile import ELFFile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tools"))

COMPILER = "aarch64-linux-gnu-gcc"
LIBVMM = [ROOT / "libvmm/start.S", ROOT / "libvmm/server.c"]
SERVER_FLAGS = ["-std=gnu17", "-O2", "-ffreestanding", "-fno-common", "-mgeneral-regs-only",
                "-fPIE", "-fvisibility=hidden", "-fno-stack-protector", "--specs=picolibc.specs",
                "-I", ROOT / "include", "-I", ROOT / "libvmm"]
LINK_FLAGS = ["-nostartfiles", "-static-pie", "-Wl,--no-dynamic-linker", "-Wl,-z,noexecstack",
              "-Wl,-z,norelro", "-Wl,--build-id=none", "-Wl,--no-warn-rwx-segments"]
SCRIPT = ["-T", ROOT / "libvmm/server.ld"]
ODD = {"no-entry": "-DNO_ENTRY", "large": "-DLARGE", "v-register": "-DV_REGISTER",
       "constant": "-DCONSTANT"}


def _call(*command):
    subprocess.run([str(word) for word in command], check=True)


def _image_header(image_size):
    return struct.pack("<IIQQQQQQII", 0, 0, 0, image_size, 0, 0, 0, 0, 0x644d5241, 0)


def _patched(folder):
    """Copies of device.elf with one field changed to what no linker script of ours would give."""
    content = (folder / "device.elf").read_bytes()
    headers, = struct.unpack_from("<Q", content, 32)  # e_phoff; the first is the text's
    with open(folder / "device.elf", "rb") as file:
        elf = ELFFile(file)
        relocations = elf.get_section_by_name(".rela.dyn")["sh_offset"]
        note = elf.get_section_by_name(".note.skerry")["sh_offset"]
    for name, place, form, value in (
            ("other-machine", 18, "<H", 62),           # e_machine: x86-64
            ("page-zero", headers + 16, "<Q", 0),      # p_vaddr
            ("cut-off", headers + 32, "<Q", 1 << 20),  # p_filesz
            ("more-bytes", headers + 40, "<Q", 1),     # p_memsz
            ("shared-page", headers + 40, "<Q", 4097),
            ("nothing", 56, "<H", 0),                  # e_phnum
            ("to-the-stacks", headers + 3 * 56 + 40, "<Q", 0x3fffc000),  # .state ends at 1 GiB
            ("entry-no-code", headers + 4, "<I", 4),   # p_flags
            ("state-read-only", headers + 3 * 56 + 4, "<I", 4),
            ("write-execute", headers + 4, "<I", 7),   # p_flags
            ("abi", note + 20, "<I", 2),               # behind three sizes and the name
            ("note-of-others", note + 8, "<I", 1),     # its type
            ("relocation", relocations + 8, "<I", 1025),      # R_AARCH64_GLOB_DAT
            ("relocation-outside", relocations, "<Q", 0x7000000)):  # r_offset
        changed = bytearray(content)
        struct.pack_into(form, changed, place, value)
        (folder / f"{name}.elf").write_bytes(changed)


def _linked_high(folder):
    """A guest's kernel at 0x40080000, linked for another address: its entry point is there, too."""
    virtual = 0xffff000040080000
    header = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", 2, 183, 1, virtual, 64, 0, 0,
                         64, 56, 1, 64, 0, 0)
    load = struct.pack("<IIQQQQQQ", 1, 5, 120, virtual, 0x40080000, 4, 4096, 8)
    (folder / "high.elf").write_bytes(header + load + struct.pack("<I", 0x14000000))


def _many_segments(folder, count):
    """device.elf with `count` program headers, at its end: the new ones are a page each."""
    content = bytearray((folder / "device.elf").read_bytes())
    headers, = struct.unpack_from("<Q", content, 32)
    present, = struct.unpack_from("<H", content, 56)
    struct.pack_into("<Q", content, 32, len(content))
    struct.pack_into("<H", content, 56, count)
    content += content[headers:headers + 56 * present]
    for n in range(count - present):
        content += struct.pack("<IIQQQQQQ", 1, 4, 0, 0x100000 + 4096 * n, 0, 0, 1, 4096)
    (folder / f"segments-{count}.elf").write_bytes(content)


def _strange(folder):
    """What makes pyelftools raise another error than its own, or read one part for ever."""
    content = bytearray((folder / "device.elf").read_bytes())
    names, parts = content[:300], content.copy()
    struct.pack_into("<HH", names, 60, 1, 0xffff)  # e_shnum, e_shstrndx: names in a section cut off
    (folder / "names.elf").write_bytes(names)
    sections, = struct.unpack_from("<Q", content, 40)
    struct.pack_into("<HH", content, 58, 0, 0)     # e_shentsize, e_shnum: as section 0 says
    struct.pack_into("<Q", content, sections + 32, 1 << 60)
    (folder / "endless.elf").write_bytes(content)
    count, = struct.unpack_from("<H", parts, 60)
    for n in range(1, count):                      # sh_type, sh_offset, sh_size: data, all of it
        struct.pack_into("<I", parts, sections + 64 * n + 4, 1)
        struct.pack_into("<QQ", parts, sections + 64 * n + 24, 0, len(parts))
    (folder / "overlaid.elf").write_bytes(parts)


def workshop_fill(folder):
    """Everything into `folder`, which serves as build folder and as the descriptions' own."""
    _call(COMPILER, *SERVER_FLAGS, HERE / "programs/device.c", *LIBVMM, *LINK_FLAGS, *SCRIPT,
          "-o", folder / "device.elf")
    for name, entries in (("idle", ["init"]), ("heard", ["notified"]),
                          ("all", ["init", "access", "called", "notified"])):
        source = folder / f"{name}.c"
        source.write_text("".join(f"void server_{entry}(void);\nvoid server_{entry}(void) {{}}\n"
                                  for entry in entries), encoding="ascii")
        _call(COMPILER, *SERVER_FLAGS, source, *LIBVMM, *LINK_FLAGS, *SCRIPT,
              "-o", folder / f"{name}.elf")
    for name, define in ODD.items():
        _call(COMPILER, *SERVER_FLAGS, define, HERE / "programs/odd.S", LIBVMM[1], *LINK_FLAGS,
              *SCRIPT, "-o", folder / f"{name}.elf")
    _patched(folder)
    _linked_high(folder)
    _strange(folder)
    for count in (128, 129):
        _many_segments(folder, count)
    (folder / "cut-short.elf").write_bytes((folder / "device.elf").read_bytes()[:300])
    _call("aarch64-linux-gnu-strip", "-o", folder / "stripped.elf", folder / "device.elf")
    _call(COMPILER, "-c", HERE / "programs/odd.S", "-o", folder / "object.elf")
    _call(COMPILER, "-c", HERE / "programs/words.S", "-o", folder / "words.o")
    _call(COMPILER, "-nostdlib", "-static", "-Wl,-Ttext=0x40080000,-e,entry_access,--build-id=none",
          HERE / "programs/odd.S", "-o", folder / "guest.elf")
    (folder / "guest.raw").write_bytes(bytes(range(256)) * 4)
    (folder / "guest.image").write_bytes(_image_header(4 << 20).ljust(4096, b"\0"))
    (folder / "guests").mkdir()
    (folder / "empty.raw").touch()
    os.mkfifo(folder / "pipe")
    with open(folder / "huge.raw", "wb") as file:
        file.truncate((1 << 30) + 1)
    (folder / "large.raw").write_bytes(b"\1" * (20 << 20))
    (folder / "kernel").mkdir()
    (folder / "kernel/skerry.bin").write_bytes(_image_header(0).ljust(9000, b"\0"))
    # A package that set-up would have fetched.
    busybox = folder / "debian/busybox-static/bin"
    busybox.mkdir(parents=True)
    (busybox / "busybox").write_bytes(b"#!busybox")
    (folder / "debian/busybox-static.version").write_text("test\n", encoding="ascii")
