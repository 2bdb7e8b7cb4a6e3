#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What the kernel, as it was linked, has no reference to: device servers, a UART outside its panic
path, PSCI outside its own firmware calls. Shown by its symbols, relocations, instructions and
constants, not by grepping its source. Prints TAP."""

import os
import re
import sys

sys.dont_write_bytecode = True
from tree import BUILD, KERNEL_ELF, ROOT, tree_name

from linked import Kernel
from tap import Report

PAGE = 4096
KERNEL_FOLDERS = ("kernel", "include/skerry")
PSCI_FUNCTIONS = [*range(0x84000000, 0x84000020), *range(0xc4000000, 0xc4000020)]
# A comparison with a number may be compiled into the addition of its negative.
PSCI_NUMBERS = {number & mask for function in PSCI_FUNCTIONS
                for mask in ((1 << 32) - 1, (1 << 64) - 1)
                for number in (function, -function)}
UART_DRIVER, UART_MAPPING, FIRMWARE = "panic.c", "space.c", "cpu.c"
RELATIVE = 1027  # R_AARCH64_RELATIVE
NUMBERS_END = 0x1000  # start.S relocates every word from here on
OFFSETS = ROOT / "kernel/offsets.def"


def panic_uart():
    """The build option's value, out of the compiler's commands."""
    commands = (BUILD / "compile_commands.json").read_text(encoding="utf-8")
    return int(re.search(r"-DPANIC_UART=(0x[0-9a-fA-F]+|\d+)", commands)[1], 0)


def check_references(kernel, report):
    """Everything linked comes from kernel/, and nothing points elsewhere."""
    def foreign(path):
        if os.path.basename(path).startswith("<") or "/lib/gcc" in path:
            return False  # the compiler's own, stdint.h and the like
        return not os.path.relpath(path, ROOT).startswith(KERNEL_FOLDERS)

    report.point(len(kernel.files) > 20, f"DWARF names {len(kernel.files)} source files")
    report.empty(sorted(filter(foreign, kernel.files)),
                 f"all of them are in {' and '.join(KERNEL_FOLDERS)}")
    report.empty((f"{i}" for i in kernel.instructions if i.file in ("", "?")),
                 f"each of {len(kernel.instructions)} instructions has a source file")
    report.empty(kernel.undefined, "no symbol is left undefined")


def check_relocations(kernel, report):
    end = max(start + len(data) for _, start, data in kernel.sections)
    report.empty((f"{entry['r_offset']:#x}: type {entry['r_info_type']}, {entry['r_addend']:#x}"
                  for entry in kernel.relocations.values()
                  if entry["r_info_type"] != RELATIVE or entry["r_info_sym"] != 0
                  or not 0 <= entry["r_addend"] <= end),
                 f"each of {len(kernel.relocations)} relocations is relative and inside")
    relocated = range(kernel.addresses["relocate_start"], kernel.addresses["relocate_end"])
    moved = {address for _, address, value in kernel.words(8)
             if address in relocated and value >= NUMBERS_END}
    report.empty((f"{address:#x}" for address in sorted(moved ^ set(kernel.relocations))),
                 "start.S relocates what the linker lists and nothing else")


def check_uart(kernel, report):
    uart = panic_uart()

    def hits(values):
        return any(uart <= value < uart + PAGE for value in values)

    inside = [i for i in kernel.instructions if i.of(UART_DRIVER) and hits(i.constants)]
    report.point(len(inside) > 0, f"{UART_DRIVER} has the UART's address {uart:#x}")
    report.empty((i for i in kernel.instructions if hits(i.constants)
                  and not i.of(UART_DRIVER, UART_MAPPING)),
                 f"nothing but {UART_DRIVER}, and {UART_MAPPING} that maps it, has")
    report.empty((i for i in kernel.instructions if hits(i.accesses) and not i.of(UART_DRIVER)),
                 f"no load or store at it outside {UART_DRIVER}")
    report.empty((f"{section} {address:#x}: {value:#x}" for size in (4, 8)
                  for section, address, value in kernel.words(size) if hits([value])),
                 "no word of the image is an address in it")


def check_psci(kernel, report):
    inside = [i for i in kernel.instructions
              if i.of(FIRMWARE) and i.constants & PSCI_NUMBERS]
    report.point(len(inside) > 0, f"{FIRMWARE} has function ids of PSCI")
    report.empty((i for i in kernel.instructions
                  if i.constants & PSCI_NUMBERS and not i.of(FIRMWARE)),
                 "no other file has")
    report.empty((f"{section} {address:#x}: {value:#x}" for size in (4, 8)
                  for section, address, value in kernel.words(size)
                  if value in PSCI_NUMBERS and value != 0),
                 "no word of the image is one")
    calls = [i for i in kernel.instructions if i.name == "smc"]
    report.point(len(calls) == 1 and calls[0].file == FIRMWARE,
                 f"one SMC instruction, in {FIRMWARE}", "\n".join(map(str, calls)))
    report.empty((i for i in kernel.instructions if i.name == "hvc"),
                 "no HVC instruction")


def check_erets(kernel, report):
    """An eret is no barrier to speculation: the words behind it must be one."""
    erets = [place for place, i in enumerate(kernel.instructions) if i.name.startswith("eret")]
    report.point(len(erets) > 0, f"{len(erets)} eret")

    def open_ended(place):
        names = [i.name for i in kernel.instructions[place + 1:place + 3]]
        return names[:1] != ["sb"] and names != ["dsb", "isb"]

    report.empty((kernel.instructions[place] for place in erets if open_ended(place)),
                 "`sb`, or `dsb` and `isb`, follow each")


def check_guards(kernel, report):
    """Frames with arrays end in cpu.guard: where the compiler looks for it is where it is."""
    guarded = {i.function for i in kernel.instructions if "__stack_chk_fail" in i.operands}
    report.point(len(guarded) > 5, f"{len(guarded)} functions check their frame's guard")
    commands = (BUILD / "compile_commands.json").read_text(encoding="utf-8")
    told = set(re.findall(r"-mstack-protector-guard-offset=(\d+)", commands))
    place = re.search(r"CPU_GUARD, cpu, guard, (\d+)", OFFSETS.read_text(encoding="utf-8"))[1]
    report.point(told == {place}, f"the compiler takes it from byte {place} of struct cpu")


def check_clearing(kernel, report):
    """fast.S on its way into a server: behind the last use of a register it is loaded with zeros.
    The last one, x30, no server's C function could see."""
    zeros = re.search(r"VISIT_ZEROS, visit, zeros, (\d+)", OFFSETS.read_text(encoding="utf-8"))[1]
    for name, first in (("fast_access", 5), ("fast_call", 10)):
        inside = [i for i in kernel.instructions if i.function == name]
        inside = inside[:[i.name for i in inside].index("eret")]
        last = max(n for n, i in enumerate(inside) if i.operands == "sp, x28")
        text = " ".join(i.operands if i.operands.endswith(f"[sp, #{zeros}]") else
                        i.operands.removesuffix(", xzr") for i in inside[last + 1:])
        report.point(set(re.findall(r"x(\d+)", text)) == {str(n) for n in range(first, 31)},
                     f"{name}: x{first} to x30 are cleared, and nothing else follows", text)


def main():
    report = Report()
    report.comment(tree_name(KERNEL_ELF) if ROOT in KERNEL_ELF.parents else KERNEL_ELF.name)
    kernel = Kernel(KERNEL_ELF)
    check_references(kernel, report)
    check_relocations(kernel, report)
    check_uart(kernel, report)
    check_psci(kernel, report)
    check_erets(kernel, report)
    check_clearing(kernel, report)
    check_guards(kernel, report)
    report.comment("with -fsanitize=undefined")
    check_relocations(Kernel(KERNEL_ELF.with_name("kernel-ubsan.elf")), report)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
