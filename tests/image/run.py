#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Boots of damaged images. Each must end the machine by itself, within seconds, with one line on
the UART that names the table and the entry. The host tests of image.c hold every rule; here it is
shown that the kernel applies them before it uses anything, and says so. Prints TAP."""

import argparse
import pathlib
import re
import sys
import tempfile
import time

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tools")]

from skerrylib import qemu, steps, systems
from damage import Image
from tap import Report

SYSTEM = ROOT / "guests/hello/system.toml"
LIMIT = 10     # seconds; a boot takes well below one
MEBI = 1 << 20
NO_RAM = re.compile(r"skerry: nothing answers at (\w+): is machine\.memory .* GICv3\?$")

# Files that are not all there, or not what was written. Their checksum stays as it is.


def cut_to(size):
    """The payload's first bytes are left, or all but its last."""
    def cut(image):
        image.cut((image.start if size >= 0 else len(image.content)) + size)
    return cut


def one_bit(image):
    image.content[-4097] ^= 1


def one_bit_of_a_table(image):
    image.content[image.start + image.table("region")["offset"]] ^= 1


DAMAGED = {
    "no payload": (cut_to(0), "header: is cut off"),
    "cut off in the header": (cut_to(8), "header: is cut off"),
    "cut off in the tables": (cut_to(600), "header: gives a size beyond the end of memory"),
    "cut off in the last page": (cut_to(-4096), "header: gives a size beyond the end of memory"),
    "one bit of a blob": (one_bit, "header: has a wrong checksum"),
    "one bit of a table": (one_bit_of_a_table, "header: has a wrong checksum"),
}

# Payloads that are what somebody wrote, and wrong: their checksum fits.


def header(**changes):
    return lambda image: image.header(**changes)


def table(name, **changes):
    return lambda image: image.table(name, **changes)


def entry(table, index, **changes):
    return lambda image: image.entry(table, index, **changes)


def same(table, index, field, from_table, from_index, from_field, plus=0):
    """One entry's field gets the value of another's."""
    def copy(image):
        image.entry(table, index,
                    **{field: image.entry(from_table, from_index)[from_field] + plus})
    return copy


def table_on_table(image):
    image.table("server", offset=image.table("region")["offset"])


def edges(*pairs):
    """Calls between the two servers; hello has none."""
    def make(image):
        for index in (0, 1):
            image.entry("server", index, called=image.entry("server", index)["access"])
        for caller, callee in pairs:
            image.append("edge", caller=caller, callee=callee)
    return make


WRONG = {
    "another magic number": (header(magic=0x0032595252454b53), "header: has no magic number"),
    "another format": (header(format=1), "header: has an unknown format"),
    "another ABI": (header(abi=2), "header: has another ABI version"),
    "a size below the header's": (header(size=8), "header: gives a size below its own"),
    "a size of 768 MiB": (header(size=768 * MEBI), "header: gives a size beyond the end of memory"),
    "a size of 2^64 - 1": (header(size=2**64 - 1), "header: gives a size beyond the end of memory"),
    "entries of another size": (table("vcpu", entry_size=24), "vcpu: has a wrong entry size"),
    "a table of no CPU": (table("cpu", count=0), "cpu: has too few entries"),
    "too many servers": (table("server", count=33), "server: has too many entries"),
    "a table outside": (table("load", offset=0xfffffff8),
                        "load: lies outside the payload, on the header or misaligned"),
    "a table on another": (table_on_table, "server: overlaps the table before it"),
    "the GIC in RAM": (same("machine", 0, "gicd", "machine", 0, "ram_base"),
                       "machine 0: gicd or gicr is misaligned, in RAM or out of range"),
    "a VM on the kernel": (same("region", 0, "pa", "machine", 0, "ram_base"),
                           "region 0: pa overlaps the kernel's memory"),
    "a VM on the kernel's pool": (same("region", 0, "pa", "machine", 0, "pool_pa"),
                                  "region 0: pa shares memory with another entry"),
    "a VM that starts outside": (entry("vm", 0, entry=0x3ffffffc),
                                 "vm 0: entry is not in executable memory"),
    "a load outside memory": (entry("load", 2, ipa=0x41000000),
                              "load 2: ipa is not within one region of its VM"),
    "a load on a load": (same("load", 1, "ipa", "load", 0, "ipa"),
                         "load 1: ipa overlaps another or the page behind it"),
    "a segment on a segment": (same("segment", 1, "va", "segment", 0, "va"),
                               "segment 1: va overlaps another or the page behind it"),
    "a segment in a VM's memory": (same("segment", 5, "pa", "region", 0, "pa"),
                                   "segment 5: pa shares memory with another entry"),
    "a segment written and executed": (entry("segment", 0, flags=3),
                                       "segment 0: flags is no possible combination"),
    "an entry point in data": (same("server", 0, "access", "segment", 2, "va"),
                               "server 0: access is not in executable memory"),
    "a frame that is RAM": (same("frame", 0, "pa", "region", 0, "pa"), "frame 0: pa is in RAM"),
    "a frame that is the GIC": (same("frame", 0, "pa", "machine", 0, "gicd"),
                                "frame 0: pa is the interrupt controller's"),
    "a window over memory": (same("window", 0, "ipa", "region", 0, "ipa"),
                             "window 0: ipa overlaps another or the page behind it"),
    "a window right behind memory": (same("window", 0, "ipa", "region", 0, "ipa", 16 * MEBI),
                                     "window 0: ipa overlaps another or the page behind it"),
    "a window of no server": (entry("window", 0, server=2), "window 0: server is not there"),
    "a server that calls itself": (edges((1, 1)),
                                   "edge 0: callee is not before its caller: a cycle?"),
    "servers that call each other": (edges((0, 1), (1, 0)),
                                    "edge 0: callee is not before its caller: a cycle?"),
}


# Payloads that break no rule and describe another machine than this one, of two CPUs.
ELSEWHERE = {
    "a distributor in flash memory": (entry("machine", 0, gicd=0x200000), 0),
    "redistributors in flash memory": (entry("machine", 0, gicr=0x200000), 0),
    "a CPU that is not there": (entry("cpu", 0, mpidr=7), 7),
}


def machine_boot(image, arguments, folder, gic=3):
    """(QEMU's status, what it said, line by line, seconds)"""
    path = folder / "damaged.img"
    path.write_bytes(image)
    command = [word.replace("gic-version=3", f"gic-version={gic}")
               for word in qemu.qemu_command(path, arguments.machine, arguments)]
    start = time.monotonic()
    with qemu.Console(command, LIMIT) as console:
        status = console.finish()
    return status, console.output.strip().split("\n"), time.monotonic() - start


def refused(report, what, line, result):
    status, said, seconds = result
    report.point(status == 0 and said == [f"skerry: {line}"], f"{what}: {line}",
                 f"status {status}, after {seconds:.1f} s\n" + "\n".join(said))


def check_refused(report, arguments, good, folder):
    for cases, seal in ((DAMAGED, False), (WRONG, True)):
        for what, (change, line) in cases.items():
            image = Image(good)
            change(image)
            if seal:
                image.seal()
            refused(report, what, "image: " + line,
                    machine_boot(image.content, arguments, folder))


def check_elsewhere(report, arguments, good, folder):
    arguments.machine.cpus = 2
    for what, (change, cpu) in ELSEWHERE.items():
        image = Image(good)
        change(image)
        image.seal()
        refused(report, what, f"GIC: no CPU {cpu}; are machine.gicd and gicr right?",
                machine_boot(image.content, arguments, folder))
    arguments.machine.cpus = 1


def check_memory(report, arguments, good, folder):
    """The kernel knows RAM from the image only. What the image does not use need not be there; an
    access to what it uses and is not there is the machine's error, and ends in one line that names
    the place and the key of the description, before any guest has run."""
    used = max(image.entry("region", index)["pa"] + image.entry("region", index)["size"]
               for image in [Image(good)] for index in range(image.table("region")["count"]))
    ram = Image(good).entry("machine", 0)["ram_base"]
    least = (used - ram) // MEBI
    image = Image(good)
    image.seal()
    status, said, _ = machine_boot(image.content, arguments, folder, gic=2)
    report.point(status == 0 and NO_RAM.match(said[-1]), "a machine with GICv2", "\n".join(said))
    for size, boots in ((512, True), (64, True), (least, True), (least - 2, False), (24, False),
                        (8, False)):
        arguments.machine.memory = size * MEBI
        # The same way as above, and nothing changed: it is the damage that stops the others.
        image = Image(good)
        image.seal()
        status, said, _ = machine_boot(image.content, arguments, folder)
        hello = any(line.startswith("Hello from EL1") for line in said)
        text = "boots" if boots else "ends in a line that says so, and no guest has run"
        told = NO_RAM.match(said[-1]) if said else None
        report.point(status == 0 and hello == boots
                     and (boots or told is not None and int(told[1], 16) >= ram + size * MEBI),
                     f"packed for 512 MiB, on a machine with {size}: {text}", "\n".join(said))
    arguments.machine.memory = 5120 * MEBI
    image = Image(good)
    image.claim(4096 * MEBI)
    image.header(size=3072 * MEBI)
    refused(report, "3 GiB that are there, and that start.S does not map",
            "image: header: gives a size beyond the end of memory",
            machine_boot(image.content, arguments, folder))


def main():
    parser = argparse.ArgumentParser()
    qemu.qemu_options(parser)
    arguments, report = parser.parse_args(), Report()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        try:
            packed = systems.systems_pack(SYSTEM, folder / "good.img")
            arguments.machine = packed.system.machine
            check_refused(report, arguments, packed.path.read_bytes(), folder)
            check_elsewhere(report, arguments, packed.path.read_bytes(), folder)
            check_memory(report, arguments, packed.path.read_bytes(), folder)
        except steps.Failure as failure:
            report.point(False, str(failure))
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
