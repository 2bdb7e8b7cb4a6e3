# SPDX-License-Identifier: BSD-2-Clause
"""The benchmark's boots, all under -icount on one CPU: guests/bench, and Linux with and without a
hypervisor. A Setup is one way to run Skerry; bench.py says which are measured and prints them."""

import copy
import pathlib
import re
import shlex
import tempfile

from . import phases, qemu, systems
from .steps import Failure

COUNT = re.compile(r"^bench (\w+) (-?\d+(?:\.\d+)?)\s*$", re.M)
GUEST_LIMIT, LINUX_LIMIT = 300, 900
# Linux asks for random numbers and the time of day: the same in each run.
REPEATABLE = ["-seed", "1", "-rtc", "base=2024-01-01T00:00:00,clock=vm"]
# What Skerry does not show to a guest, a bare Linux would use and pay for.
BARE_FEATURES = {"max": ",sve=off,sme=off"}

# Linux's own clock is its counter, which -icount moves by one instruction a nanosecond. It starts
# with the timer's driver, early in the boot; microseconds of dmesg are thousands of instructions.
# Where Linux waits for a timer, an instruction more or less before it does not show.
STAMP = r"^\[ *(\d+\.\d+)\] "
BUSY = ("echo_begin>/dev/kmsg;for_i_in_$(seq_100);do_/bin/busybox_true;done;"
        "echo_end>/dev/kmsg;")
# One boot each; the rows are the times between two lines of its log (None: the clock's start).
LINUX_BOOTS = {
    "quiet": (BUSY + "dmesg", {"linux_boot_quiet": (None, "Run /init"),
                               "linux_fork_exec": ("begin", "end")}),
    "loglevel=7": ("dmesg", {"linux_boot_loud": (None, "Run /init")}),
}
LINUX_ROWS = {"linux_boot_quiet": "Linux to init, quiet",
              "linux_boot_loud": "Linux to init, loglevel=7",
              "linux_fork_exec": "100 x fork+exec in Linux"}


class Setup:
    """One way to run Skerry: a CPU model, the boundary of all servers, fast path or not."""

    def __init__(self, name, text, cpu="max", boundary=None, fast_path=True):
        self.name, self.text, self.cpu = name, text, cpu
        self.boundary, self.fast_path = boundary, fast_path

    def options(self, options):
        """The command's options, with this setup's in their place."""
        changed = copy.copy(options)
        changed.cpu, changed.boundary, changed.icount = self.cpu, self.boundary, True
        changed.no_fast_path = not self.fast_path
        return changed

    def words(self):
        """The same as words of a command line."""
        words = [] if self.cpu == qemu.CPU_DEFAULT else ["--cpu", self.cpu]
        words += ["--boundary", self.boundary] if self.boundary else []
        return words + ([] if self.fast_path else ["--no-fast-path"])

    def uses_fast_path(self):
        """fast.S serves boundary el0 on a CPU with VHE."""
        return (self.fast_path and self.boundary in (None, "el0")
                and self.cpu not in systems.CPUS_NO_VHE)

    def command(self, *words):
        return shlex.join(["tools/skerry", *words, *self.words()])


def _boot(command, limit):
    with qemu.Console(command, limit) as console:
        status = console.finish()
        if status != 0:
            tail = "\n".join(console.output.splitlines()[-20:])
            raise Failure(f"the benchmark's boot ended with status {status}:\n{tail}")
        return console.output


def _pack(system, folder, options, change=None):
    return systems.systems_pack(systems.systems_find(system), pathlib.Path(folder) / "image",
                                qemu.qemu_overrides(options), change)


def measure_events(setup, options):
    """What guests/bench counts: {name: instructions}."""
    options = setup.options(options)
    with tempfile.TemporaryDirectory() as folder:
        image = _pack("bench", folder, options)
        output = _boot(qemu.qemu_command(image.path, image.system.machine, options),
                       options.timeout or GUEST_LIMIT)
    return {name: float(count) for name, count in COUNT.findall(output)}


def measure_phases(setup, options):
    """The parts of a read of UARTFR: {phase: instructions}."""
    options = setup.options(options)
    with tempfile.TemporaryDirectory() as folder:
        return phases.phases_count(_pack("bench", folder, options), options, "loop_read",
                                   "uart-server", setup.uses_fast_path())


def _linux_time(output, begin, end):
    """Instructions between two messages of the log."""
    times = [re.search(STAMP + re.escape(text), output, re.M) if text else None
             for text in (begin, end)]
    if times[1] is None or (begin and times[0] is None):
        raise Failure(f"Linux's log has no line with {end!r}")
    return round((float(times[1][1]) - (float(times[0][1]) if begin else 0.0)) * 1e9)


def _linux_command(image, folder, options, line, bare):
    """QEMU's command for the packed system, or for its guest alone."""
    if not bare:
        return qemu.qemu_command(image.path, image.system.machine, options) + REPEATABLE
    for piece in image.packed.guests[0].pieces:
        (folder / piece.what).write_bytes(piece.content)
    command = qemu.qemu_command(folder / "kernel", image.system.machine, options, el2=False)
    command += REPEATABLE + ["-initrd", str(folder / "initrd"), "-dtb", str(folder / "device tree"),
                "-append", line]
    command[command.index("-cpu") + 1] += BARE_FEATURES.get(options.cpu, "")
    # QEMU describes all its RAM to a bare guest: give it what the VM has.
    command[command.index("-m") + 1] = f"{image.system.vms[0].memory[0].size >> 20}M"
    return command


def measure_linux(setup, options, bare=False):
    """Linux at this setup, or on the same CPU without a hypervisor: {row: instructions}."""
    options, rows = setup.options(options), {}
    for verbosity, (command, spans) in LINUX_BOOTS.items():
        line = f"console=ttyAMA0 {verbosity} skerry.run={command}"

        def change(system, line=line):
            system.vms[0].command_line = line

        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            image = _pack("linux", folder, options, change)
            output = _boot(_linux_command(image, folder, options, line, bare),
                           options.timeout or LINUX_LIMIT)
        for name, span in spans.items():
            rows[name] = _linux_time(output, *span)
    return rows
