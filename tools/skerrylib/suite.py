# SPDX-License-Identifier: BSD-2-Clause
"""`skerry test`: Meson runs the tests; this prints their table from Meson's log and the last line
`N passed, N failed`. The boots get the options of the command through the environment."""

import json
import os
import shlex
import subprocess
import tempfile

from . import steps

BOOT_OPTIONS = "SKERRY_BOOT"  # read by tests/qemu/boot.py
GOOD = ("OK", "EXPECTEDFAIL")
NEUTRAL = ("SKIP",)
LINES_SHOWN = 60


def suite_boot_options(options):
    """The command's options as boot.py takes them."""
    words = ["--cpu", options.cpu]
    for name in ("smp", "memory", "boundary", "timeout"):
        value = getattr(options, name)
        if value is not None:
            words += [f"--{name}", str(value)]
    for name in ("no_fast_path", "icount", "gdb"):
        if getattr(options, name):
            words.append("--" + name.replace("_", "-"))
    return shlex.join(words)


def _meson(build, options):
    command = ["meson", "test", "-C", str(build), "--print-errorlogs"]
    if not options.long:
        command += ["--no-suite", "long"]
    if options.gdb:
        command += ["--timeout-multiplier", "0", "--num-processes", "1"]
    env = dict(os.environ, **{BOOT_OPTIONS: suite_boot_options(options)})
    if os.statvfs(tempfile.gettempdir()).f_flag & os.ST_NOEXEC:  # some run what they make there
        (build / "tmp").mkdir(exist_ok=True)
        env["TMPDIR"] = str(build / "tmp")
    with steps.ending(subprocess.Popen(command, env=env)) as process:
        return process.wait()


def _results(build):
    log = build / "meson-logs/testlog.json"
    if not log.exists():
        return []
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines() if line]


def _print_failed(results):
    """The end of what a failed test said: for a boot, its console."""
    for result in results:
        if result["result"] not in GOOD + NEUTRAL:
            lines = (result.get("stdout") or "").rstrip().splitlines()
            print(f"\n--- {result['name']}, its last lines:")
            print("\n".join(lines[-LINES_SHOWN:]))


def suite_run(build, options):
    (build / "meson-logs/testlog.json").unlink(missing_ok=True)
    status = _meson(build, options)
    results = _results(build)
    _print_failed(results)
    print(f"\n{'test':44} {'result':12} seconds")
    for result in results:
        print(f"{result['name'][:44]:44} {result['result']:12} {result['duration']:7.1f}")
    passed = sum(result["result"] in GOOD for result in results)
    skipped = sum(result["result"] in NEUTRAL for result in results)
    failed = len(results) - passed - skipped
    if skipped:
        print(f"{skipped} skipped")
    if not results or (status != 0 and failed == 0):
        print(f"meson test ended with status {status}")
        failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0
