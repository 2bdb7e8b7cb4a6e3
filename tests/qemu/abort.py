#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The aborts that guests/abort takes on Skerry against those of the same file on a bare machine at
EL1: ESR, FAR, ELR, SPSR and vector of each are the same, where the machine gives the abort at all.
Prints TAP."""

import argparse
import os
import pathlib
import re
import sys
import tempfile
import types

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tools")]
from skerrylib import qemu, systems
from tap import Report

GUEST = pathlib.Path(os.environ["SKERRY_BUILD"]) / "guests/abort.elf"
LINE = re.compile(r"^# abort (\S+) (.*)$", re.M)
CPU = "cortex-a76"  # 40 bits of address, as Skerry shows to guests
LIMIT = 40
BARE = types.SimpleNamespace(cpus=1, memory=16 << 20)  # as the VM
COMMON_LEAST = 30


def aborts(command):
    """name -> the syndrome, as the guest prints it."""
    with qemu.Console(command, LIMIT) as console:
        status = console.finish()
        return status, dict(LINE.findall(console.output))


def main():
    report = Report()
    parser = argparse.ArgumentParser()
    qemu.qemu_options(parser)
    options = parser.parse_args(["--cpu", CPU])
    with tempfile.TemporaryDirectory() as folder:
        image = systems.systems_pack(systems.systems_find("abort"),
                                     pathlib.Path(folder) / "skerry.img", {})
        status, ours = aborts(qemu.qemu_command(image.path, image.system.machine, options))
        report.point(status == 0 and len(ours) > COMMON_LEAST, f"Skerry: {len(ours)} aborts")
        status, bare = aborts(qemu.qemu_command(GUEST, BARE, options, el2=False))
        report.point(status == 0 and len(bare) > COMMON_LEAST, f"bare machine: {len(bare)} aborts")
    common = sorted(set(ours) & set(bare))
    report.point(len(common) > COMMON_LEAST, f"{len(common)} of them on both")
    for name in common:
        report.point(ours[name] == bare[name], name, f"Skerry: {ours[name]}\nbare:   {bare[name]}")
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
