#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A boot loader leaves a guest's timers on and their lines high, as they may be after a reset, when
CNTV_CTL_EL0 and CNTP_CTL_EL0 are UNKNOWN. hello starts all the same. Prints TAP."""

import pathlib
import struct
import sys
import tempfile
import types

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tools")]
from skerrylib import qemu, systems
from tap import Report

LIMIT = 30
ADDRESS = 0x44000000
MOV_X1_1 = 0xd2800021
TIMERS_ON = (0xd51be35f, 0xd51be321, 0xd51be25f, 0xd51be221)  # msr CNTV_CVAL, CNTV_CTL, CNTP_ ..
BRANCH = (0xd2a88002, 0xd61f0040)                             # mov x2, ADDRESS; br x2


def loader():
    """In the form of Linux' boot protocol: a header of 64 bytes, whose first word jumps over it."""
    header = struct.pack("<IIQQQ24x4sI", 0x14000010, 0, 0, 4096, 0xa, b"ARM\x64", 0)
    return header + struct.pack("<7I", MOV_X1_1, *TIMERS_ON, *BRANCH)


def main():
    report = Report()
    image = systems.systems_pack(systems.systems_find("hello"), None)
    machine = types.SimpleNamespace(cpus=1, memory=512 << 20)
    options = types.SimpleNamespace(cpu="max", icount=False, gdb=False)
    with tempfile.NamedTemporaryFile() as file:
        file.write(loader())
        file.flush()
        command = qemu.qemu_command(file.name, machine, options)
        command += ["-device", f"loader,file={image.path},addr={ADDRESS:#x},force-raw=on"]
        with qemu.Console(command, LIMIT) as console:
            report.point(console.expect("Hello from EL1"), "hello starts", console.output)
            report.point("down" not in console.output, "no server is kept from its work")
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
