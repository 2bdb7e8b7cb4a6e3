#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The command beside odd standard files (closed, full, a pipe that nobody reads), interrupted, on a
machine without Debian's tools, and beside odd file names: one line at most, and never a traceback.
Prints TAP."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from tap import Report
from workshop import HERE, workshop_fill

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
# Without set-up: the folder looks like a finished build.
BUILT = f"""
import runpy, sys
sys.path.insert(0, "{ROOT / 'tools'}")
from skerrylib import setup
setup.setup_host = setup.setup_build = lambda *_: None
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
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


def odd_names(report, folder):
    """A line break in a description's name, and an image's name that is no UTF-8."""
    workshop_fill(folder)
    shutil.copy(HERE / "good/plain.toml", folder)
    env = {**os.environ, "SKERRY_BUILD": str(folder), "PYTHONIOENCODING": "utf-8:strict"}
    for name, status in (("absent\n.toml", 1), ("plain.toml", 0)):
        result = subprocess.run([sys.executable, "-c", BUILT, ROOT / "tools/skerry", "pack",
                                 folder / name, "-o", folder / os.fsdecode(b"\xff.img")], env=env,
                                capture_output=True, text=True, check=False, timeout=60)
        report.point(result.returncode == status and result.stderr.count("\n") == status,
                     f"skerry pack {name!r} -o '\\xff.img'", result)


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
    with tempfile.TemporaryDirectory() as folder:
        odd_names(report, pathlib.Path(folder))
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
