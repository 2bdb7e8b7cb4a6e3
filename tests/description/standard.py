#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The command beside odd standard files (closed, full, a pipe that nobody reads), interrupted, on a
machine without Debian's tools or without Python, in another project's environment, and beside odd
file names: one line at most, and never a traceback. Prints TAP."""

import json
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

COMMAND = ROOT / "tools/skerrylib/command.py"

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
BUILD = f"""
import sys
sys.path.insert(0, "{ROOT / 'tools'}")
from skerrylib import setup
setup.setup_build()
"""
NO_DEBIAN = {"PATH": "/nonexistent"}
# What stands for an apt-get that installs Python, and for that Python.
INSTALLS = 'case "$*" in *install*python3) cp {0}/answer {0}/python3;; esac'
ANSWER = '#!/bin/sh\necho "$@"$CFLAGS\n'


def shell(command, env):
    """Its output is a pipe without a reader."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer):
        return subprocess.run(
            ["/bin/sh", "-c", f'exec /usr/bin/python3 "$0" {command}', COMMAND],
            stdin=subprocess.DEVNULL, stdout=writer, stderr=subprocess.PIPE, text=True, env=env,
            check=False, timeout=60)


def odd_names(report, folder):
    """A line break in a description's name, and an image's name that is no UTF-8."""
    workshop_fill(folder)
    shutil.copy(HERE / "good/plain.toml", folder)
    env = {**os.environ, "SKERRY_BUILD": str(folder), "PYTHONIOENCODING": "utf-8:strict"}
    for name, status in (("absent\n.toml", 1), ("plain.toml", 0)):
        result = subprocess.run([sys.executable, "-c", BUILT, COMMAND, "pack",
                                 folder / name, "-o", folder / os.fsdecode(b"\xff.img")], env=env,
                                capture_output=True, text=True, check=False, timeout=60)
        report.point(result.returncode == status and result.stderr.count("\n") == status,
                     f"skerry pack {name!r} -o '\\xff.img'", result)


def without_python(report, folder):
    """tools/skerry itself, as on a machine where its Python is not there yet."""
    own = (ROOT / "tools/skerry").read_text(encoding="ascii")
    for what, user, apt_get, status, lines in (
            ("it is installed", 0, INSTALLS, 0, 1), ("apt-get fails", 0, "exit 100", 1, 2),
            ("not root", 1, INSTALLS, 1, 1)):
        for name, text in (("skerry", own.replace("/usr/bin/python3", f"{folder}/python3")),
                           ("id", f"#!/bin/sh\necho {user}\n"), ("answer", ANSWER),
                           ("apt-get", f"#!/bin/sh\n{apt_get.format(folder)}\n")):
            (folder / name).write_text(text, encoding="ascii")
            (folder / name).chmod(0o755)
        (folder / "python3").unlink(missing_ok=True)
        result = subprocess.run([folder / "skerry", "a b", "c"], capture_output=True, text=True,
                                env={"PATH": str(folder), "CFLAGS": "other"}, check=False,
                                timeout=60)
        said = f"{folder}/skerrylib/command.py a b c\n" if status == 0 else ""
        report.point(result.returncode == status and result.stdout == said
                     and result.stderr.count("\n") == lines,
                     f"no Python: {what}", result)


def strange_environment(report, folder):
    """tools/skerry itself: what others set for their programs is not for this one."""
    (folder / "skerrylib").mkdir()
    (folder / "skerrylib/__init__.py").write_text("1 / 0\n", encoding="ascii")
    for what, env in (("of another Python", dict.fromkeys(("PYTHONPATH", "PYTHONHOME"), folder)),
                      ("that is empty", {})):
        result = subprocess.run([ROOT / "tools/skerry", "list"], env=env, capture_output=True,
                                text=True, check=False, timeout=60)
        report.point(result.returncode == 0 and "\nhello " in result.stdout
                     and result.stderr == "", f"an environment {what}: skerry list", result)


def moved_build(report, folder):
    """Which build folders Meson configures again; it and ninja only say that they were called."""
    (folder / "build/meson-info").mkdir(parents=True)
    (folder / "build/build.ninja").touch()
    for name, text in (("meson", f"touch {folder}/called"), ("ninja", "echo no work to do")):
        (folder / name).write_text(f"#!/bin/sh\n{text}\n", encoding="ascii")
        (folder / name).chmod(0o755)
    here = {"source": str(ROOT), "build": str(folder / "build")}
    for what, folders, project, status, called in (
            ("in its place", here, "skerry", 0, False),
            ("that was moved", {**here, "build": "/other"}, "skerry", 0, True),
            ("of a source that was moved", {**here, "source": "/other"}, "skerry", 0, True),
            ("of another project", here, "other", 1, False)):
        for name, content in (("meson-info", {"directories": folders}),
                              ("intro-projectinfo", {"descriptive_name": project})):
            (folder / "build/meson-info").mkdir(exist_ok=True)
            (folder / "build/meson-info" / f"{name}.json").write_text(json.dumps(content))
        (folder / "called").unlink(missing_ok=True)
        env = {"PATH": f"{folder}:/usr/bin:/bin", "SKERRY_BUILD": str(folder / "build")}
        result = subprocess.run([sys.executable, "-c", BUILD], env=env, capture_output=True,
                                text=True, check=False, timeout=60)
        report.point(result.returncode == status and (folder / "called").exists() == called,
                     f"a build folder {what}", result)


def main():
    report = Report()
    for command, status, lines in CASES:
        result = shell(command, NO_DEBIAN)
        report.point(result.returncode == status and result.stderr.count("\n") == lines
                     and "Traceback" not in result.stderr, f"skerry {command}", result)
    stopped = subprocess.run([sys.executable, "-c", STOPPED, COMMAND],
                             stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    report.point(stopped.returncode == -signal.SIGINT and stopped.stderr == "",
                 "Ctrl-C while the command's modules are read", stopped)
    with tempfile.TemporaryDirectory() as folder:
        odd_names(report, pathlib.Path(folder))
        without_python(report, pathlib.Path(folder))
        strange_environment(report, pathlib.Path(folder))
        moved_build(report, pathlib.Path(folder))
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
