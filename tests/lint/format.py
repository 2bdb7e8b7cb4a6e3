#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Every C file is laid out as .clang-format says, and no line of assembler, a table or Python is
longer. Headers for the assembler are not C."""

import subprocess
import sys

sys.dont_write_bytecode = True
from tree import ROOT, tree_files, tree_lines, tree_name

from tap import Report

ASSEMBLER = ("kernel/asm.h", "guests/lib/asm.h", "libvmm/entry.h")
COLUMNS = 100  # ColumnLimit of .clang-format


def main():
    report = Report()
    files = [path for path in tree_files(".c", ".h") if tree_name(path) not in ASSEMBLER]
    answer = subprocess.run(["clang-format", "--dry-run", "--Werror", *map(tree_name, files)],
                            cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    wrong = sorted({line.split(":")[0] for line in answer.stderr.splitlines()
                    if ": error:" in line})
    report.empty([f"{name}: run clang-format -i" for name in wrong],
                 f"{len(files)} files are laid out as .clang-format says")
    report.point(answer.returncode == 0 or wrong, "clang-format ran", answer.stderr)
    files = [*tree_files(".S", ".def", ".py"), ROOT / "tools/skerry"]
    report.empty([f"{tree_name(path)}:{number}: {len(line)} columns" for path in files
                  for number, line in enumerate(tree_lines(path), 1) if len(line) > COLUMNS],
                 f"{len(files)} files of assembler, tables, Python keep within {COLUMNS} columns")
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
