#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""How good are the host tests? Changes one thing at a time in the pure code, builds the tests that
link the file, and counts how many of these mutants they notice. By hand, with a built tree:

  mutate.py [--each N] [--seed N] [FILE..]     N mutants a file, default 30; all files by default

A mutant that gcc -O2 compiles to the same code as before is none. Prints the survivors and a table.
"""

import argparse
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SKERRY_BUILD", ROOT / "build"))
INCLUDES = [f"-I{ROOT / name}" for name in ("include", "kernel", "servers", "libvmm", "tests/host")]
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
COMPILE = ["gcc", "-std=gnu17", "-w", "-c", *INCLUDES]
LIMIT = 40  # seconds a test

# What a token may become; a number becomes the next one, a statement nothing.
SWAPS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "&&": "||", "||": "&&",
         "+": "-", "-": "+", "&": "|", "|": "&", "<<": ">>", ">>": "<<", "|=": "&=", "&=": "|=",
         "+=": "-=", "^": "|", "*": "+", "%": "/", "true": "false", "false": "true"}
HIDDEN = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\])*"|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*$', re.M | re.S)
BINARY = re.compile(r"(?<= )(<=|>=|==|!=|&&|\|\||<<|>>|\|=|&=|\+=|[-<>+&|^*%])(?= )|"
                    r"\b(true|false)\b")
NUMBER = re.compile(r"\b(0x[0-9a-f]+|[0-9]+)(?=u?\b)")
NOT = re.compile(r"!(?=[a-z(])")
STATEMENT = re.compile(r"^ +(?!return|break|case|continue|goto)[a-z*+][^;{}=]*?"
                       r"(?:[|&+-]?=|\()[^;{}]*;$", re.M)
DECLARATION = re.compile(r"^ +(?:const |static |unsigned |struct |u?int|bool |enum |uint8_t "
                         r"|char )")


def candidates(text):
    """(start, end, what instead) of all mutants of a file."""
    shown = HIDDEN.sub(lambda match: re.sub(r"[^\n]", "\0", match[0]), text)
    for match in BINARY.finditer(shown):
        yield match.start(), match.end(), SWAPS[match[0]]
    for match in NUMBER.finditer(shown):
        yield match.start(), match.end(), str(int(match[0], 0) + 1)
    for match in NOT.finditer(shown):
        yield match.start(), match.end(), ""
    for match in STATEMENT.finditer(shown):
        if not DECLARATION.match(match[0]):
            yield match.start(), match.end(), ";"


def host_tests():
    """{name: source files}, as Meson knows them."""
    listed = json.loads(subprocess.run(["meson", "introspect", BUILD, "--targets"], check=True,
                                       stdout=subprocess.PIPE).stdout)
    return {target["name"]: [pathlib.Path(source).resolve() for group in target["target_sources"]
                             for source in group.get("sources", [])]
            for target in listed if target["name"].startswith("test_")}


class Bench:
    """Objects and programs of all tests, and of one mutant at a time."""

    def __init__(self, folder):
        self.folder, self.tests, self.objects = pathlib.Path(folder), host_tests(), {}

    def compile(self, source, output, flags, beside):
        done = subprocess.run([*COMPILE, *flags, f"-I{beside}", source, "-o", output], check=False,
                              stderr=subprocess.DEVNULL)
        return done.returncode == 0

    def object_of(self, source):
        if source not in self.objects:
            output = self.folder / f"{len(self.objects)}.o"
            if not self.compile(source, output, ["-O1", *SANITIZE], source.parent):
                sys.exit(f"{source}: does not compile")
            self.objects[source] = output
        return self.objects[source]

    def passes(self, test, source, instead):
        program = self.folder / "program"
        objects = [instead if other == source else self.object_of(other)
                   for other in self.tests[test]]
        subprocess.run(["gcc", *SANITIZE, *objects, "-lcmocka", "-o", program], check=True)
        try:
            return subprocess.run([program], check=False, timeout=LIMIT, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL).returncode == 0
        except subprocess.TimeoutExpired:
            return False

    def same_code(self, source, mutant):
        codes = []
        for file in (source, mutant):
            output = self.folder / "plain.o"
            if not self.compile(file, output, ["-O2"], source.parent):
                return True  # it does not compile: no mutant either
            code = self.folder / "plain.bin"
            subprocess.run(["objcopy", "-O", "binary", output, code], check=True)
            codes.append(code.read_bytes())
        return codes[0] == codes[1]

    def score(self, source, chosen):
        """(killed, all, survivors) of a file."""
        text, killed, survivors = source.read_text(encoding="utf-8"), 0, []
        tests = [name for name, sources in self.tests.items() if source in sources]
        mutant, output = self.folder / source.name, self.folder / "mutant.o"
        if not all(self.passes(test, source, self.object_of(source)) for test in tests):
            sys.exit(f"{source}: its tests fail as it is")
        for start, end, instead in chosen:
            mutant.write_text(text[:start] + instead + text[end:], encoding="utf-8")
            if self.same_code(source, mutant):
                continue
            self.compile(mutant, output, ["-O1", *SANITIZE], source.parent)
            if all(self.passes(test, source, output) for test in tests):
                line = text.count("\n", 0, start) + 1
                survivors.append(f"{source.relative_to(ROOT)}:{line}: "
                                 f"{text[start:end].strip()!r} -> {instead!r}")
            else:
                killed += 1
        return killed, killed + len(survivors), survivors


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--each", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    options = parser.parse_args()
    wanted = [path.resolve() for path in options.files]
    table = []
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(folder)
        sources = {source for sources in bench.tests.values() for source in sources
                   if ROOT / "tests" not in source.parents}
        for source in sorted(sources):
            if wanted and source not in wanted:
                continue
            all_of_them = list(candidates(source.read_text(encoding="utf-8")))
            chosen = random.Random(options.seed).sample(all_of_them,
                                                        min(options.each, len(all_of_them)))
            killed, count, survivors = bench.score(source, chosen)
            table.append((source.relative_to(ROOT), killed, count))
            print("\n".join(survivors + [f"# {table[-1][0]}: {killed} of {count}"]), flush=True)
    killed, count = (sum(row[i] for row in table) for i in (1, 2))
    print("\n".join(f"| {name} | {found} | {made} |" for name, found, made in table))
    print(f"| all | {killed} | {count} |")


if __name__ == "__main__":
    sys.exit(main())
