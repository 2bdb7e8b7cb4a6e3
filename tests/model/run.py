#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Checks a model (*.pml) with spin: as it is, every state that can be reached is good; and with
each bug that its head lists as a PLANT, spin finds a bad one. Prints TAP."""

import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from tap import Report

DEPTH, MEGABYTES = 100000, 1500
RESULT = re.compile(r"depth reached (\d+), errors: (\d+)")
CAUSE = re.compile(r"^pan:1: (.*)$", re.M)


def check(model, plant):
    """What spin says: errors (None if it did not get to the end), and why."""
    with tempfile.TemporaryDirectory() as folder:
        said = ""
        for command in (["spin", f"-DPLANT={plant}", "-a", model],
                        ["gcc", "-O2", "-w", "-DSAFETY", "-DCOLLAPSE", f"-DMEMLIM={MEGABYTES}",
                         "-o", "pan", "pan.c"],
                        ["./pan", f"-m{DEPTH}"]):
            run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            said = run.stdout + run.stderr
            if run.returncode != 0:
                break
    result, cause = RESULT.search(said), CAUSE.search(said)
    whole = result is not None and "Search not completed" not in said and "too small" not in said
    errors = int(result[2]) if result and (whole or int(result[2])) else None
    return errors, cause[1] if cause else said[-2000:]


def main():
    model = pathlib.Path(sys.argv[1]).resolve()
    report = Report()
    plants = re.findall(r"\b(\d): ", model.read_text(encoding="utf-8").split("*/\n#")[0])
    errors, why = check(model, 0)
    report.point(errors == 0, "no bad state can be reached", why)
    for plant in plants:
        errors, why = check(model, plant)
        report.point(bool(errors), f"PLANT {plant} is noticed", why)
        if errors:
            report.comment(why)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
