# SPDX-License-Identifier: BSD-2-Clause
"""What the user sees while something takes time: one line a step, with its seconds. What takes
seconds and says nothing itself runs through step_run. Messages go to standard error, so that the
guest's serial line and TAP stay alone on standard output."""

import contextlib
import subprocess
import sys
import tempfile
import time

HEARTBEAT = 10  # seconds between two signs of life of a long step


class Failure(Exception):
    """Something that the user can act on: printed as one line, exit status 1."""


def plain(text):
    """Fit for a line on a terminal, whatever names it holds."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


@contextlib.contextmanager
def ending(process):
    """Whatever interrupts the wait for a program, the program has ended then, too."""
    try:
        yield process
    except BaseException:
        process.terminate()
        process.wait()
        raise


def say(text):
    print(f"skerry: {text}", file=sys.stderr, flush=True)


def _wait(process):
    start = time.monotonic()
    while True:
        try:
            return process.wait(timeout=HEARTBEAT)
        except subprocess.TimeoutExpired:
            print(f" {time.monotonic() - start:.0f} s ..", end="", file=sys.stderr, flush=True)


def step_run(text, command, cwd=None, env=None, attempts=1):
    """Runs a command behind a step line; its output is shown only if it fails every time."""
    print(f"skerry: {text} ..", end="", file=sys.stderr, flush=True)
    start = time.monotonic()
    for attempt in range(1, attempts + 1):
        with tempfile.TemporaryFile() as output:
            try:
                process = subprocess.Popen(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL,
                                           stdout=output, stderr=subprocess.STDOUT)
            except OSError as error:
                raise Failure(f"{command[0]}: {error.strerror}") from error
            with ending(process):
                status = _wait(process)
            output.seek(0)
            text_out = output.read().decode(errors="replace")
        if status == 0:
            print(f" {time.monotonic() - start:.1f} s", file=sys.stderr, flush=True)
            return text_out
        if attempt < attempts:
            print(" again ..", end="", file=sys.stderr, flush=True)
            time.sleep(2 * attempt)
    print(" failed", file=sys.stderr)
    print(text_out[-4000:].rstrip(), file=sys.stderr, flush=True)
    raise Failure(f"{text} failed: {command[0]} ended with status {status}")
