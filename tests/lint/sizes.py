#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Sizes against their budgets, in physical lines: growth is a decision, made here and with its
reason in the commit. Prints the table, as TAP, and fails past a budget. What is over its budget
already is a debt: shown as `not ok .. # TODO`, and a failure as soon as it is larger than DEBT
says. Who makes it smaller lowers the number."""

import re
import statistics
import sys

sys.dont_write_bytecode = True
from tree import KERNEL_ELF, ROOT, tree_files, tree_lines, tree_name

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

from tap import Report

KERNEL_LINES = 4000         # headers too; tables of data (*.def) and meson.build apart
KERNEL_KIB = 48             # text and constants at EL2
FILE_LINES, FILE_MEDIAN = 350, 120
FUNCTION_LINES, FUNCTION_MEDIAN = 60, 15
CONDITIONALS = 3            # `#if` in kernel/*.c
SYSTEM_CALLS = 14
SERVER_LINES = 300          # of a device server's folder
SERVER_LINES_OF = {"gicd-server": 700}
DEBT = {
    "kernel/, lines": 5573,
}
TEST_SERVERS = ("burden-server", "clock-server", "crowd-server", "greedy-server", "pass-server",
                "probe-server", "rogue-server")  # no devices

COMMENT = re.compile(r"\s*/\*.*\*/$")  # behind a declaration
CONDITIONAL = re.compile(r"\s*#\s*if")
FUNCTION = re.compile(r"[a-z][^=;]*?(\w+)\((?!\()")
SYSTEM_CALL = re.compile(r"^    SYS_\w+\s*=", re.M)


class Table:
    def __init__(self, report):
        self.report = report

    def row(self, what, value, budget, where=""):
        shown = f"{value:8.1f}" if isinstance(value, float) else f"{value:8,}"
        text = f"{what:38} {shown} of {budget:6,}  {where}".rstrip()
        if budget < value <= DEBT.get(what, 0):
            self.report.owed(f"{text} # TODO a debt, at most {DEBT[what]:,}")
        else:
            self.report.point(value <= budget, text)


def functions(path):
    """(name, lines) of each C function: from the first line of its head to the brace that ends it,
    in column 0 or on the same line, which .clang-format sees to."""
    lines = [COMMENT.sub("", line) for line in tree_lines(path)]
    for start, line in enumerate(lines):
        if not FUNCTION.match(line) or line.endswith(";"):
            continue
        head = start
        while not lines[head].endswith(("{", "}", ";", ",")) or lines[head].endswith(","):
            head += 1
        if lines[head].endswith(";"):
            continue
        end = head if lines[head].endswith("}") else lines.index("}", head)
        yield FUNCTION.match(line)[1], end - start + 1


def largest(sizes):
    return max(sizes, key=lambda size: size[1])


def kernel_source(table):
    files = [path for path in tree_files() if path.parent == ROOT / "kernel"]
    sizes = [(tree_name(path), len(tree_lines(path))) for path in files
             if path.suffix != ".def" and path.name != "meson.build"]
    table.row("kernel/, lines", sum(lines for _, lines in sizes), KERNEL_LINES)
    name, lines = largest(sizes)
    table.row("its longest file", lines, FILE_LINES, name)
    table.row("its files, median", statistics.median(lines for _, lines in sizes), FILE_MEDIAN)
    code = [path for path in files if path.suffix in (".c", ".h")]
    found = [(f"{name} in {tree_name(path)}", lines)
             for path in code for name, lines in functions(path)]
    name, lines = largest(found)
    table.row("its longest C function", lines, FUNCTION_LINES, name)
    table.row("its C functions, median", statistics.median(lines for _, lines in found),
              FUNCTION_MEDIAN, f"of {len(found)}")
    table.row("`#if` in kernel/*.c", sum(CONDITIONAL.match(line) is not None for path in code
                                        if path.suffix == ".c" for line in tree_lines(path)),
              CONDITIONALS)


def kernel_binary(table):
    """Text and what is constant: sections that are loaded and not written once start.S is through
    with them (.data.rel.ro holds constants with addresses in them). The linker's list of these
    addresses is not in the binary."""
    size = 0
    with open(KERNEL_ELF, "rb") as file:
        for section in ELFFile(file).iter_sections():
            loaded = section["sh_flags"] & SH_FLAGS.SHF_ALLOC
            constant = (not section["sh_flags"] & SH_FLAGS.SHF_WRITE
                        or section.name == ".data.rel.ro")
            if loaded and constant and section["sh_type"] != "SHT_RELA":
                size += section["sh_size"]
    table.row("EL2 text and constants, KiB", size / 1024, KERNEL_KIB)


def others(table):
    header = (ROOT / "include/skerry/syscall.h").read_text(encoding="utf-8")
    table.row("system calls", len(SYSTEM_CALL.findall(header)), SYSTEM_CALLS)
    for folder in sorted((ROOT / "servers").iterdir()):
        if not folder.is_dir() or folder.name in TEST_SERVERS:
            continue
        lines = sum(len(tree_lines(path)) for path in tree_files(".c", ".h", ".S")
                    if folder in path.parents)
        table.row(f"{tree_name(folder)}, lines", lines,
                  SERVER_LINES_OF.get(folder.name, SERVER_LINES))
    sizes = [(tree_name(path), len(tree_lines(path)))
             for path in tree_files(".c", ".h", ".S", ".py")]
    name, lines = largest(sizes)
    table.row("longest file of all", lines, FILE_LINES, name)


def main():
    report = Report()
    table = Table(report)
    kernel_source(table)
    kernel_binary(table)
    others(table)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
