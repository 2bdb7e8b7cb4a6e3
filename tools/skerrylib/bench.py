# SPDX-License-Identifier: BSD-2-Clause
"""`skerry bench`: guests/bench under -icount on one CPU, beside other hypervisors' figures
(tests/bench.toml) and the budgets (tests/budgets.toml); with --long also Linux's boot, as per cent
over the same boot without a hypervisor. Counts are path lengths, not cycles: they are blind to the
price of a system-register write, an ISB, a TLB or cache miss. They repeat exactly."""

import json
import pathlib
import re
import tempfile
import tomllib

from . import qemu, setup, systems
from .steps import Failure, say

COUNT = re.compile(r"^bench (\w+) (-?\d+(?:\.\d+)?)\s*$", re.M)
GUEST_LIMIT = 300
LINUX_LIMIT = 900

# Linux's own clock is its counter, which -icount moves by one instruction a nanosecond. It starts
# with the timer's driver, early in the boot; microseconds of dmesg are thousands of instructions.
# Where Linux waits for a timer, an instruction more or less before it does not show.
STAMP = r"^\[ *(\d+\.\d+)\] "
LINUX_ROWS = {
    "linux_boot_quiet": ("Linux to init, quiet", "quiet", "dmesg", None, "Run /init"),
    "linux_boot_loud": ("Linux to init, loglevel=7", "loglevel=7", "dmesg", None, "Run /init"),
    "linux_fork_exec": ("100 x fork+exec in Linux", "quiet",
                        "echo_begin>/dev/kmsg;for_i_in_$(seq_100);do_/bin/busybox_true;done;"
                        "echo_end>/dev/kmsg;dmesg", "begin", "end"),
}


def _read(name):
    return tomllib.loads((setup.ROOT / "tests" / name).read_text(encoding="utf-8"))


def _boot(command, limit):
    with qemu.Console(command, limit) as console:
        status = console.finish()
        if status != 0:
            tail = "\n".join(console.output.splitlines()[-20:])
            raise Failure(f"the benchmark's boot ended with status {status}:\n{tail}")
        return console.output


def _counts(options):
    """What guests/bench measured: {name: instructions}."""
    options.icount = True
    with tempfile.TemporaryDirectory() as folder:
        image = systems.systems_pack(systems.systems_find("bench"),
                                     pathlib.Path(folder) / "bench.img",
                                     qemu.qemu_overrides(options))
        output = _boot(qemu.qemu_command(image.path, image.system.machine, options),
                       options.timeout or GUEST_LIMIT)
    return {name: float(count) for name, count in COUNT.findall(output)}


def _linux_time(output, begin, end):
    """Instructions between two messages of the log; from the clock's start without `begin`."""
    times = [re.search(STAMP + re.escape(text), output, re.M) if text else None
             for text in (begin, end)]
    if times[1] is None or (begin and times[0] is None):
        raise Failure(f"Linux's log has no line with {end!r}")
    return (float(times[1][1]) - (float(times[0][1]) if begin else 0.0)) * 1e9


def _linux_row(options, folder, verbosity, command, begin, end):
    """(instructions without hypervisor, with Skerry) of one row."""
    line = f"console=ttyAMA0 {verbosity} skerry.run={command}"

    def change(system):
        system.vms[0].command_line = line

    image = systems.systems_pack(systems.systems_find("linux"), folder / "linux.img",
                                 qemu.qemu_overrides(options), change)
    pieces = {piece.what: piece for piece in image.packed.guests[0].pieces}
    for what, piece in pieces.items():
        (folder / what).write_bytes(piece.content)
    bare = qemu.qemu_command(folder / "kernel", image.system.machine, options, el2=False)
    bare += ["-initrd", str(folder / "initrd"), "-dtb", str(folder / "device tree"),
             "-append", line]
    # QEMU describes all its RAM to a bare guest: give it what the VM has.
    bare[bare.index("-m") + 1] = f"{image.system.vms[0].memory[0].size >> 20}M"
    skerry = qemu.qemu_command(image.path, image.system.machine, options)
    limit = options.timeout or LINUX_LIMIT
    return tuple(_linux_time(_boot(run, limit), begin, end) for run in (bare, skerry))


def _linux(options):
    options.icount = True
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, (text, *row) in LINUX_ROWS.items():
            say(f"{text}, twice ..")
            bare, skerry = _linux_row(options, pathlib.Path(folder), *row)
            rows[name] = {"text": text, "bare": bare, "skerry": skerry,
                          "percent": (skerry / bare - 1) * 100}
    return rows


def _verdict(value, budget):
    if budget is None:
        return ""
    return f"{budget:g} OVER" if value > budget else f"{budget:g}"


def _print_counts(rows, counts, budgets):
    columns = ("KVM VHE", "KVM no VHE", "Xen", "must", "goal")
    print(f"{'instructions an event':36} {'Skerry':>8} {'budget':>12} "
          + " ".join(f"{column:>10}" for column in columns))
    for name, row in rows.items():
        peers = row["peers"]
        values = (peers["kvm_vhe"], peers["kvm_no_vhe"], peers["xen"], row["must"], row["goal"])
        value = f"{counts[name]:.0f}" if name in counts else "missing"
        verdict = _verdict(counts[name], budgets.get(name)) if name in counts else ""
        print(f"{row['text']:36} {value:>8} {verdict:>12} "
              + " ".join(f"{figure:>10,}" for figure in values))
    for name in counts:
        if name not in rows:
            print(f"{name:36} {counts[name]:8.0f}")


def bench_run(options):
    rows, budgets = _read("bench.toml"), _read("budgets.toml")
    say("guests/bench under -icount ..")
    counts = _counts(options)
    _print_counts(rows, counts, budgets)
    failed = [name for name in rows if name not in counts]
    failed += [name for name, count in counts.items() if count > budgets.get(name, count)]
    linux = _linux(options) if options.long else {}
    for name, row in linux.items():
        verdict = _verdict(row["percent"], budgets[name])
        print(f"{row['text']:36} {row['percent']:+7.2f}% {verdict:>12}   "
              f"({row['bare'] / 1e6:.1f} -> {row['skerry'] / 1e6:.1f} million)")
        if row["percent"] > budgets[name]:
            failed.append(name)
    result = setup.build_folder() / "bench.json"
    result.write_text(json.dumps({"cpu": options.cpu, "counts": counts, "linux": linux}, indent=1),
                      encoding="utf-8")
    say(f"wrote {result}")
    if failed:
        say("missing or over budget: " + ", ".join(failed))
    return 1 if failed else 0
