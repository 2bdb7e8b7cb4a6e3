# SPDX-License-Identifier: BSD-2-Clause
"""The files of the repository, for the lint tests: what is built or generated is left out."""

import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tools")]

BUILD = pathlib.Path(os.environ.get("SKERRY_BUILD", ROOT / "build")).resolve()
KERNEL_ELF = BUILD / "kernel/kernel.elf"


def _is_ours(folder):
    generated = folder.name in (".git", "__pycache__") or (folder / "build.ninja").exists()
    return not generated and not (folder.parent == ROOT and folder.name.startswith("build"))


def tree_files(*suffixes):
    """Paths of all files, or of those with one of the suffixes, in a fixed order."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(name for name in folders if _is_ours(pathlib.Path(folder, name)))
        for name in sorted(names):
            path = pathlib.Path(folder, name)
            if not suffixes or path.suffix in suffixes:
                yield path


def tree_name(path):
    return str(path.relative_to(ROOT))


def tree_lines(path):
    return path.read_text(encoding="utf-8").splitlines()
