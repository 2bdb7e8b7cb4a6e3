#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""docs/server.md, done word by word in an empty folder: its files written, its commands run, and
what the machine says compared with what the page says (".." stands for anything)."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from tap import Report

LIMIT = 60  # seconds a command
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.M | re.S)


def run(command, folder):
    """Exit status and output. The build stands elsewhere if SKERRY_BUILD says so."""
    command = command.replace("$S/build", "$SKERRY_BUILD")
    done = subprocess.run(["sh", "-c", command], cwd=folder, env=os.environ | {"S": str(ROOT)},
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=LIMIT, text=True, check=False)
    return done.returncode, done.stdout


def main():
    report = Report()
    output = ""
    with tempfile.TemporaryDirectory() as folder:
        for kind, name, content in BLOCK.findall((ROOT / "docs/server.md").read_text("utf-8")):
            if name:
                (pathlib.Path(folder) / name).write_text(content, encoding="utf-8")
            elif kind == "sh":
                status, output = run(content, folder)
                report.point(status == 0, "; ".join(content.splitlines()))
                if status != 0:
                    report.comment(output)
            else:
                said = output.replace("\r", "").split("\n")
                for line in content.splitlines():
                    pattern = ".*".join(map(re.escape, line.split("..")))
                    report.point(any(re.fullmatch(pattern, other) for other in said), line)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
