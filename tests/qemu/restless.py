#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A guest that wakes twice in each tick: interrupts of servers go on for all that. Far more
characters than a tick may bring, each typed when the last one has come back."""

import argparse
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tools")]
from skerrylib import qemu, systems
from tap import Report

LIMIT, COUNT = 30, 300 # RATE_MAX of notify.c is 100


def main():
    report = Report()
    parser = argparse.ArgumentParser()
    qemu.qemu_options(parser)
    options = parser.parse_args(["--icount"]) # its wake-ups are exact
    with tempfile.TemporaryDirectory() as folder:
        image = systems.systems_pack(systems.systems_find("restless"),
                                     pathlib.Path(folder) / "skerry.img",
                                     qemu.qemu_overrides(options))
        command = qemu.qemu_command(image.path, image.system.machine, options)
        with qemu.Console(command, LIMIT) as console:
            echoed = 0
            if console.expect("ready"):
                for echoed in range(COUNT + 1):
                    console.send("x" if echoed < COUNT else ".")
                    if not console.expect("x" if echoed < COUNT else "."):
                        break
            report.point(echoed == COUNT, f"{echoed} of {COUNT} characters came back")
            report.point(console.finish() == 0, "QEMU ended with status 0")
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
