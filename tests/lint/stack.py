#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The deepest stack that the kernel can need, over every chain of calls in it as it was linked, and
that no function calls itself on any. What an indirect call can reach stands in TARGETS. Prints
TAP."""

import fnmatch
import re
import sys

sys.dont_write_bytecode = True
from tree import KERNEL_ELF, ROOT

from linked import Kernel
from tap import Report

PAGE = 4096
# Each starts on an empty stack (vectors.S, start.S), the last one on a CPU's emergency stack.
ROOTS = ("trap_sync", "trap_irq", "trap_serror", "main", "panic_exception")
FP = {"fp_save", "fp_load"}

ENTER = ["stage1_enter", "el0_enter", "el1_enter"]
LEAVE = ["stage1_leave", "el0_leave", "el1_leave"]
# By function: patterns of what its indirect calls can reach. Jumps of a `switch` are no calls.
TARGETS = {
    "access": ENTER,
    "cpu_wait": ["is_answered", "take_turn", "is_online", "has_work"],
    "leave_to_work": LEAVE,
    "meets": ["image_covers", "image_overlap"],
    "put": ["uart_put"],
    "start_again": [],  # itself, at VA = PA
    "start": ENTER,
    "trap_sync": ["guest_*", "register_access"],
    "visit_begin": LEAVE,
    "visit_restart": LEAVE,
    "visit_end": ENTER + LEAVE,
    "visit_reply": LEAVE,
}

PUSH = re.compile(r"\[sp, #-(\d+)\]!")
LOWER = re.compile(r"sp, sp, #(0x[0-9a-f]+|\d+)(, lsl #12)?$")
TARGET = re.compile(r"([0-9a-f]+) <[^+>]+>$")
TABLE_LOAD = ("ldrb", "ldrh", "ldrsb", "ldrsh", "ldrsw")


def plain(name):
    """Without what the compiler appends to the names of its variants."""
    return name.partition(".")[0]


class Functions:
    """Of each: the bytes that it takes from the stack (all of its pushes together), whom it calls,
    and to whom it jumps when its own are back on the stack."""
    def __init__(self, kernel):
        self.frames, self.calls, self.jumps, self.indirect, before = {}, {}, {}, [], []
        for instruction in kernel.instructions:
            self._take(kernel, instruction, before)
            before = before[-3:] + [instruction]
        self.unnamed = {plain(name) for name, _ in self.indirect} - set(TARGETS)
        self.idle = set(TARGETS) - {plain(name) for name, _ in self.indirect}
        for name, edges in self.indirect:
            for pattern in TARGETS.get(plain(name), []):
                edges[name].update(other for other in self.frames
                                   if fnmatch.fnmatchcase(plain(other), pattern))

    def _take(self, kernel, instruction, before):
        function, name, operands = instruction.function, instruction.name, instruction.operands
        if function not in self.frames:
            self.frames[function], self.calls[function], self.jumps[function] = 0, set(), set()
        push, lower = PUSH.search(operands), LOWER.match(operands)
        if push is not None:
            self.frames[function] += int(push[1])
        if lower is not None and name == "sub":
            self.frames[function] += int(lower[1], 0) << (12 if lower[2] else 0)
        edges = self.calls if name in ("bl", "blr") else self.jumps
        target = TARGET.search(operands) if name in ("b", "bl") else None
        if target is not None:
            other = kernel.function_at(int(target[1], 16))
            if other != function or name == "bl":
                edges[function].add(other)
        is_switch = name == "br" and any(other.name in TABLE_LOAD for other in before)
        if name in ("blr", "br") and not is_switch:
            self.indirect.append((function, edges))

    def deepest(self, root):
        """(bytes, chain) of the deepest chain from here, what is reached, and what is a cycle."""
        known, cycles = {}, set()

        def walk(function, chain):
            if function in chain:
                cycles.add(" > ".join([*chain[chain.index(function):], function]))
                return 0, []
            if function not in known:
                chain = [*chain, function]
                own = self.frames.get(function, 0)
                sizes = [(own, [])]
                for callee in sorted(self.calls.get(function, ())):
                    size, names = walk(callee, chain)
                    sizes.append((own + size, names))
                sizes += [walk(other, chain) for other in sorted(self.jumps.get(function, ()))]
                size, names = max(sizes, key=lambda found: found[0])
                known[function] = size, [function, *names]
            return known[function]

        return (*walk(root, []), set(known), cycles)


def stack_bytes():
    """Of cpu.h: a guard page below each."""
    text = (ROOT / "kernel/cpu.h").read_text(encoding="utf-8")
    return int(re.search(r"#define STACK_STRIDE (\w+)", text)[1], 0) - PAGE


def main():
    report = Report()
    kernel = Kernel(KERNEL_ELF)
    functions = Functions(kernel)
    report.empty(sorted(functions.unnamed | functions.idle),
                 f"TARGETS names what {len(TARGETS)} functions call indirectly, and these do")
    every, cycles = {i.function for i in kernel.instructions if i.home.endswith((".S", "?"))}, set()
    for root in ROOTS:
        size, chain, reached, own_cycles = functions.deepest(root)
        every |= reached
        cycles |= own_cycles
        report.point(size <= stack_bytes(), f"{root}: at most {size:,} of {stack_bytes():,} bytes")
        report.comment(" > ".join(f"{name} {functions.frames.get(name, 0)}" for name in chain))
    report.empty(sorted(functions.deepest("panic_exception")[2] & FP),
                 "panic_exception touches no V registers: they may trap to EL2 itself then")
    report.empty(sorted(cycles), "no function calls itself, directly or by others")
    report.empty(sorted(set(functions.frames) - every),
                 "every other function is on one of these chains")
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
