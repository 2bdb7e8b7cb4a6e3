#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Who may include whom, headers that stand alone, licence lines, links, and the names in the
documents: what the compiler does not see and a newcomer relies on. Prints TAP."""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

sys.dont_write_bytecode = True
from tree import ROOT, tree_files, tree_lines, tree_name

from tap import Report

COMPILER = "aarch64-linux-gnu-gcc"
PICOLIBC = ["--specs=picolibc.specs"]
FREESTANDING = {f"{name}.h" for name in ("limits", "stdarg", "stdatomic", "stdbool", "stddef",
                                         "stdint")}
# Folder: where else its #includes may lead, beside its own folder.
DIRECTIONS = {
    "include/skerry": ("include",),
    "kernel": ("include",),
    "libvmm": ("include",),
    "servers": ("include", "libvmm"),
    "guests": ("include", "guests"),
}
HOSTED = ("guests", "servers")  # these may use picolibc

INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^">]+)[">]')
SOURCES = (".c", ".h", ".S", ".ld", ".def", ".py", ".toml", ".build", ".ini")
NO_LICENCE = ROOT / "tests/description/bad"  # their first line is the error that they cause
FOREIGN = re.compile("|".join((r"https?://\w", r"(?<![\w.])/(?:home|tmp|Users)/\w",
                               r"(?<![\w.])" + re.escape(str(ROOT)) + r"\b")))
LINK = re.compile(r"\]\(([^)#\s]+)(#[^)]*)?\)|(?<![\w/])(docs/[\w.-]+\.md)")
QUOTED = re.compile(r"`([^`\n]+)`")
NAME = re.compile(r"[A-Za-z_]\w*(?:\.\w+)?")
PATH = re.compile(r"[\w./-]+\.(?:c|h|S|def|py|toml|md|ld|elf|bin|img)|[\w-]+/[\w./-]*")
BUILT = (".elf", ".bin", ".img")
CODE = ("include", "kernel", "libvmm", "servers")
MODEL = re.compile(r"(\w+)\.pml(?:, PLANT (\d))?")


def area_of(name):
    return next((area for area in DIRECTIONS if name.startswith(area + "/")), None)


def own_folder(path):
    """kernel/, or the folder of one server or guest."""
    parts = path.relative_to(ROOT).parts
    return ROOT.joinpath(*parts[:2] if parts[0] in ("servers", "guests") else parts[:-1])


def search_folders(path):
    folders = [own_folder(path)]
    folders += [ROOT / folder for folder in DIRECTIONS[area_of(tree_name(path))]]
    return folders + ([ROOT / "guests/lib"] if ROOT / "guests" in folders else [])


def include_targets(path):
    """(spelling, file of the repository or None) of each #include."""
    for line in tree_lines(path):
        match = INCLUDE.match(line)
        if match is None:
            continue
        folders = [path.parent] if match[1] == '"' else []
        folders += search_folders(path)
        places = (pathlib.Path(os.path.normpath(folder / match[2])) for folder in folders)
        yield match[2], next((place for place in places if place.exists()), None)


def include_is_allowed(path, spelling, target):
    area = area_of(tree_name(path))
    if target is None:
        return spelling in FREESTANDING or (area in HOSTED and "/" not in spelling)
    return any(folder in target.parents for folder in search_folders(path))


def check_includes(report):
    for area in DIRECTIONS:
        files = [path for path in tree_files(".c", ".h", ".S") if area_of(tree_name(path)) == area]
        wrong = [f"{tree_name(path)} includes {spelling}" for path in files
                 for spelling, target in include_targets(path)
                 if not include_is_allowed(path, spelling, target)]
        report.empty(wrong, f"{area}/: {len(files)} files include only their own, "
                            f"{' and '.join(DIRECTIONS[area])}")


def assembler_headers():
    """Headers that only assembler includes."""
    users = {".S": set(), ".c": set()}
    for path in tree_files(".c", ".h", ".S"):
        if area_of(tree_name(path)):
            for _, target in include_targets(path):
                users[".S" if path.suffix == ".S" else ".c"].add(target)
    return users[".S"] - users[".c"]


def compile_alone(path, language):
    area = area_of(tree_name(path))
    command = [COMPILER, *(PICOLIBC if area in HOSTED else []), "-std=gnu17", "-Wall", "-Werror",
               "-ffreestanding", "-march=armv8-a+crc", "-mgeneral-regs-only", "-x", language, "-o",
               "/dev/null", "-c", *(f"-I{folder}" for folder in search_folders(path)), "-"]
    twice = f'#include "{path}"\n' * 2
    done = subprocess.run(command, input=twice, capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else f"{tree_name(path)}:\n{done.stderr}"


def check_headers(report):
    headers = [path for path in tree_files(".h") if area_of(tree_name(path))]
    report.empty((tree_name(path) for path in tree_files(".h")
                  if "#pragma once" not in tree_lines(path)), "each header has `#pragma once`")
    assembler = assembler_headers()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(
            lambda path: compile_alone(path, "assembler-with-cpp" if path in assembler else "c"),
            headers))
    report.empty(filter(None, results),
                 f"each of {len(headers)} headers compiles alone and twice, "
                 f"{len(assembler)} as assembler")


def check_text(report):
    sources = [path for path in tree_files() if NO_LICENCE not in path.parents
               and (path.suffix in SOURCES or tree_name(path) == "tools/skerry")]
    report.empty((tree_name(path) for path in sources
                  if not any("SPDX-License-Identifier: BSD-2-Clause" in line
                             for line in tree_lines(path)[:3])),
                 f"each of {len(sources)} sources has its SPDX line")
    report.empty((f"{tree_name(path)}:{number}: {line.strip()}" for path in tree_files()
                  for number, line in enumerate(tree_lines(path), 1) if FOREIGN.search(line)),
                 "no file names a machine's own path or a host")


def check_links(report):
    documents = list(tree_files(".md"))
    missing = []
    for path in documents:
        for number, line in enumerate(tree_lines(path), 1):
            for link, _, plain in LINK.findall(line):
                target = path.parent / link if link else ROOT / plain
                if not target.exists():
                    missing.append(f"{tree_name(path)}:{number}: {link or plain}")
    report.empty(missing, f"the links of {len(documents)} documents lead somewhere")


def check_models(report):
    """What the code says of a model: that it is there, and has the bug that the code cites."""
    heads = {path.stem: path.read_text(encoding="utf-8").partition("*/\n#")[0]
             for path in tree_files(".pml")}
    cited = [(f"{tree_name(path)}:{number}: {match[0]}", match)
             for path in tree_files(".c", ".h", ".S") if area_of(tree_name(path))
             for number, line in enumerate(tree_lines(path), 1) for match in MODEL.finditer(line)]
    report.empty((where for where, match in cited
                  if not re.search(rf"\b{match[2]}: " if match[2] else "", heads.get(match[1], ""))
                  or match[1] not in heads),
                 f"the models that the code cites in {len(cited)} places are there")


class Names:
    """Identifiers by file, for what a document says of them."""

    def __init__(self):
        self.words, self.files = {}, {}
        for path in tree_files(".c", ".h", ".S", ".def"):
            if tree_name(path).startswith(CODE):
                self.words[path] = set(re.findall(r"\w+", path.read_text(encoding="utf-8")))
                self.files.setdefault(path.name, []).append(path)

    def file(self, text):
        """The one file that a document means: by its path, or by its name."""
        if (ROOT / text).exists():
            return ROOT / text
        found = self.files.get(text, [])
        return found[0] if len(found) == 1 else None

    def known(self, name, files):
        words = [self.words[path] for path in files if path in self.words] or self.words.values()
        return any(name in each for each in words)


def sections(document):
    """(line, what is quoted in it) of each section."""
    section = []
    for number, line in enumerate(tree_lines(document), 1):
        if line.startswith("#") and section:
            yield section
            section = []
        section += [(number, text) for text in QUOTED.findall(line)]
    yield section


def check_names(report, names, document):
    """What stands in `backquotes` is a file that exists or a name that the code has: a name that is
    in one of the files quoted in its section, if there are any. The count of them."""
    wrong, count = [], 0
    for section in sections(document):
        files = [path for _, text in section if (path := names.file(text)) is not None]
        for number, text in section:
            if PATH.fullmatch(text):
                good = text.endswith(BUILT) or names.file(text) is not None
            elif NAME.fullmatch(text):
                good = all(names.known(part, files) for part in text.split("."))
            else:
                continue  # a command, an instruction: not a name
            count += 1
            if not good:
                wrong.append(f"{tree_name(document)}:{number}: {text}")
    report.empty(wrong, f"{tree_name(document)}: its {count} names of files and functions are true")
    return count


def main():
    report = Report()
    check_includes(report)
    check_headers(report)
    check_text(report)
    check_links(report)
    check_models(report)
    names = Names()
    for name in ("tour.md", "interrupts.md", "abi.md"):
        document = ROOT / "docs" / name
        report.point(check_names(report, names, document) > 30, f"docs/{name} names things")
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
