# SPDX-License-Identifier: BSD-2-Clause
"""What one access is made of: QEMU's trace of every instruction that the kernel and the servers
execute for an instruction of guests/bench, added up by phase. Nothing is computed from the source:
a phase is what lies between two symbols of the programs that ran. The instruction of the guest is
not part of it; the sum is what the guest counts with its clock (tests/qemu/bench.py)."""

import bisect
import collections
import itertools
import os
import re
import subprocess
import threading

from elftools.elf.elffile import ELFFile

from . import qemu, setup, systems
from .memory import LOAD_OFFSET
from .steps import Failure

GATE = 4096  # a server's range begins with its gate page
LIMIT = 120

# Symbols of the kernel at which a phase of the short way (fast.S) begins. Its vector is two:
# what ran before says whether a guest came or a server's reply.
PHASES = {"vectors": "vector", "fast_access": "save", "fast_decode": "decode",
          "fast_lookup": "lookup", "fast_message": "message", "fast_enter": "switch",
          "fast_clear": "clear", "fast_reply": "reply", "fast_unlocked": "reply",
          "frame_resume": "restore", "frame_resume_here": "restore"}

# Only boot runs these, and they are most of what a boot executes: they stay out of the trace.
BOOT = re.compile(r"crc|rule_|image_|boot_|main$|memset|pagetable_|space_create|start$")

# [host/pc/flags/..] of a block of one instruction, which _single_step makes of each.
LINE = re.compile(r"\[[0-9a-f]+/([0-9a-f]+)/")


def _symbols(path, wanted):
    """[(address, name)], sorted; one name of each address."""
    with open(path, "rb") as file:
        table = ELFFile(file).get_section_by_name(".symtab")
        found = {symbol["st_value"]: symbol.name for symbol in table.iter_symbols()
                 if wanted(symbol)}
    return sorted(found.items())


def _is_code(symbol):
    return symbol["st_info"]["type"] == "STT_FUNC" or symbol.name in PHASES


class _Places:
    """Who an address belongs to: a part of the kernel, a server, its gate, the guest."""

    def __init__(self, image, cpu, loop):
        base = systems.KERNEL_BASE_NO_VHE if cpu in systems.CPUS_NO_VHE else systems.KERNEL_BASE
        self.base = base + image.system.machine.ram_base + LOAD_OFFSET
        self.kernel = _symbols(setup.build_folder() / systems.KERNEL_PROGRAM, _is_code)
        self.starts = [start for start, _ in self.kernel]
        self.end = self.starts[-1] + 0x1000
        self.servers = [(program.base, server.name)
                        for server, program in zip(image.system.servers, image.packed.programs)]
        guest = dict((name, start) for start, name in _symbols(
            image.packed.guests[0].program, lambda symbol: symbol.name.startswith("loop_")))
        names = sorted(guest, key=guest.get)
        self.loop = guest[loop]
        after = names.index(loop) + 1
        self.loop_end = guest[names[after]] if after < len(names) else self.loop + 0x100

    def ranges(self):
        """For -dfilter: the kernel without what only boot runs, the servers, the guest's loop."""
        ends = self.starts[1:] + [self.end]
        spans = []
        for (start, name), end in zip(self.kernel, ends):
            if BOOT.match(name):
                continue
            if spans and spans[-1][1] == start:
                spans[-1][1] = end
            else:
                spans.append([start, end])
        words = [f"{self.base + start:#x}+{end - start:#x}" for start, end in spans]
        words += [f"{base:#x}+0x1000000" for base, _ in self.servers]
        return ",".join(words + [f"{self.loop:#x}+{self.loop_end - self.loop:#x}"])

    def find(self, pc):
        """("guest" | "server" | "gate" | "kernel", name)."""
        if self.loop <= pc < self.loop_end:
            return "guest", ""
        if pc >= self.base:
            return "kernel", self.kernel[bisect.bisect_right(self.starts, pc - self.base) - 1][1]
        for base, name in self.servers:
            if base <= pc < base + (1 << 32):
                return ("gate" if pc < base + GATE else "server"), name
        return "kernel", "?"


def _accesses(lines, places):
    """[(where, name) of each instruction] of each exit of the guest's loop, as they come. The
    kernel's own base lies above the servers' and the guest's: see systems.KERNEL_BASE."""
    run, began = [], False
    for line in lines:
        match = LINE.search(line)
        if match is None:
            continue
        place = places.find(int(match[1], 16))
        if place[0] != "guest":
            run.append(place)
            continue
        if run and began:
            yield run
        run, began = [], True


def _by_phase(run, fast):
    """{phase: instructions}, in the order in which they begin. Without the short way, kernel
    functions are their own phases."""
    counts, replied, phase = collections.OrderedDict(), False, None
    for where, name in run:
        if where in ("server", "gate"):
            phase, replied = name if where == "server" else "gate", True
        elif fast:
            phase = PHASES.get(name, phase)
            phase = "reply's vector" if phase == "vector" and replied else phase
        else:
            phase = f"{name}, reply" if replied and name == "vectors" else name
        counts[phase] = counts.get(phase, 0) + 1
    return counts


def _single_step(emulator):
    """Blocks of one instruction. QEMU 8.1 renamed the option, 10 took the old name away."""
    options = subprocess.run([emulator, "-help"], capture_output=True, text=True, check=True).stdout
    old = "-singlestep" in options
    return ["-singlestep"] if old else ["-accel", "tcg,one-insn-per-tb=on"]


def _trace(command, places, wanted):
    """Runs until `wanted` accesses came, or to the end, and returns them."""
    out, log = os.pipe()
    command = ["null" if word == "mon:stdio" else word for word in command]
    command += [*_single_step(command[0]), "-d", "exec,nochain", "-dfilter", places.ranges(),
                "-D", f"/dev/fd/{log}"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[log])
    os.close(log)  # QEMU's end alone is left: when it dies, the trace ends
    alarm = threading.Timer(LIMIT, process.kill)
    alarm.start()
    try:
        with open(out, encoding="ascii", errors="replace") as lines:
            return list(itertools.islice(_accesses(lines, places), wanted))
    finally:
        alarm.cancel()
        process.kill()
        process.wait()


def phases_count(image, options, loop, server, fast=True):
    """{phase: instructions} of an access of guests/bench's function `loop` that `server` answers:
    the one that most of the first accesses look like."""
    places = _Places(image, options.cpu, loop)
    command = qemu.qemu_command(image.path, image.system.machine, options)
    found = [_by_phase(run, fast) for run in _trace(command, places, 12)]
    found = [counts for counts in found if server in counts]
    if not found:
        raise Failure(f"the trace shows no access of {loop} that {server} answered")
    usual = collections.Counter(tuple(counts.items()) for counts in found).most_common(1)[0][0]
    return dict(usual)
