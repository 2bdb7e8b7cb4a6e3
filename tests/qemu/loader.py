#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Boot loaders that leave things on. One leaves a guest's timers on and their lines high, as they
may be after a reset, when CNTV_CTL_EL0 and CNTP_CTL_EL0 are UNKNOWN; others leave SGIs and PPIs
active, so that none of them would come again, or the priorities of interrupts that they took; PPIs
or SPIs of the lowest priority, or PPIs by edge; one wants a maintenance interrupt, one runs on
SP_EL0, one has big-endian data. Guests run all the same. One starts the kernel on another CPU than
the image's first, one with CNTFRQ_EL0 at 0: both end in a line. Prints TAP."""

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

LIMIT = 60
ADDRESS = 0x44000000
MOV_X1_1 = 0xd2800021
TIMERS_ON = (0xd51be35f, 0xd51be321, 0xd51be25f, 0xd51be221)  # msr CNTV_CVAL, CNTV_CTL, CNTP_ ..
BRANCH = (0xd2a88002, 0xd61f0040)                             # mov x2, ADDRESS; br x2
# mov x1, 0x080b0000; mov w2, -1; str w2, [x1, 0x300]: GICR_ISACTIVER0 of CPU 0
ACTIVE = (0xd2a10161, 0x12800002, 0xb9030022)
LOW = (*ACTIVE[:2], 0xb9041822)   # the same with str w2, [x1, 0x418]: GICR_IPRIORITYR6
LOW_SPI = (0xd2a10001, ACTIVE[1], 0xb9042022)  # mov x1, 0x08000000; the same: GICD_IPRIORITYR8
EDGE = (*ACTIVE[:2], 0xb90c0422)  # str w2, [x1, 0xc04]: GICR_ICFGR1
PRIORITIES = (0x92800001, 0xd518c901)  # mov x1, -1; msr ICC_AP1R0_EL1, x1
PRIORITIES_0 = (0x92800001, 0xd518c881)  # the same of ICC_AP0R0_EL1
# mrs x1, SCTLR_EL2; orr x1, x1, 1 << 25; msr SCTLR_EL2, x1; isb: EE
BIG_ENDIAN = (0xd53c1001, 0xb2670021, 0xd51c1001, 0xd5033fdf)
# mov x0, CPU_ON; mov x1, 1; adr x2, 1f; smc 0; 0: wfe; b 0b; 1:
OTHER_CPU = (0xd2b88000, 0xf2800060, 0xd2800021, 0x10000082, 0xd4000003, 0xd503205f, 0x17ffffff)
NPIE = (0xd2800121, 0xd51ccb01)  # mov x1, 9; msr ICH_HCR_EL2, x1: no pending list register
CASES = (("hello", "its timers on", (MOV_X1_1, *TIMERS_ON), "Hello from EL1"),
         ("timer", "SGIs and PPIs active", ACTIVE, "timer: stopped"),
         ("timer", "active priorities", PRIORITIES, "timer: stopped"),
         ("timer", "active priorities of group 0", PRIORITIES_0, "timer: stopped"),
         ("timer", "low priorities", LOW, "timer: stopped"),
         ("routed", "low priorities of SPIs", LOW_SPI, "\nok 4"),
         ("timer", "PPIs by edge", EDGE, "timer: stopped"),
         ("hello", "a maintenance interrupt", NPIE, "Hello from EL1"),
         ("hello", "SPSel 0", (0xd50040bf,), "Hello from EL1"),
         ("hello", "big-endian data", BIG_ENDIAN, "Hello from EL1"),
         ("hello", "another CPU", OTHER_CPU, "GIC: no CPU 1"),
         ("hello", "no frequency", (0xd51be01f,), "CNTFRQ_EL0 is 0"))  # msr CNTFRQ_EL0, xzr


def loader(code):
    """In the form of Linux' boot protocol: a header of 64 bytes, whose first word jumps over it."""
    header = struct.pack("<IIQQQ24x4sI", 0x14000010, 0, 0, 4096, 0xa, b"ARM\x64", 0)
    return header + struct.pack(f"<{len(code) + len(BRANCH)}I", *code, *BRANCH)


def check(report, name, what, code, end):
    image = systems.systems_pack(systems.systems_find(name), None)
    machine = types.SimpleNamespace(cpus=2, memory=512 << 20)
    options = types.SimpleNamespace(cpu="max", icount=False, gdb=False)
    with tempfile.NamedTemporaryFile() as file:
        file.write(loader(code))
        file.flush()
        command = qemu.qemu_command(file.name, machine, options)
        command += ["-device", f"loader,file={image.path},addr={ADDRESS:#x},force-raw=on"]
        with qemu.Console(command, LIMIT) as console:
            report.point(console.expect(end), f"{name} with {what}", console.output)
            report.point(": down:" not in console.output and "not ok" not in console.output,
                         "nothing fails", console.output)


def main():
    report = Report()
    for case in CASES:
        check(report, *case)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
