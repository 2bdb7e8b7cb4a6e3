#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Every C file is laid out as .clang-format says. Headers for the assembler are not C."""

import subprocess
import sys

sys.dont_write_bytecode = True
from tree import ROOT, tree_files, tree_name

from tap import Report

ASSEMBLER = ("asm.h", "entry.h")


def main():
    report = Report()
    files = [path for path in tree_files(".c", ".h") if path.name not in ASSEMBLER]
    answer = subprocess.run(["clang-format", "--dry-run", "--Werror", *map(tree_name, files)],
                            cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    wrong = sorted({line.split(":")[0] for line in answer.stderr.splitlines() if ": error:" in line})
    report.empty([f"{name}: run clang-format -i" for name in wrong],
                 f"{len(files)} files are laid out as .clang-format says")
    report.point(answer.returncode == 0 or wrong, "clang-format ran", answer.stderr)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
