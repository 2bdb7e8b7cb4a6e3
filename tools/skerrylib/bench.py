# SPDX-License-Identifier: BSD-2-Clause
"""`skerry bench`: what guests/bench counts, beside other hypervisors' figures (tests/bench.toml)
and the budgets (tests/budgets.toml); the same in each boundary; the parts of one access; with
--long also Linux, over the same Linux without a hypervisor. --cpu, --boundary or --no-fast-path
choose one setup. Prints, and leaves bench.json and bench.html in the build folder. Counts are path
lengths, not cycles: docs/boundaries.md."""

import json
import tomllib

from . import measure, page, qemu, setup as host, systems
from .measure import LINUX_ROWS, Setup
from .steps import say

SETUPS = (
    Setup("el0", "el0, VHE, fast path"),
    Setup("el0_c", "el0, VHE, C path", fast_path=False),
    Setup("el1", "el1, VHE", boundary="el1"),
    Setup("el2", "el2, VHE", boundary="el2"),
    Setup("el0_stage2", "el0 by stage 2, no VHE", cpu="cortex-a72"),
    Setup("el1_plain", "el1, no VHE", cpu="cortex-a72", boundary="el1"),
    Setup("el2_plain", "el2, no VHE", cpu="cortex-a72", boundary="el2"),
)
PEERS = {"kvm_vhe": "KVM VHE", "kvm_no_vhe": "KVM no VHE", "xen": "Xen"}


def bench_read(name):
    """A table of tests/: bench.toml or budgets.toml."""
    return tomllib.loads((host.ROOT / "tests" / name).read_text(encoding="utf-8"))


def _chosen(options):
    """The setups to measure: all, or the one that the options name."""
    if (options.cpu == qemu.CPU_DEFAULT and options.boundary is None
            and not options.no_fast_path):
        return SETUPS
    for setup in SETUPS:
        if (setup.cpu, setup.boundary or "el0", setup.fast_path) == (
                options.cpu, options.boundary or "el0", not options.no_fast_path):
            return (setup,)
    path = "fast path" if not options.no_fast_path else "C path"
    vhe = "no VHE" if options.cpu in systems.CPUS_NO_VHE else "VHE"
    return (Setup("other", f"{options.cpu} ({vhe}), {options.boundary or 'el0'}, {path}",
                  options.cpu, options.boundary, not options.no_fast_path),)


def _measure(setup, options):
    say(f"guests/bench, {setup.text} ..")
    counts = measure.measure_events(setup, options)
    return {"text": setup.text, "cpu": setup.cpu, "boundary": setup.boundary or "el0",
            "fast_path": setup.uses_fast_path(), "counts": counts,
            "phases": measure.measure_phases(setup, options),
            "command": setup.command("run", "bench", "--icount"),
            "phases_command": setup.command("bench")}


def _measure_linux(setup, options, bare):
    """`bare` keeps what a CPU does without a hypervisor, for the next setup."""
    if setup.cpu not in bare:
        say(f"Linux on {setup.cpu} without a hypervisor ..")
        bare[setup.cpu] = measure.measure_linux(setup, options, bare=True)
    say(f"Linux, {setup.text} ..")
    counts = measure.measure_linux(setup, options)
    return {"command": setup.command("bench", "--long"), "bare": bare[setup.cpu],
            "counts": counts,
            "percent": {name: round((count / bare[setup.cpu][name] - 1) * 100, 3)
                        for name, count in counts.items()}}


def bench_over(result, budgets):
    """What is missing or over its budget: a list of lines."""
    wrong = []
    for name, budget in budgets.items():
        setup = result["setups"].get(name)
        if setup is None:
            continue
        found = dict(setup["counts"], **setup.get("linux", {}).get("percent", {}))
        for row, most in budget.items():
            if row not in found and (row not in LINUX_ROWS or "linux" in setup):
                wrong.append(f"{name}: {row} is missing: {setup['command']}")
            elif found.get(row, 0) > most:
                command = setup["linux"]["command"] if row in LINUX_ROWS else setup["command"]
                wrong.append(f"{name}: {row} takes {found[row]:g}, budget {most:g}: {command}")
    return wrong


def _print_peers(result):
    name, setup = next(iter(result["setups"].items()))
    budgets = result["budgets"].get(name, {})
    print(f"\n{setup['text'] + ', instructions an event':36} {'Skerry':>8} {'budget':>8} "
          + " ".join(f"{text:>10}" for text in (*PEERS.values(), "must", "goal")))
    for row, facts in result["rows"].items():
        figures = [*(facts["peers"][peer] for peer in PEERS), facts["must"], facts["goal"]]
        print(f"{facts['text']:36} {setup['counts'].get(row, float('nan')):8.0f} "
              f"{budgets.get(row, ''):>8} " + " ".join(f"{figure:10,}" for figure in figures))
    print(f"{setup['command']}")


def _print_setups(result):
    setups = result["setups"]
    if len(setups) == 1:
        return  # the table beside the peers has said it
    print(f"\n{'instructions an event':36} " + " ".join(f"{name:>10}" for name in setups))
    for row, facts in result["rows"].items():
        print(f"{facts['text']:36} " + " ".join(
            f"{setup['counts'].get(row, float('nan')):10.0f}" for setup in setups.values()))
    for name, setup in setups.items():
        print(f"{name:10}  {setup['text']:24} {setup['command']}")


def _print_phases(result):
    for name, setup in result["setups"].items():
        print(f"\na read of UARTFR, {setup['text']}: {sum(setup['phases'].values())} instructions "
              f"({setup['phases_command']})")
        print("  " + ", ".join(f"{phase} {count}" for phase, count in setup["phases"].items()))


def _print_linux(result):
    setups = {name: setup for name, setup in result["setups"].items() if "linux" in setup}
    for row, text in LINUX_ROWS.items() if setups else ():
        print(f"\n{text}, over no hypervisor")
        for setup in setups.values():
            linux = setup["linux"]
            print(f"  {setup['text']:24} {linux['percent'][row]:+8.3f} %  "
                  f"{linux['bare'][row] / 1e6:9.3f} -> {linux['counts'][row] / 1e6:9.3f} million   "
                  f"{linux['command']}")


def bench_measure(setups, options, linux=False):
    """All that is measured, as bench.json holds it."""
    result = {"rows": bench_read("bench.toml"), "budgets": bench_read("budgets.toml"),
              "linux_rows": LINUX_ROWS, "peers": PEERS,
              "setups": {setup.name: _measure(setup, options) for setup in setups}}
    bare = {}
    for setup in setups if linux else ():
        result["setups"][setup.name]["linux"] = _measure_linux(setup, options, bare)
    return result


def bench_run(options):
    result = bench_measure(_chosen(options), options, options.long)
    for part in (_print_peers, _print_setups, _print_phases, _print_linux):
        part(result)
    folder = host.build_folder()
    (folder / "bench.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    (folder / "bench.html").write_text(page.page_make(result), encoding="utf-8")
    say(f"wrote {folder / 'bench.json'} and bench.html")
    wrong = bench_over(result, result["budgets"])
    for line in wrong:
        print(f"over budget: {line}")
    return 1 if wrong else 0
