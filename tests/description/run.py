#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Tests of the system description and the packing. Each file of bad/ is refused with the key and
words of its first line, and together they reach every error of the tool. The good one packs, twice
to the same bytes, and what it holds is what was described. Prints TAP."""

import ast
import contextlib
import os
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import traceback
import unittest.mock
import zlib

sys.dont_write_bytecode = True
from workshop import HERE, ROOT, workshop_fill

FOLDER = tempfile.TemporaryDirectory()
WORK = pathlib.Path(FOLDER.name)
os.environ["SKERRY_BUILD"] = str(WORK)

from skerrylib import (describe, devicetree, elf, image, memory, pack, schema,  # after SKERRY_BUILD
                       setup, systems)
from skerrylib.schema import Problem
from skerrylib.steps import Failure

LIBRARY = ROOT / "tools/skerrylib"
# Errors that no description causes: the kernel's own file, tested below.
APART = {"pack.py": ("_read_kernel",), "describe.py": ("describe_load",),
         "guest.py": ("_fetched",), "memory.py": ("_reach_check",)}


class Tap:
    count = failures = 0


def check(good, text, detail=""):
    Tap.count += 1
    Tap.failures += not good
    print(f"{'ok' if good else 'not ok'} {Tap.count} - {text}")
    if not good and detail:
        print("# " + str(detail).replace("\n", "\n# "))


def compile_description(path):
    """Packs a copy of the file, next to the workshop's programs."""
    copy = WORK / path.name
    shutil.copy(path, copy)
    return pack.pack_system(describe.describe_load(copy))


def problem_of(action):
    """The Problem that an action ends with, and where it was raised."""
    try:
        action()
    except Problem as problem:
        for frame in reversed(traceback.extract_tb(problem.__traceback__)):
            return problem, (pathlib.Path(frame.filename).name, frame.lineno)
    return None, None


def raise_sites():
    """(file, line, function) of each `raise Problem` in the library."""
    for path in sorted(LIBRARY.glob("*.py")):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef):
                continue
            for node in ast.walk(function):
                if (isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
                        and getattr(node.exc.func, "id", "") == "Problem"):
                    yield path.name, range(node.lineno, node.end_lineno + 1), function.name


def bad_files():
    reached = set()
    for path in sorted((HERE / "bad").glob("*.toml")):
        wanted = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# refused: ")
        problem, site = problem_of(lambda: compile_description(path))
        text = str(problem)
        good = (problem is not None and text.startswith(wanted) and text.isprintable()
                and len(text) < 800 and problem.remedy != "")
        check(good, f"bad/{path.name} is refused", f"got:    {text}\nwanted: {wanted}")
        reached.add(site)
    for name, lines, function in raise_sites():
        if function not in APART.get(name, ()):
            check(any((name, line) in reached for line in lines),
                  f"{name}: the error of {function}, line {lines[0]}, has a file in bad/")


def files_apart():
    problem, _ = problem_of(lambda: describe.describe_load(WORK / "absent.toml"))
    check(problem is not None and problem.key == "file", "an absent description", problem)
    (WORK / "latin.toml").write_bytes(b"# \xe9\n")
    problem, _ = problem_of(lambda: describe.describe_load(WORK / "latin.toml"))
    check(problem is not None and problem.key == "TOML", "a description that is not UTF-8", problem)
    (WORK / "endless.toml").symlink_to("/dev/zero")
    problem, _ = problem_of(lambda: describe.describe_load(WORK / "endless.toml"))
    check(problem is not None and problem.key == "file", "a description without end", problem)
    with unittest.mock.patch.object(setup, "setup_guest_package", side_effect=Failure("no")):
        problem, _ = problem_of(lambda: compile_description(HERE / "good/initrd.toml"))
    check(problem is not None and problem.key == "vm[0].initrd.packages", "no package", problem)
    with unittest.mock.patch.object(memory, "BOOT_MAP", memory.LOAD_OFFSET):
        problem, _ = problem_of(lambda: compile_description(HERE / "good/plain.toml"))
    check(problem is not None and problem.key == "system", "more than start.S maps", problem)
    kernel = WORK / "kernel/skerry.bin"
    content = kernel.read_bytes()
    for what, change in (("no header", bytes(9000)), ("empty", b"")):
        kernel.write_bytes(change)
        problem, _ = problem_of(lambda: compile_description(HERE / "good/plain.toml"))
        check(problem is not None and problem.key == "kernel", f"a kernel with {what}", problem)
    kernel.unlink()
    problem, _ = problem_of(lambda: compile_description(HERE / "good/plain.toml"))
    check(problem is not None and problem.key == "kernel", "no kernel", problem)
    kernel.write_bytes(content)


def refusals(*arguments):
    """What the command says about arguments that it cannot use: its status, the lines."""
    result = subprocess.run([ROOT / "tools/skerry", *arguments], capture_output=True, text=True,
                            check=False, stdin=subprocess.DEVNULL, timeout=60)
    return result.returncode, result.stderr.splitlines()


def command_line():
    for arguments in (["run", "--smp", "many"], ["run", "--timeout", "soon"],
                      ["run", "--timeout", "nan"], ["run", "--timeout", "-1"],
                      ["run", "--timeout", "1e400"], ["run", "--cpu", "cortex-a15"],
                      ["run", "--boundary", "el3"], ["run", "--unknown"], ["pack", "hello"],
                      ["run", "no-such-system"], ["run", "n" * 5000], []):
        status, lines = refusals(*arguments)
        check(status in (1, 2) and len(lines) == 1 and lines[0].startswith("skerry"),
              f"skerry {' '.join(arguments)[:40]} ends in one line", lines)


def special_output():
    """A device, a pipe or a socket is written to, not replaced by a file; what fails leaves
    nothing behind."""
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(str(WORK / "special"))
        for output in (WORK / "special", WORK):
            try:
                systems.systems_pack(WORK / "plain.toml", output)
                refused = False
            except Failure:
                refused = True
            check(refused and not output.is_file(), f"{output.name} is no file to pack into")
    text = (WORK / "plain.toml").read_bytes()
    with contextlib.suppress(Failure):
        systems.systems_pack(WORK / "plain.toml", WORK / "kernel/../plain.toml")
    check((WORK / "plain.toml").read_bytes() == text, "no image in the place of its description")
    there = sorted(WORK.iterdir())
    for what, failing, output in (("a full disk", "write_bytes", WORK / "x.img"),
                                  ("an interrupt", "rename", WORK / "x.img"),
                                  ("a name too long", "", WORK / ("x" * 300))):
        error = KeyboardInterrupt() if failing == "rename" else OSError(28, "No space")
        with contextlib.ExitStack() as stack:
            if failing:
                stack.enter_context(unittest.mock.patch.object(pathlib.Path, failing,
                                                               side_effect=error))
            try:
                systems.systems_pack(WORK / "plain.toml", output)
                refused = False
            except (Failure, KeyboardInterrupt):
                refused = True
        check(refused and sorted(WORK.iterdir()) == there, f"{what} leaves nothing behind")


def header_layout():
    """include/skerry/image.h, compiled for this machine, against image.py."""
    source = ["#include <stddef.h>", "#include <stdio.h>", "#include <skerry/image.h>",
              "int main(void) {", 'printf("MAGIC %llu\\n", (unsigned long long)IMAGE_MAGIC);']
    source.append('printf("FORMAT %d\\nABI %d\\n", IMAGE_FORMAT, ABI_VERSION);')
    source.append('printf("HEADER %zu\\nTABLE %zu\\nCONFIG %zu\\n", '
                  "offsetof(struct image_header, table), sizeof(struct image_table), "
                  "sizeof(struct server_config));")
    wanted = {"MAGIC": image.MAGIC, "FORMAT": image.FORMAT, "ABI": image.ABI,
              "HEADER": struct.calcsize("<" + image.HEADER),
              "TABLE": struct.calcsize("<" + image.TABLE),
              "RAM_MAX": schema.RAM_MAX, "CONFIG": 8 + image.VM_MAX * (8 + 8 * image.VCPU_MAX)}
    source.append('printf("RAM_MAX %llu\\n", (unsigned long long)RAM_MAX);')
    constants = [name for name in vars(image)
                 if name.startswith(("MACHINE_", "REGION_", "SERVER_", "SEGMENT_", "FRAME_",
                                     "INTERRUPT_"))]
    for name in constants:
        source.append(f'printf("{name} %u\\n", {name});')
        wanted[name] = getattr(image, name)
    for number, table in enumerate(image.TABLES, 1):
        struct_name = f"struct image_{table}"
        source.append(f'printf("{table} %d %zu\\n", IMAGE_{table.upper()}, sizeof({struct_name}));')
        wanted[table] = f"{number} {struct.calcsize(image.image_format(table))}"
        prefix = "<"
        for field, code in image.image_fields(table):
            source.append(f'printf("{table}.{field} %zu\\n", offsetof({struct_name}, {field}));')
            wanted[f"{table}.{field}"] = struct.calcsize(prefix)
            prefix += code
    source.append("}")
    (WORK / "layout.c").write_text("\n".join(source), encoding="ascii")
    subprocess.run(["gcc", "-I", ROOT / "include", "-o", WORK / "layout", WORK / "layout.c"],
                   check=True)
    printed = subprocess.run([WORK / "layout"], capture_output=True, text=True, check=True).stdout
    found = dict(line.split(" ", 1) for line in printed.splitlines())
    check(found == {name: str(value) for name, value in wanted.items()},
          f"image.py agrees with image.h in {len(wanted)} sizes, offsets and constants",
          {name: (found.get(name), value) for name, value in wanted.items()
           if found.get(name) != str(value)})


def kernel_program():
    """kernel/image.c as a program of this machine."""
    kernel = ROOT / "kernel"
    sources = [kernel / "image.c", HERE / "accept.c"]
    subprocess.run(["gcc", "-O1", "-I", kernel, "-I", ROOT / "include", "-o", WORK / "accept",
                    *sources], check=True)
    return WORK / "accept"


def kernel_accepts():
    program = kernel_program()
    printed = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    most = {name: int(count) for name, count in map(str.split, printed.splitlines())}
    check(all(most[table] == count for table, count in image.MOST.items()),
          "image.py knows how many entries the kernel takes", most)
    for path in sorted((HERE / "good").glob("*.toml")):
        file = WORK / "good.img"
        file.write_bytes(compile_description(path).content)
        kernel_size = (WORK / "kernel/skerry.bin").stat().st_size
        result = subprocess.run([program, file, str(image.align(kernel_size, 4096))],
                                capture_output=True, text=True, check=False)
        check(result.returncode == 0, f"the kernel accepts good/{path.name}", result.stdout)


def rows_of(content, table):
    """Rows of a table of a payload, as dictionaries, read independently of image.Payload."""
    kind = list(image.TABLES).index(table) + 1
    rows, size, offset = struct.unpack_from("<" + image.TABLE, content, 32 + 12 * kind)
    names = [name for name, _ in image.image_fields(table)]
    return [dict(zip(names, struct.unpack_from(image.image_format(table), content,
                                               offset + row * size)))
            for row in range(rows)]


def read_server(payload, address, size):
    """Bytes of the running server at an address, from its pristine segments."""
    for row in rows_of(payload, "segment"):
        if row["va"] <= address and address + size <= row["va"] + row["size"]:
            start = address - row["va"]
            content = payload[row["offset"]:row["offset"] + row["file_size"]]
            return content.ljust(row["size"], b"\0")[start:start + size]
    return b""


def good_file():
    packed = compile_description(HERE / "good/plain.toml")
    check(packed.content == compile_description(HERE / "good/plain.toml").content,
          "two packs of one description are the same bytes")
    content, kernel = bytes(packed.content), (WORK / "kernel/skerry.bin").read_bytes()
    check(content[:16] + content[24:9000] == kernel[:16] + kernel[24:9000],
          "the image begins with the kernel's own bytes")
    check(struct.unpack_from("<Q", content, 16)[0] == len(content), "image_size is the file's size")
    payload = content[12288:]
    header = list(struct.unpack_from("<" + image.HEADER, payload))
    checksum, header[4] = header[4], 0
    check(header[3] == len(payload), "the header has the payload's size")
    check(zlib.crc32(struct.pack("<" + image.HEADER, *header) + payload[32:]) == checksum,
          "the checksum is right")
    server, = rows_of(payload, "server")
    base = server["base"]
    symbols = packed.programs[0].symbols
    check(server["access"] == base + symbols["entry_access"][0] and server["init"] == 0
          and server["notified"] == 0 and server["called"] == 0,
          "absent entry points are zero", server)
    check(read_server(payload, base + symbols["base"][0], 8)
          == struct.pack("<Q", base + 0x80000000), "frames.symbol holds the frame's address")
    check(read_server(payload, base + symbols["count"][0], 8)
          == struct.pack("<Q", 0x123456789abcdef0), "set sets")
    check(read_server(payload, base + symbols["pointer"][0], 8)
          == struct.pack("<Q", base + symbols["count"][0]), "pointers are relocated")
    config = read_server(payload, base + symbols["server_config"][0], 24)
    check(struct.unpack("<IIIIQ", config) == (1, 1, 1, 96, 0), "server_config is filled", config)
    check(any(row["flags"] == 5 or row["flags"] == image.SEGMENT_STATE | image.SEGMENT_WRITE
              for row in rows_of(payload, "segment")), "a segment is .state")
    blocks = [(row["pa"], row["size"]) for row in rows_of(payload, "segment")
              + rows_of(payload, "region")]
    blocks += [(row["pool_pa"], row["pool_size"]) for row in rows_of(payload, "vm")
               + rows_of(payload, "machine")]
    blocks.append((0x40000000, 0x200000 + len(content)))
    check(not any(image.overlaps(*one, *other) for n, one in enumerate(blocks)
                  for other in blocks[:n]), "nothing shares physical memory")
    tree = [row for row in rows_of(payload, "load")
            if payload[row["offset"]:row["offset"] + 4] == b"\xd0\x0d\xfe\xed"]
    check(len(tree) == 1 and tree[0]["ipa"] == rows_of(payload, "vm")[0]["argument"] == 0x401f0000,
          "the device tree lies where x0 points", tree)
    problem, _ = problem_of(lambda: devicetree.devicetree_check(
        payload[tree[0]["offset"]:tree[0]["offset"] + tree[0]["size"]], "tree"))
    check(problem is None, "the device tree is well-formed", problem)


def v_registers():
    program = elf.ELFFile(open(WORK / "words.o", "rb"))
    for section, wanted in ((".text.v", True), (".text.x", False)):
        words = [word for word, in struct.iter_unpack("<I", program.get_section_by_name(
            section).data())]
        wrong = [f"{4 * n:#x}: {word:#010x}" for n, word in enumerate(words)
                 if elf.uses_v_register(word) != wanted]
        check(words and not wrong, f"{len(words)} words of {section} are told apart", wrong)
    program = elf.Server(WORK / "constant.elf", "program")
    problem, _ = problem_of(program.check_v_registers)
    check(problem is None, "data among the code is not taken for instructions", problem)


def keys_of(table, found):
    for name, kind in table.keys.items():
        found.add(name)
        for inner in (kind, getattr(kind, "item", None)):
            if isinstance(inner, schema.Table):
                keys_of(inner, found)


def documentation():
    text = (ROOT / "docs/system.md").read_text(encoding="utf-8")
    keys = set()
    keys_of(schema.SYSTEM, keys)
    missing = [key for key in sorted(keys)
               if not re.search(rf"`{key}`|[\[.{{ ]{key}(\]| = )", text)]
    check(not missing, f"docs/system.md explains all {len(keys)} keys", missing)


def main():
    workshop_fill(WORK)
    for test in (good_file, kernel_accepts, bad_files, files_apart, command_line, special_output,
                 header_layout, v_registers, documentation):
        test()
    print(f"1..{Tap.count}")
    return 1 if Tap.failures else 0


if __name__ == "__main__":
    sys.exit(main())
