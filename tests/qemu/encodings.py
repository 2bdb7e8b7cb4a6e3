#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What every encoding of a system register or system instruction does in guests/encodings, on
Skerry and on the bare machine at EL1: the same, but for what DESIGN lists with its reason. And no
register that a guest can write is seen again after its VM was reset. Prints TAP. With arguments,
other CPUs."""

import argparse
import os
import pathlib
import re
import sys
import tempfile
import types

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tools")]
from skerrylib import qemu, systems
from tap import Report

GUEST = pathlib.Path(os.environ["SKERRY_BUILD"]) / "guests/encodings.elf"
LIMIT = 150
BARE = types.SimpleNamespace(cpus=1, memory=16 << 20)  # as the VM
SWEEPS = {"1": "EL1", "o": "EL0, all open", "0": "EL0", "a": "EL0 in AArch32", "s": "special"}
CPUS = {"max": "1o0as", "cortex-a72": "1as", "neoverse-n1": "1"}  # a minute; by argument: all
LEAST = 60  # lines of a sweep
SHOWN = 20

# What Skerry gives. A string is the outcome itself: "" is that nothing is remarkable.
UNDEFINED = None          # no line: the plain Undefined exception
ZERO = "reads zero"       # writes do nothing; but Undefined where the machine has no such register
MOVES = "another value"   # each time
EITHER = "if trapped"      # Undefined, or as the machine has it where nothing traps it
ID = "by kernel/id.def"   # the machine's fields that are shown

# Modes, directions, encodings (op0 op1 CRn CRm op2; in AArch32 coprocessor less 14, opc1 CRn CRm
# opc2); what Skerry gives, why not what the machine does. The first row that fits decides.
DESIGN = (
    ("1", "r", "3 0 0 1-7 *", ID, "features that are not switched with the vCPU are hidden"),
    ("1", "rw", "2 0 0 2-15 4-7", UNDEFINED, "ID_AA64DFR0_EL1: two breakpoints, two watchpoints"),
    ("1", "r", "2 0 1 1 4", "x=8", "OSLSR_EL1: the OS lock is there, and open"),
    ("1", "rw", "2 0 0,1,7 * *", ZERO, "debug is there and does nothing (docs/system.md)"),
    ("1", "rw", "2 3 0 * *", ZERO, "the same: MDCCSR_EL0, DBGDTR_EL0"),
    ("1", "rw", "3 0 9 12-14 *", ZERO, "the PMU is hidden, and does nothing (docs/system.md)"),
    ("1", "rw", "3 3 9 12-14 *", ZERO, "PMU"),
    ("1", "rw", "3 3 14 8-15 *", ZERO, "PMU"),
    ("1", "rw", "3 0 1 2 0,6", UNDEFINED, "hidden: SVE, SME (ZCR_EL1, SMCR_EL1)"),
    ("1", "rw", "3 0 1 2 4", EITHER, "hidden by FEAT_FGT: SME (SMPRI_EL1)"),
    ("1o0", "rw", "3 3 13 0 5", EITHER, "hidden by FEAT_FGT: SME (TPIDR2_EL0)"),
    ("1", "rw", "3 * 11,15 * *", EITHER, "IMPLEMENTATION DEFINED: TIDCP, which QEMU 7 ignores"),
    ("1o0", "rw", "3 3 4 2 2", UNDEFINED, "hidden: SME (SVCR)"),
    ("1o0", "rw", "0 3 4 2-7 3", UNDEFINED, "hidden: SME (SMSTART, SMSTOP)"),
    ("1o0", "r", "3 3 4 4 1", "x=0", "FPSR, which SMSTART of the bare machine changes"),
    ("1", "rw", "3 0 5 3-5 *", UNDEFINED, "hidden: RAS (ERRIDR_EL1, ERX*_EL1)"),
    ("1", "rw", "3 0 10 4 *", UNDEFINED, "hidden: LORegions"),
    ("1", "rw", "3 0,3 13 0 7", UNDEFINED, "hidden: CSV2 2 (SCXTNUM)"),
    ("1", "rw", "3 0 12 0 1,2", UNDEFINED, "RVBAR, RMR: the highest exception level's, EL2's"),
    ("1", "w", "3 3 14 0 0", UNDEFINED, "CNTFRQ_EL0: for the highest exception level to write"),
    ("1", "r", "3 0 2 0 2", MOVES, "TCR_EL1.IPS: as the guest found ID_AA64MMFR0_EL1.PARange"),
    ("1o0", "rw", "3 3 2 4 0,1", MOVES, "RNDR, RNDRRS"),
    ("1o0", "rw", "3 3 14 0 1,2,5,6", MOVES, "counters"),
    ("1o0", "rw", "3 3 14 2,3 0,2", MOVES, "timers: TVAL, and CVAL which it is added to"),
    ("1o0", "w", "3 3 14 2,3 1", MOVES, "timers: ISTATUS"),
    ("1", "w", "3 0 4 6 0", "flips=f8", "ICC_PMR_EL1: QEMU's own keeps bits above 7"),
    ("1", "w", "3 0 12 8,12 3", "", "ICC_BPRn_EL1: QEMU's virtual one takes all ones for -1"),
    ("a", "r", "0 0 0-2 0 0", UNDEFINED, "AArch32 is hidden: DBGDIDR, DBGDRAR, DBGDSAR"),
    ("a", "rw", "0 3 0 5 0", UNDEFINED, "AArch32 is hidden: debug that QEMU 10 has there"),
    ("a", "r", "1 0 9 14 0", UNDEFINED, "AArch32 is hidden: PMUSERENR"),
    ("a", "r", "1 0 14 2,3 0", MOVES, "timers"),
)

# What is not switched with the vCPU must not be shown, whatever kernel/id.def says: fields of four
# bits, by the lowest.
HIDDEN = {"c020": (12, 28, 32, 36, 40, 44, 52),  # ID_AA64PFR0_EL1: EL3 RAS SVE SEL2 MPAM AMU RME
          "c021": (8, 12, 16, 24, 28),           # ..PFR1_EL1: MTE RAS_frac MPAM_frac SME RNDR_trap
          "c024": range(0, 64, 4), "c025": range(0, 64, 4),  # ID_AA64ZFR0_EL1, ID_AA64SMFR0_EL1
          "c028": (4, 8, 32, 40, 44, 52),        # ID_AA64DFR0_EL1: trace PMU SPE TRF TRBE BRBE
          "c030": (24,), "c031": (24, 28, 60),   # TME; GPA GPI LS64
          "c032": (8,),                          # GPA3: a server at EL0 has the guest's key
          "c038": (56, 60), "c039": (16,)}       # FGT ECV; LORegions

CSV2 = "3 0 0 4 0"  # ID_AA64PFR0_EL1: 2 becomes 1, not 0

# The same for lines of special.c, by what they begin with; a pattern for what follows.
SPECIAL = (
    (r"call 1[hs] \w+ 0001", r"x0=(\w+) .* esr=2000000", "an immediate is nobody's (SMCCC 2.9)"),
    (r"call 1s deadbeef 0000", r"x0=f{16} x1=\w+ x2=\w+ x3=\w+", "SMC is a call as HVC is"),
    (r"generate 1 d4(00002|1e000|1fffe)2", None, "HVC with an immediate"),
)


def fits(fields, code):
    """Whether a row's "3 0,3 1-7 * *" has this encoding."""
    values = (code >> 14, code >> 11 & 7, code >> 7 & 15, code >> 3 & 15, code & 7)
    for field, value in zip(fields.split(), values):
        spans = [part.split("-") for part in field.split(",")]
        if field != "*" and not any(int(span[0]) <= value <= int(span[-1]) for span in spans):
            return False
    return True


def parse(key):
    """(mode, direction, code), or None for a line of special.c."""
    found = re.fullmatch(r"([1o0a]) ([rw]) ([0-9a-f]{4})", key)
    return found and (found[1], found[2], int(found[3], 16))


def spell(key):
    if parse(key) is None:
        return key
    mode, direction, code = parse(key)
    fields = code >> 14, code >> 11 & 7, code >> 7 & 15, code >> 3 & 15, code & 7
    return f"{mode} {direction} {{}} {{}} C{{}} C{{}} {{}}".format(*fields)


def id_fields():
    """code -> (fields shown, bits set), as the kernel's table has them."""
    rows = re.findall(r"^ID_REGISTER\((\d), (\d), \w+,\s+(\w+),\s+(\w+)",
                      (ROOT / "kernel/id.def").read_text(encoding="utf-8"), re.M)
    return {3 << 14 | int(crm) << 3 | int(op2): (int(shown, 16), int(bits, 16))
            for crm, op2, shown, bits in rows}


def wanted(key, bare, ids):
    """What Skerry is to give where the bare machine gives `bare`: an outcome, MOVES, a pattern."""
    if parse(key) is None:
        row = next((row for row in SPECIAL if re.fullmatch(row[0], key)), None)
        return bare if row is None else row[1] and re.compile(row[1])
    mode, direction, code = parse(key)
    for modes, directions, fields, outcome, _ in DESIGN:
        if mode not in modes or direction not in directions or not fits(fields, code):
            continue
        if outcome == ID:
            shown, bits = ids.get(code, (0, 0))
            machine = int((bare or "x=0")[2:], 16)
            if fits(CSV2, code) and machine >> 56 & 15 > 1:
                bits |= 1 << 56  # and SCXTNUM is hidden
            return f"x={machine & shown | bits:x}"
        if outcome == ZERO:
            return bare if bare in (None, "write only") else "x=0" if direction == "r" else ""
        return outcome
    return bare


def agrees(ours, want, bare):
    if want == EITHER:
        return ours in (UNDEFINED, bare)
    if want == MOVES:
        return ours == bare or None not in (ours, bare) and "esr=" not in ours + bare
    return want.fullmatch(ours or "") is not None if isinstance(want, re.Pattern) else ours == want


def show(outcome):
    return "Undefined" if outcome is UNDEFINED else outcome or "done"


def differences(ours, bare, ids):
    for key in sorted(set(ours) | set(bare)):
        here, there = ours.get(key), bare.get(key)
        want = wanted(key, there, ids)
        if not agrees(here, want, there):
            yield f"{spell(key)}: Skerry: {show(here)}; bare: {show(there)}"


def run(command, orders):
    """What the guest says to each of these commands: a list of {key: outcome}."""
    found = []
    with qemu.Console(command, LIMIT) as console:
        console.expect("ready")
        for order in orders:
            start = console.seen
            console.send(order)
            if not console.expect("ready"):
                break
            lines = (line.partition(":") for line in console.output[start:].splitlines())
            found.append({key: outcome.strip() for key, colon, outcome in lines if colon})
        else:
            console.send("q")
        complete = console.finish() == 0 and len(found) == len(orders)
    return complete, found + [{}] * (len(orders) - len(found))


def leftovers(before, after):
    """What can be read at the start of a VM, and otherwise after the reset of a poisoned one."""
    for key in sorted(set(before) | set(after)):
        if wanted(key, before.get(key), {}) != MOVES and before.get(key) != after.get(key):
            yield f"{spell(key)}: {show(before.get(key))}, then {show(after.get(key))}"


def id_traps(lines):
    """Reads in the ID space that trap instead of being Undefined, if FEAT_IDST is hidden."""
    field = int(lines.get("1 r c03a", "x=0")[2:], 16) >> 36 & 15  # ID_AA64MMFR2_EL1.IDS
    for key, outcome in lines.items():
        found = parse(key)
        if field == 0 and found and fits("3 * 0 * *", found[2]) and "esr=62" in outcome:
            yield f"{spell(key)}: {outcome}"


def shown(lines):
    """Fields of ID registers that are not 0 and should be."""
    for code, places in HIDDEN.items():
        value = int(lines.get(f"1 r {code}", "x=0")[2:], 16)
        yield from (f"{spell('1 r ' + code)}: bit {place}" for place in places
                    if value >> place & 15)


def compare(report, cpu, sweeps, folder):
    parser = argparse.ArgumentParser()
    qemu.qemu_options(parser)
    options = parser.parse_args(["--cpu", cpu])
    image = systems.systems_pack(systems.systems_find("encodings"), folder / "skerry.img", {})
    orders = ["d", "p", "d", *sweeps]
    complete, (first, _, again, *ours) = run(
        qemu.qemu_command(image.path, image.system.machine, options), orders)
    report.point(complete, f"{cpu}: Skerry")
    complete, bare = run(qemu.qemu_command(GUEST, BARE, options, el2=False), sweeps)
    report.point(complete, f"{cpu}: bare machine")
    for name, here, there in zip(map(SWEEPS.get, sweeps), ours, bare):
        least = min(len(here), len(there))
        problems = [*differences(here, there, id_fields()), *shown(here),
                    *([] if least > LEAST else ["few"])]
        report.empty(problems[:SHOWN], f"{cpu}: {name}, {len(here)} that are not Undefined")
    problems = [*leftovers(first, again), *([] if len(first) > LEAST else ["few"])]
    report.empty(problems[:SHOWN], f"{cpu}: a reset leaves nothing")
    problems = [*id_traps({key: outcome for lines in ours for key, outcome in lines.items()})]
    report.empty(problems[:SHOWN], f"{cpu}: ID registers trap if FEAT_IDST is shown")


def main():
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        for cpu in sys.argv[1:] or CPUS:
            sweeps = "".join(SWEEPS) if sys.argv[1:] else CPUS[cpu]
            compare(report, cpu, sweeps, pathlib.Path(folder))
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
