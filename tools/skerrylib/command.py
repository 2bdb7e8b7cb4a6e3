# SPDX-License-Identifier: BSD-2-Clause
"""The one command: installs what is missing, builds, and runs, tests, measures or packs a system.
It stays thin: its neighbours here do the work, Meson builds and tests."""

import signal

if signal.getsignal(signal.SIGINT) == signal.default_int_handler:  # else it is ignored
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until main: no traceback out of an import

# pylint: disable=wrong-import-position
import argparse
import os
import pathlib
import sys
import time

sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])
sys.dont_write_bytecode = True

from skerrylib import qemu, setup, steps, systems

GDB_SCRIPT = setup.ROOT / "tools/gdb/skerry.py"


def _prepare(debug=False):
    setup.setup_host(debug)
    return setup.setup_build()


def _seed(system):
    """Each run has seeds of its own, as on QEMU's machine, unless it is to be repeatable."""
    system.seed = os.urandom(64)


def command_run(options):
    path = systems.systems_find(options.system)
    _prepare(options.gdb)
    image = systems.systems_pack(path, None, qemu.qemu_overrides(options),
                                 None if options.icount else _seed)
    if options.gdb:
        symbols = systems.systems_symbols(image, options.cpu)
        steps.say("waiting for: gdb-multiarch -ex 'source "
                  f"{os.path.relpath(GDB_SCRIPT)}' -ex 'skerry {os.path.relpath(symbols)}'")
    command = qemu.qemu_command(image.path, image.system.machine, options)
    return qemu.qemu_interact(command, options.timeout)


def command_pack(options):
    path = systems.systems_find(options.system)
    _prepare()
    image = systems.systems_pack(path, options.output)
    systems.systems_print(image)
    return 0


def command_list(_options):
    for name, text in systems.systems_list():
        print(f"{name:16} {text}")
    return 0


def command_test(options):
    from skerrylib import suite
    start = time.monotonic()
    build = _prepare(options.gdb)
    for name, _ in systems.systems_list():
        systems.systems_fetch(systems.systems_find(name))
    steps.say(f"set-up took {time.monotonic() - start:.0f} s")
    return suite.suite_run(build, options)


def command_bench(options):
    from skerrylib import bench
    _prepare(options.gdb)
    return bench.bench_run(options)


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, as all of the tool does."""

    def error(self, message):
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def parse():
    parser = Parser(prog="skerry", description="The Skerry hypervisor's command.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="boot a system here; Ctrl-A X leaves")
    run.add_argument("system", nargs="?", default="linux", metavar="SYSTEM")
    test = commands.add_parser("test", help="run the tests")
    test.add_argument("--long", action="store_true", help="also those that take long")
    bench = commands.add_parser("bench", help="count instructions beside other hypervisors'")
    bench.add_argument("--long", action="store_true", help="also Linux's boot")
    for command in (run, test, bench):
        qemu.qemu_options(command)
    pack = commands.add_parser("pack", help="compile a system into one image")
    pack.add_argument("system", metavar="SYSTEM")
    pack.add_argument("-o", "--output", required=True, metavar="FILE")
    commands.add_parser("list", help="name the systems of this repository")
    return parser.parse_args()


def _end(number, _frame):
    """As Ctrl-C does: what was started ends first."""
    sys.exit(128 + number)


def _open_standard():
    """Who started this may have closed one of them: no other file may take its number."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)


def main():
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGTERM, _end),
                            (signal.SIGHUP, _end)):
        if signal.getsignal(number) == signal.SIG_DFL:  # else nohup wants it ignored
            signal.signal(number, handler)
    _open_standard()
    try:
        if sys.stdout is not None:
            # So that it fails here, not at the exit, and not of a file name that is no text.
            sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")
        options = parse()
        return globals()[f"command_{options.command}"](options)
    except steps.Failure as failure:
        print(f"skerry: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is left would fail again
        if isinstance(error, BrokenPipeError):  # `skerry list | head -1` is no error
            return 128 + signal.SIGPIPE
        print(f"skerry: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
