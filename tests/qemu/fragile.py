#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A UART server that dies every few characters, in its init and in `notified` too
(servers/rogue-server/fragile.c): what the guest has written comes out once, without a gap, and so
do the kernel's lines about each crash, which stand between the pieces."""

import argparse
import pathlib
import re
import sys
import tempfile

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tools")]
from skerrylib import qemu, systems
from tap import Report

DESCRIPTION = ROOT / "guests/hello/fragile.toml"
HELLO = re.compile(r"Hello from EL1, on a CPU with MIDR_EL1 = 0x[0-9a-f]{8}\.")
DOWN = re.compile(r"^skerry: uart-server: down: .*; restarted \(failure (\d+)\)$", re.M)
LIMIT = 60


def boot(words):
    parser = argparse.ArgumentParser()
    qemu.qemu_options(parser)
    options = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as folder:
        image = systems.systems_pack(DESCRIPTION, pathlib.Path(folder) / "skerry.img",
                                     qemu.qemu_overrides(options))
        command = qemu.qemu_command(image.path, image.system.machine, options)
        with qemu.Console(command, LIMIT) as console:
            return console.finish(), console.output


def main():
    report = Report()
    for words in ([], ["--no-fast-path"], ["--boundary", "el1"]):
        status, output = boot(words)
        name = " ".join(words) or "fast path"
        text = "".join(re.sub(r"^skerry: .*$", "", output, flags=re.M).split("\n"))
        report.point(status == 0, f"{name}: QEMU ended with status {status}")
        crashes = [int(number) for number in DOWN.findall(output)]
        report.point(len(crashes) >= 5, f"{name}: the server died {len(crashes)} times")
        report.point(crashes == list(range(1, output.count("down") + 1)),
                     f"{name}: each is reported once, in a line of its own")
        good = HELLO.fullmatch(text) is not None
        report.point(good, f"{name}: its guest's line is as it was written")
        if not good:
            report.comment(repr(text))
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
