#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Random histories of what guests/twin does with GIC, timers and PSCI, on Skerry and on the bare
machine at EL1: all that its CPUs see is the same. Of the first history that differs the first step
that does is shown.
Prints TAP. With arguments, `KIND SEED CPUS STEPS ..`, other histories."""

import argparse
import os
import pathlib
import sys
import tempfile
import types

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tools")]
from skerrylib import qemu, systems
from tap import Report

GUEST = pathlib.Path(os.environ["SKERRY_BUILD"]) / "guests/twin.elf"
LIMIT = 60
KINDS = ("GIC", "timers", "PSCI", "registers of the GIC")
# (kind, seed, CPUs, steps); of the GIC's there are nine sorts: groups by EOI modes, see step_begin
HISTORIES = ([(0, seed, 1, 2048) for seed in range(27)] +
             [(0, seed, 2, 2048) for seed in range(9)] +
             [(1, seed, 1, 2048) for seed in range(10)] +
             [(1, seed, 2, 2048) for seed in range(6)] +
             [(2, seed, 4, 640) for seed in range(6)] +
             [(3, seed, cpus, 1024) for seed in range(4) for cpus in (1, 2)])
UNTRACED = 1 << 40
BEFORE = 40  # lines shown before the one that differs


def run(command, histories):
    """What the guest says of each (kind, seed, CPUs, steps, first step to trace): a list of lines.
    The last is incomplete if the machine stops or takes too long."""
    found = []
    with qemu.Console(command, LIMIT) as console:
        if not console.expect("ready"):
            return found
        for history in histories:
            console.send(" ".join(map(str, history)) + " ")
            start = console.seen
            complete = console.expect(f"end of {history[1]}\n")
            found.append(console.output[start:].splitlines())
            if not complete:
                break
        console.send("0 0 0 0 0 ")
        console.finish()
    return found


def differing(ours, bare):
    for number, (one, other) in enumerate(zip(ours, bare)):
        if one != other:
            return number
    return min(len(ours), len(bare))


def explain(report, commands, history):
    """The steps up to the first that differs."""
    ours, bare = (([*run(command, [(*history, 0)]), []])[0] for command in commands)
    number = differing(ours, bare)
    for line in ours[max(0, number - BEFORE):number]:
        report.comment("both:   " + line)
    for name, lines in (("Skerry", ours), ("bare  ", bare)):
        report.comment(f"{name}: " + (lines[number] if number < len(lines) else "nothing"))


def compare(report, folder, options, histories):
    """These histories, in a VM of as many CPUs as they have."""
    if not histories:
        return
    system = folder / "twin.toml"
    text = systems.systems_find("twin").read_text(encoding="utf-8")
    system.write_text(text.replace("cpus = 2", f"cpus = {histories[0][2]}"), encoding="utf-8")
    image = systems.systems_pack(system, folder / "skerry.img", qemu.qemu_overrides(options))
    bare_machine = types.SimpleNamespace(cpus=histories[0][2], memory=16 << 20)  # as the VM
    commands = (qemu.qemu_command(image.path, image.system.machine, options),
                qemu.qemu_command(GUEST, bare_machine, options, el2=False))
    ours, bare = (run(command, [(*history, UNTRACED) for history in histories])
                  for command in commands)
    shown = False
    for number, history in enumerate(histories):
        same = number < len(ours) and ours[number:number + 1] == bare[number:number + 1]
        same = same and ours[number][-1:] == [f"end of {history[1]}"]
        report.point(same, "{}, seed {}, {} CPUs, {} steps".format(KINDS[history[0]], *history[1:]))
        if not same and not shown:
            explain(report, commands, history)
            shown = True


def main():
    report = Report()
    parser = argparse.ArgumentParser()
    parser.add_argument("numbers", nargs="*", type=int)
    qemu.qemu_options(parser)
    options = parser.parse_args(["--icount", *sys.argv[1:]])  # the CPUs wait for one another
    histories = list(zip(*[iter(options.numbers)] * 4)) or HISTORIES
    with tempfile.TemporaryDirectory() as folder:
        for cpus in (1, 2, 4):
            compare(report, pathlib.Path(folder), options,
                    [history for history in histories if history[2] == cpus])
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
