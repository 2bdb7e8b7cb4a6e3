# SPDX-License-Identifier: BSD-2-Clause
"""Starts QEMU's `virt` machine: interactively for `skerry run`, and behind a Console that tests and
the benchmark talk to. Whatever is started here is also ended here, by its process id."""

import argparse
import contextlib
import os
import select
import subprocess
import termios
import time

from .steps import say

PROGRAM = "qemu-system-aarch64"
CPU_DEFAULT = "max"
# QEMU computes plain `max`'s pointer authentication codes with QARMA: five times slower.
CPU_SPELLING = {"max": "max,pauth-impdef=on"}
CPUS_32_BIT = ("cortex-a7", "cortex-a15")  # `virt` takes them, and they run the image as A32 code
TIMEOUT_STATUS = 124  # as timeout(1)


def seconds(text):
    with contextlib.suppress(ValueError):
        if 0 < float(text) < float("inf"):
            return float(text)
    raise argparse.ArgumentTypeError(f"{text} is no time; give seconds, more than 0")


def model(text):
    if text.partition(",")[0] in CPUS_32_BIT:
        raise argparse.ArgumentTypeError(f"{text} has no AArch64; use max, cortex-a76, ..")
    return text


def qemu_options(parser):
    """The options that `run`, `test` and `bench` share."""
    parser.add_argument("--cpu", default=CPU_DEFAULT, type=model, metavar="MODEL",
                        help="QEMU's CPU model: max (default), cortex-a76, neoverse-n1, ..")
    parser.add_argument("--smp", type=int, metavar="N", help="physical CPUs")
    parser.add_argument("--memory", metavar="SIZE", help="RAM, as 512M or 2G")
    parser.add_argument("--boundary", choices=("el0", "el1", "el2"),
                        help="boundary of every server")
    parser.add_argument("--no-fast-path", action="store_true", help="all accesses by the C path")
    parser.add_argument("--icount", action="store_true",
                        help="count instructions: 1 ns of the guest's time each")
    parser.add_argument("--gdb", action="store_true", help="wait for a debugger on port 1234")
    parser.add_argument("--timeout", type=seconds, metavar="SECONDS",
                        help="end the machine after this time, with status 124")


def qemu_overrides(options):
    """What the options replace in a description: arguments of describe_load."""
    return {"cpus": options.smp, "memory": options.memory, "boundary": options.boundary,
            "fast_path": False if options.no_fast_path else None}


def qemu_command(image, machine, options, el2=True):
    """The argument list. `machine` is a description's; `el2` False is a bare machine for a guest
    without a hypervisor."""
    command = [PROGRAM, "-machine",
               f"virt,gic-version=3,virtualization={'on' if el2 else 'off'}",
               "-cpu", CPU_SPELLING.get(options.cpu, options.cpu),
               "-smp", str(machine.cpus), "-m", f"{machine.memory >> 20}M",
               "-display", "none", "-nic", "none", "-serial", "mon:stdio", "-kernel", str(image)]
    if options.icount:
        command += ["-icount", "shift=0,sleep=off"]
    if options.gdb:
        command += ["-s", "-S"]
    return command


def _terminal():
    """The terminal's settings, which QEMU changes and cannot put back when it is killed."""
    try:
        return termios.tcgetattr(0)
    except termios.error:
        return None


def qemu_interact(command, timeout):
    """Runs with this process's own input and output; returns QEMU's status."""
    settings = _terminal()
    process = subprocess.Popen(command)
    try:
        return process.wait(timeout=timeout)
    except subprocess.TimeoutExpired:
        say(f"ended after {timeout:g} s")
        return TIMEOUT_STATUS
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        if settings is not None:
            termios.tcsetattr(0, termios.TCSANOW, settings)


class Console:
    """A machine whose serial line is read and written by a program. Use it in a `with`: leaving
    that ends QEMU. All waiting stops at the deadline, `timeout` seconds from the start."""

    def __init__(self, command, timeout):
        command = ["stdio" if word == "mon:stdio" else word for word in command]
        self.deadline = time.monotonic() + timeout
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)
        self.output = ""
        self.seen = 0  # everything before this was matched by `expect`

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def _read(self):
        """Takes what there is. False at the end of output or of time."""
        left = self.deadline - time.monotonic()
        if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
            return False
        content = os.read(self.process.stdout.fileno(), 65536)
        self.output += content.decode("utf-8", errors="replace").replace("\r", "")
        return bool(content)

    def expect(self, text):
        """Waits until `text` appears after the last match; True if it did."""
        while True:
            place = self.output.find(text, self.seen)
            if place >= 0:
                self.seen = place + len(text)
                return True
            if not self._read():
                return False

    def send(self, text):
        try:
            self.process.stdin.write(text.encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # the machine is gone: the next expect or finish says so

    def finish(self):
        """Reads to the end; QEMU's status, or TIMEOUT_STATUS."""
        while self._read():
            pass
        try:
            return self.process.wait(timeout=max(self.deadline - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            return TIMEOUT_STATUS
