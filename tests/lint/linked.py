# SPDX-License-Identifier: BSD-2-Clause
"""The kernel as it was linked, for symbols.py and stack.py: its instructions, each with the
function and the source file that it comes from, and the constants that they put together. DWARF's
line table knows the file also where a function was inlined into another file's."""

import bisect
import os
import re
import subprocess

from elftools.elf.elffile import ELFFile

# `  b820:  d2a1200c  mov x12, #0x9000000  // #150994944`
INSTRUCTION = re.compile(r"\s*([0-9a-f]+):\s+[0-9a-f]{8}\s+(\S+)\s*([^/]*)")
IMMEDIATE = re.compile(r"#(-?(?:0x[0-9a-f]+|\d+))(?:, lsl #(\d+))?")
REGISTER = re.compile(r"\b([xw])(\d+|zr)\b")
MASK = {"x": (1 << 64) - 1, "w": (1 << 32) - 1}
PADDING = ("udf", ".word", ".inst")  # zeroes between functions; literals (see words)
NO_RESULT = ("cbz", "cbnz", "tbz", "tbnz", "cmp", "cmn", "tst", "ccmp", "ccmn", "msr", "br", "ret")
CALLER_SAVED = [str(number) for number in range(19)] + ["30"]


class Instruction:
    def __init__(self, address, name, operands):
        self.address, self.name, self.operands = address, name, operands
        self.function, self.file = "?", "?"
        self.home = "?"         # the file of the function that it stands in; `file` may be a header
        self.constants = set()  # values that it makes: not those that it only copies
        self.accesses = set()   # constant addresses that it reads or writes

    def __str__(self):
        return (f"{self.address:#x} in {self.function} ({self.file}): "
                f"{self.name} {self.operands}".rstrip())

    def of(self, *files):
        return self.file in files or self.home in files


class Kernel:
    def __init__(self, path):
        self.path = path
        with open(path, "rb") as file:
            elf = ELFFile(file)
            self._read_symbols(elf)
            self._read_lines(elf)
            self.relocations = {relocation["r_offset"]: relocation.entry
                                for section in elf.iter_sections()
                                if section["sh_type"] == "SHT_RELA"
                                for relocation in section.iter_relocations()}
            self.sections = [(section.name, section["sh_addr"], section.data())
                             for section in elf.iter_sections()
                             if section["sh_addr"] + section["sh_size"] > 0
                             and section["sh_type"] == "SHT_PROGBITS"
                             and section["sh_flags"] & 2]
        self.instructions = list(self._disassemble())
        _follow_constants(self.instructions)

    def _read_symbols(self, elf):
        self.undefined, functions, self.symbols, self.addresses = [], [], [], {}
        for symbol in elf.get_section_by_name(".symtab").iter_symbols():
            kind = symbol["st_info"]["type"]
            self.addresses[symbol.name] = symbol["st_value"]
            if symbol["st_shndx"] == "SHN_UNDEF" and symbol.name:
                self.undefined.append(symbol.name)
            elif kind in ("STT_FUNC", "STT_OBJECT"):
                self.symbols.append((symbol["st_value"], symbol.name))
            if kind == "STT_FUNC":
                functions.append((symbol["st_value"], symbol.name))
        self._functions = sorted(functions)

    def _read_lines(self, elf):
        """self.files: every source file that DWARF names; _lines: (address, file), sorted."""
        dwarf, lines, self.files = elf.get_dwarf_info(), {}, set()
        for unit in dwarf.iter_CUs():
            program = dwarf.line_program_for_CU(unit)
            names = _file_names(unit, program.header)
            self.files.update(names)
            for entry in program.get_entries():
                state = entry.state
                if state is not None:
                    if state.end_sequence:  # another file's may begin right here
                        lines.setdefault(state.address, "")
                    else:
                        lines[state.address] = names[state.file]
        self._lines = sorted(lines.items())

    def _disassemble(self):
        text = subprocess.run(["aarch64-linux-gnu-objdump", "-d", str(self.path)], check=True,
                              capture_output=True, text=True).stdout
        for line in text.splitlines():
            match = INSTRUCTION.match(line)
            if match is None or match[2] in PADDING:
                continue
            instruction = Instruction(int(match[1], 16), match[2], match[3].strip())
            start, instruction.function = _find(self._functions, instruction.address)
            instruction.file = _file(self._lines, instruction.address)
            instruction.home = _file(self._lines, start)
            yield instruction

    def function_at(self, address):
        """The name that instructions there are given: of equal functions it is one and the same."""
        return _find(self._functions, address)[1]

    def words(self, size):
        """(section, address, value) of each aligned word of what is loaded."""
        for name, start, data in self.sections:
            for place in range(-start % size, len(data) - size + 1, size):
                yield name, start + place, int.from_bytes(data[place:place + size], "little")


def _find(table, address):
    """The last (start, what) at or before the address."""
    place = bisect.bisect_right(table, (address, "\xff")) - 1
    return table[place] if place >= 0 else (0, "?")


def _file(lines, address):
    return os.path.basename(_find(lines, address)[1])


def _file_names(unit, header):
    """Paths by number. DWARF 5 numbers files and folders from 0 (DWARF 5, 6.2.4)."""
    base = unit.get_top_DIE().attributes["DW_AT_comp_dir"].value.decode()
    folders = [folder.decode() for folder in header["include_directory"]]
    return [os.path.normpath(os.path.join(base, folders[entry["dir_index"]],
                                          entry["name"].decode()))
            for entry in header["file_entry"]]


def _immediate(operands):
    match = IMMEDIATE.search(operands)
    return None if match is None else int(match[1], 0) << int(match[2] or 0)


def _result(instruction, known):
    """The constant that an instruction leaves in its first register, or None."""
    name, operands = instruction.name, instruction.operands
    registers = REGISTER.findall(operands)
    value, mask = _immediate(operands), MASK[registers[0][0]]
    sources = [known.get(number) for _, number in registers[1:]]
    known_source = sources[0] if sources else None
    if name in ("mov", "movz") and value is not None:
        return value & mask
    if name == "movk" and value is not None and registers[0][1] in known:
        shift = int((re.search(r"lsl #(\d+)", operands) or [0, "0"])[1])
        return (known[registers[0][1]] & ~(0xffff << shift) | value) & mask
    if name == "mov" and len(sources) == 1:
        return sources[0]
    if name in ("add", "sub", "orr", "eor") and value is not None and known_source is not None:
        return {"add": known_source + value, "sub": known_source - value,
                "orr": known_source | value, "eor": known_source ^ value}[name] & mask
    if name == "add" and len(sources) == 2 and sources.count(None) == 1:
        # kernel_offset and a physical address, say: the sum is at that address, for this purpose.
        return next(source for source in sources if source is not None)
    return None


def _follow_constants(instructions):
    """In the order of addresses, function by function, as if no branch were taken: what compilers
    put together they put together in a straight line."""
    known, function = {}, None
    for instruction in instructions:
        if instruction.function != function:
            known, function = {}, instruction.function
        targets, _, address = instruction.operands.partition("[")
        if address:
            # Base and index alike: either may be the address, and the other kernel_offset.
            for _, number in REGISTER.findall(address):
                if number in known:
                    instruction.accesses.add(known[number] + (_immediate(address) or 0))
            if instruction.name.startswith(("ld", "cas", "swp")):
                for _, number in REGISTER.findall(targets):
                    known.pop(number, None)
            continue
        if instruction.name in ("bl", "blr"):
            for number in CALLER_SAVED:
                known.pop(number, None)
            continue
        registers = REGISTER.findall(instruction.operands)
        if not registers or instruction.operands.startswith("sp") or instruction.name in NO_RESULT:
            continue
        result = _result(instruction, known)
        if result is None:
            known.pop(registers[0][1], None)
        else:
            known[registers[0][1]] = result
            if "#" in instruction.operands:
                instruction.constants.add(result)
