# SPDX-License-Identifier: BSD-2-Clause
"""ELF files: a server becomes segments with its relocations applied, entry points and variables;
a guest becomes pieces to load. Refuses a server that uses V registers without saying so. pack.py
and guest.py call it; where things go in memory is theirs."""

import bisect
import contextlib
import io
import struct

from elftools.common.exceptions import ELFError
from elftools.elf.constants import P_FLAGS, SH_FLAGS
from elftools.elf.elffile import ELFFile

from . import image
from .files import files_read
from .image import align
from .schema import PAGE, Problem

R_AARCH64_NONE = 0
R_AARCH64_RELATIVE = 1027
ENTRIES = ("init", "access", "notified", "called")
SEGMENTS_MOST = 128             # of a file; as many pieces the kernel takes of all guests
HEADER_SIZES = 56, 64           # of a segment, of a section


class Segment:
    """One PT_LOAD: address as linked, size in memory, bytes of the file, flags as in the ELF."""

    def __init__(self, address, size, content, flags):
        self.address, self.size, self.content, self.flags = address, size, bytearray(content), flags
        self.state = False

    def holds(self, address, size):
        return self.address <= address and address + size <= self.address + self.size

    def write(self, address, value):
        """Stores bytes at an address, which may lie in the part that the file leaves zero."""
        start = address - self.address
        if len(self.content) < start + len(value):
            self.content += bytes(start + len(value) - len(self.content))
        self.content[start:start + len(value)] = value


@contextlib.contextmanager
def _damage(path, key):
    """pyelftools trusts a file: what is damaged makes it raise whatever its code runs into."""
    try:
        yield
    except Problem:
        raise
    except Exception as error:  # pylint: disable=broad-exception-caught
        raise Problem(key, f"{path} is a damaged ELF file ({error})", "build it again") from error


def _open(path, key):
    content = files_read(path, key, "correct the path, or build it")
    with _damage(path, key):
        try:
            elf = ELFFile(io.BytesIO(content))
            machine = elf["e_machine"]
        except ELFError as error:
            raise Problem(key, f"{path} is not an ELF file ({error})",
                          "name an AArch64 ELF") from error
    if machine != "EM_AARCH64" or elf.elfclass != 64 or not elf.little_endian:
        raise Problem(key, f"{path} is not for little-endian AArch64", "name an AArch64 ELF")
    with _damage(path, key):
        _check_parts(elf, len(content), path, key)
    return elf


def _check_parts(elf, length, path, key):
    """What is read of a file is in it, and bounded by its length: counts and sizes can be any."""
    if elf.num_segments() > SEGMENTS_MOST:
        raise Problem(key, f"{path} has {elf.num_segments():,} segments",
                      f"link it into at most {SEGMENTS_MOST}")
    parts = [(elf["e_phoff"], elf.num_segments() * HEADER_SIZES[0]),
             (elf["e_shoff"], elf.num_sections() * HEADER_SIZES[1])]
    if all(offset + size <= length for offset, size in parts):
        parts += [(part["p_offset"], part["p_filesz"]) for part in elf.iter_segments()]
        parts += [(part["sh_offset"], part["sh_size"]) for part in elf.iter_sections()
                  if part["sh_type"] != "SHT_NOBITS"]
    if any(offset + size > length for offset, size in parts):
        raise Problem(key, f"{path} is cut off", "build it again")
    if sum(size for _, size in parts) > 4 * length:  # each byte in a section and a few segments
        raise Problem(key, f"{path} has parts on one another", "build it again")


def _loads(elf, path, key):
    """Its PT_LOADs that take memory."""
    for segment in elf.iter_segments("PT_LOAD"):
        if segment["p_filesz"] > segment["p_memsz"]:
            raise Problem(key, f"{path} has a segment with more bytes than memory",
                          "build it again")
        if segment["p_memsz"]:
            yield segment


def elf_pieces(path, key):
    """A guest's ELF: its PT_LOADs at physical addresses, and its entry point."""
    elf = _open(path, key)
    entry = elf["e_entry"]
    with _damage(path, key):
        loads = list(_loads(elf, path, key))
        pieces = [Segment(segment["p_paddr"], segment["p_memsz"], segment.data(),
                          segment["p_flags"]) for segment in loads]
    if not pieces:
        raise Problem(key, f"{path} has nothing to load", "name a linked program")
    if not any(piece.address <= entry < piece.address + piece.size for piece in pieces):
        for segment in loads:  # it is virtual then: a kernel that is linked high and loaded low
            if 0 <= entry - segment["p_vaddr"] < segment["p_memsz"]:
                return pieces, entry - segment["p_vaddr"] + segment["p_paddr"]
    return pieces, entry


def uses_v_register(word):
    """True for an A64 word of the classes SIMD&FP data processing, SIMD&FP load/store, or SVE
    (Arm ARM C4.1, op0 = bits 28:25)."""
    op0 = word >> 25 & 0xf
    return op0 & 7 == 7 or op0 & 7 == 6 or op0 == 2


class Server:
    """A server's program, linked at 0 (libvmm/server.ld)."""

    def __init__(self, path, key):
        self.path, self.key = path, key
        self.elf = _open(path, key)
        self.symbols, self.functions, self.mapping = {}, [], []
        with _damage(path, key):
            self._check_note()
            self._read_symbols()
            self.segments = self._read_segments()

    def _check_note(self):
        """The program's own word for the ABI that it was built for."""
        for section in self.elf.iter_sections():
            for note in section.iter_notes() if section["sh_type"] == "SHT_NOTE" else ():
                if (note["n_name"], note["n_type"]) != ("Skerry", image.SERVER_NOTE):
                    continue
                abi, = struct.unpack_from("<I", note["n_descdata"])
                if abi != image.ABI:
                    raise Problem(self.key, f"{self.path.name} is built for ABI {abi}, not "
                                  f"{image.ABI}", "build it again")
                return
        raise Problem(self.key, f"{self.path.name} does not say which ABI it is built for",
                      "link it with libvmm/server.c and libvmm/server.ld")

    def _read_symbols(self):
        table = self.elf.get_section_by_name(".symtab")
        if table is None:
            raise Problem(self.key, f"{self.path} has no symbols", "do not strip a server")
        for symbol in table.iter_symbols():
            if symbol["st_shndx"] == "SHN_UNDEF":
                continue
            name, address = symbol.name, symbol["st_value"]
            if name.startswith(("$d", "$x")):
                self.mapping.append((address, name[1]))
            else:
                self.symbols[name] = (address, symbol["st_size"])
                if symbol["st_info"]["type"] == "STT_FUNC":
                    self.functions.append((address, name))
        self.functions.sort()
        self.mapping.sort()

    def _read_segments(self):
        segments = []
        for header in _loads(self.elf, self.path, self.key):
            start = header["p_vaddr"]
            if start < PAGE or start % PAGE:
                raise Problem(self.key, f"{self.path} has a segment at {start:#x}",
                              "link it with libvmm/server.ld: page 0 is the gate page")
            segments.append(Segment(start, header["p_memsz"], header.data(), header["p_flags"]))
            if header["p_flags"] & P_FLAGS.PF_W and header["p_flags"] & P_FLAGS.PF_X:
                raise Problem(self.key, f"{self.path} has a segment to write and execute",
                              "link it with libvmm/server.ld")
        segments.sort(key=lambda segment: segment.address)
        if any(align(low.address + low.size, PAGE) > high.address
               for low, high in zip(segments, segments[1:])):
            raise Problem(self.key, f"{self.path} has segments that share a page",
                          "link it with libvmm/server.ld")
        if not segments:
            raise Problem(self.key, f"{self.path} has nothing to load", "name a linked program")
        state = self.elf.get_section_by_name(".state")
        for segment in segments:
            segment.state = (state is not None and state["sh_size"] > 0
                             and segment.holds(state["sh_addr"], state["sh_size"]))
            if segment.state and not segment.flags & P_FLAGS.PF_W:
                raise Problem(self.key, f"{self.path} has its .state where it cannot be written",
                              "link it with libvmm/server.ld")
        return segments

    def _segment(self, address, size):
        for segment in self.segments:
            if segment.holds(address, size):
                return segment
        raise Problem(self.key, f"{self.path} has nothing mapped at {address:#x}",
                      "link it with libvmm/server.ld")

    def size(self):
        """First page after the last segment."""
        return align(max(segment.address + segment.size for segment in self.segments), PAGE)

    def entry(self, name):
        """Address of an entry point, or None if the server does not define its function."""
        if f"server_{name}" not in self.symbols:
            return None
        if f"entry_{name}" not in self.symbols:
            raise Problem(self.key, f"{self.path} has server_{name} but no entry_{name}",
                          "link it with libvmm/start.S and libvmm/server.ld")
        address = self.symbols[f"entry_{name}"][0]
        if address % 4 or not self._segment(address, 4).flags & P_FLAGS.PF_X:
            raise Problem(self.key,
                          f"{self.path} has entry_{name} at {address:#x}, which is no code",
                          "link it with libvmm/start.S and libvmm/server.ld")
        return address

    def relocate(self, base):
        """Applies the dynamic relocations for a program that stands at `base`."""
        with _damage(self.path, self.key):
            self._relocate(base)

    def _relocate(self, base):
        for section in self.elf.iter_sections():
            if section["sh_type"] not in ("SHT_RELA", "SHT_REL") or not section["sh_flags"] & 2:
                continue
            for relocation in section.iter_relocations():
                kind = relocation["r_info_type"]
                if kind == R_AARCH64_NONE:
                    continue
                place = relocation["r_offset"]
                if kind != R_AARCH64_RELATIVE or not relocation.is_RELA():
                    raise Problem(self.key, f"{self.path} has a relocation of type {kind} at "
                                  f"{place:#x}", "link it statically (-static-pie)")
                self._segment(place, 8).write(
                    place, struct.pack("<Q", base + relocation["r_addend"] & (1 << 64) - 1))

    def set(self, name, content, key):
        """Gives the variable `name` its first value."""
        if name not in self.symbols:
            raise Problem(key, f"{self.path.name} has no variable {name!r}",
                          "correct the name (a static variable may be optimised away)")
        address, size = self.symbols[name]
        if size != len(content):
            raise Problem(key, f"{name!r} has {size} bytes, not {len(content)}",
                          "make it the type that include/skerry/image.h or docs/system.md says")
        segment = self._segment(address, size)
        if segment.state:
            raise Problem(key, f"{name!r} lies in .state", "move it out of .state")
        segment.write(address, content)

    def _is_data(self, address):
        place = bisect.bisect_right(self.mapping, (address, "~")) - 1
        return place >= 0 and self.mapping[place][1] == "d"

    def _function(self, address):
        place = bisect.bisect_right(self.functions, (address, "~")) - 1
        return self.functions[place][1] if place >= 0 else "?"

    def check_v_registers(self):
        """Refuses the first instruction that names a V register."""
        with _damage(self.path, self.key):
            self._check_v_registers()

    def _check_v_registers(self):
        for section in self.elf.iter_sections():
            if (not section["sh_flags"] & SH_FLAGS.SHF_EXECINSTR
                    or section["sh_type"] == "SHT_NOBITS"):
                continue
            code = section.data()
            for place, (word,) in enumerate(struct.iter_unpack("<I", code[:len(code) // 4 * 4])):
                address = section["sh_addr"] + 4 * place
                if uses_v_register(word) and not self._is_data(address):
                    raise Problem(self.key, f"{self.path.name} uses a V register in "
                                  f"{self._function(address)} at {address:#x} ({word:#010x})",
                                  "compile with -mgeneral-regs-only (a library's function: "
                                  "do without it), or set fp = true")
