#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What an access costs does not depend on the number of windows, nor on the number of servers:
guests/windows counts, in systems made here from its description. Prints TAP."""

import argparse
import os
import pathlib
import re
import shlex
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tools")]
sys.dont_write_bytecode = True

from skerrylib import qemu, steps, suite, systems  # pylint: disable=wrong-import-position
from tap import Report  # pylint: disable=wrong-import-position

SYSTEM = ROOT / "guests/windows/system.toml"
VARIANTS = ((1, 1), (4, 1), (16, 1), (64, 1), (4, 4), (16, 16), (64, 16))  # windows, servers
FIRST, PAGE = 0x0a000000, 0x1000
TOLERANCE = 100  # hundredths of an instruction
LIMIT = 30
COUNT = re.compile(r"^bench (\w+) (\d+)\s*$", re.M)
DEVICES = re.compile(r'^\[\[server\]\]\nname = "device-.*?(?=^\[\[vm\]\])', re.M | re.S)
WINDOWS = re.compile(r'^ *\{ kind = "window".*\n', re.M)


def system_text(windows, servers):
    """The description with so many windows, shared out among so many servers."""
    text = SYSTEM.read_text(encoding="utf-8")
    devices = "".join(f'[[server]]\nname = "device-{n}"\nprogram = "probe-server"\n\n'
                      for n in range(servers))
    text = DEVICES.sub(lambda _: devices, text, count=1)
    lines = "".join(f'    {{ kind = "window", server = "device-{n % servers}", '
                    f'address = {FIRST + n * PAGE:#x}, size = {PAGE:#x} }},\n'
                    for n in range(windows))
    first = WINDOWS.search(text).start()
    return text[:first] + lines + WINDOWS.sub("", text[first:])


def measure(options, windows, servers):
    """What the guest counts: {name: value}."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "windows.toml"
        path.write_text(system_text(windows, servers), encoding="utf-8")
        image = systems.systems_pack(path, path.with_suffix(".img"), qemu.qemu_overrides(options))
        command = qemu.qemu_command(image.path, image.system.machine, options)
        with qemu.Console(command, options.timeout or LIMIT) as console:
            status = console.finish()
            if status != 0:
                raise steps.Failure(f"QEMU ended with status {status}:\n{console.output}")
            return {name: int(value) for name, value in COUNT.findall(console.output)}


def parse():
    parser = argparse.ArgumentParser()
    qemu.qemu_options(parser)
    options = parser.parse_args(shlex.split(os.environ.get(suite.BOOT_OPTIONS, "")) + sys.argv[1:])
    options.icount = True
    return options


def main():
    report, options, wanted = Report(), parse(), None
    for windows, servers in VARIANTS:
        try:
            counts = measure(options, windows, servers)
        except steps.Failure as failure:
            report.point(False, f"{windows} windows of {servers} servers", str(failure))
            continue
        wanted = wanted or counts.get("one", 0)
        one, every = counts.get("one", 0), counts.get("all", 0)
        same = one > 0 and max(abs(one - wanted), abs(every - wanted)) < TOLERANCE
        report.point(same and counts.get("windows") == windows,
                     f"{windows} windows of {servers} servers: one {one / 100:.2f}, all in turn "
                     f"{every / 100:.2f} instructions a read", str(counts))
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
