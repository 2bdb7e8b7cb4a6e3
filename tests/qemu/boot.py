#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Boots one system afresh and tests it: the guest's own TAP lines, a chat with its console, and
the way it ends. Prints TAP. Meson runs it, once for each entry of meson.build; by hand:
boot.py SYSTEM [--chat FILE] [options of `skerry run`]. Never uses the network: what a system needs
was fetched by set-up.

A chat file has a line a step: `expect TEXT` waits for it, `send LINE` types it, `refuse TEXT` fails
if the whole output holds it, `# ..` is a comment."""

import argparse
import os
import pathlib
import re
import shlex
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tools")]
sys.dont_write_bytecode = True

from skerrylib import qemu, steps, suite, systems  # pylint: disable=wrong-import-position
from tap import Report  # pylint: disable=wrong-import-position

TAP_PLAN = re.compile(r"^1\.\.(\d+)\s*$", re.M)
TAP_POINT = re.compile(r"^(not ok|ok)\b *(\d*) *-? *(.*?)\s*$", re.M)


def chat_read(path):
    """(verb, text) of each step."""
    steps_read = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = line.rstrip()
        if not line or line.startswith("#"):
            continue
        verb, _, text = line.partition(" ")
        if verb not in ("expect", "send", "refuse") or (not text and verb != "send"):
            raise steps.Failure(f"{path}: line {number}: unknown step {line!r}")
        steps_read.append((verb, text))
    return steps_read


def chat_run(console, chat, report):
    """False if the guest stopped answering: later steps make no sense then."""
    for verb, text in chat:
        if verb == "send":
            console.send(text + "\n")
        elif verb == "expect":
            good = console.expect(text)
            report.point(good, f"saw {text!r}")
            if not good:
                return False
    return True


def tap_check(output, report):
    """Passes the guest's own test points on, and holds them against its plan."""
    plan = TAP_PLAN.search(output)
    points = TAP_POINT.findall(output)
    for verdict, _, text in points:
        report.point(verdict == "ok", f"guest: {text}")
    report.point(plan is not None and int(plan[1]) == len(points),
                 f"the guest planned {plan[1] if plan else 'nothing'} and ran {len(points)}")


def boot(options, report):
    chat = chat_read(options.chat) if options.chat else []
    timeout = options.timeout or options.limit
    with tempfile.TemporaryDirectory() as folder:
        image = systems.systems_pack(systems.systems_find(options.system),
                                     pathlib.Path(folder) / "skerry.img",
                                     qemu.qemu_overrides(options), kernel=options.kernel)
        command = qemu.qemu_command(image.path, image.system.machine, options)
        report.comment(shlex.join(command))
        with qemu.Console(command, timeout) as console:
            alive = chat_run(console, chat, report)
            status = console.finish() if alive else None
            output = console.output
    if options.tap:
        tap_check(output, report)
    for text in [text for verb, text in chat if verb == "refuse"]:
        report.point(text not in output, f"never said {text!r}")
    if alive:
        report.point(status == options.status, f"QEMU ended with status {status}")
    if report.failures:
        report.comment("the console:\n" + output)


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("system")
    parser.add_argument("--chat", type=pathlib.Path, metavar="FILE")
    parser.add_argument("--tap", action="store_true", help="the guest reports TAP")
    parser.add_argument("--limit", type=float, default=60,
                        help="seconds, if no --timeout is given")
    parser.add_argument("--kernel", help="another kernel of the build folder")
    parser.add_argument("--status", type=int, default=0, help="the status that QEMU must end with")
    qemu.qemu_options(parser)
    words = shlex.split(os.environ.get(suite.BOOT_OPTIONS, ""))
    return parser.parse_args(words + sys.argv[1:])


def main():
    report = Report()
    try:
        boot(parse(), report)
    except steps.Failure as failure:
        report.point(False, str(failure))
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
