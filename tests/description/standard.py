#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The command beside odd standard files (closed, full, a pipe that nobody reads), interrupted, and
on a machine without Debian's tools: one line at most, and never a traceback. Prints TAP."""

import os
import pathlib
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from tap import Report

# command, its status, and the lines that it says
CASES = [("list >/dev/full", 1, 1), ("--help >/dev/full", 1, 1),
         ("list", 128 + signal.SIGPIPE, 0), ("run hello <&-", 1, 1)]
# Ctrl-C comes when the first module of the tool is looked for.
STOPPED = """
import os, runpy, signal, sys
class Stop:
    def find_spec(name, *_):
        return os.kill(os.getpid(), signal.SIGINT) if name == "skerrylib" else None
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Stop)
runpy.run_path(sys.argv[1], run_name="__main__")
"""
NO_DEBIAN = {"PATH": "/nonexistent"}


def shell(command, env):
    """Its output is a pipe without a reader."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer):
        return subprocess.run(
            ["/bin/sh", "-c", f'exec /usr/bin/python3 "$0" {command}', ROOT / "tools/skerry"],
            stdin=subprocess.DEVNULL, stdout=writer, stderr=subprocess.PIPE, text=True, env=env,
            check=False, timeout=60)


def main():
    report = Report()
    for command, status, lines in CASES:
        result = shell(command, NO_DEBIAN)
        report.point(result.returncode == status and result.stderr.count("\n") == lines
                     and "Traceback" not in result.stderr, f"skerry {command}", result)
    stopped = subprocess.run([sys.executable, "-c", STOPPED, ROOT / "tools/skerry"],
                             stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    report.point(stopped.returncode == -signal.SIGINT and stopped.stderr == "",
                 "Ctrl-C while the command's modules are read", stopped)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
