# SPDX-License-Identifier: BSD-2-Clause
"""The keys of a system description: what each may hold and what it is when absent. describe.py
reads a file through it; docs/system.md explains every key and a test compares the two. Nothing
here knows what a key is for: what one key means for another is checked in describe.py."""

import re

from .steps import plain

LONGEST = 240  # characters of a message that come from the description


def _plain(text):
    text = plain(text[:LONGEST + 1])
    return text if len(text) <= LONGEST else text[:LONGEST] + ".."


def _shown(value):
    try:
        return repr(value)
    except (ValueError, RecursionError):  # too many digits, too deep
        return f"this {type(value).__name__}"


class Problem(Exception):
    """One error of a description: the key, what is wrong with it, what to do about it."""

    def __init__(self, key, wrong, remedy):
        super().__init__(f"{_plain(key)}: {_plain(wrong)}; {remedy}")
        self.key, self.wrong, self.remedy = key, wrong, remedy


REQUIRED = object()
ABSENT = object()  # a table that is read as if it stood there empty
MULTIPLIERS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


class Integer:
    def __init__(self, low, high, default=REQUIRED):
        self.low, self.high, self.default = low, high, default

    def read(self, value, key):
        if isinstance(value, bool) or not isinstance(value, int):
            raise Problem(key, f"{_shown(value)} is not an integer", "write a number")
        if not self.low <= value <= self.high:
            raise Problem(key, f"{value:#x} is out of range",
                          f"use {self.low:#x} to {self.high:#x}")
        return value


class Size:
    """Bytes, as an integer or as "64K", "256M", "1G"; a multiple of `unit`."""

    def __init__(self, low, high, unit, default=REQUIRED):
        self.low, self.high, self.unit, self.default = low, high, unit, default

    def read(self, value, key):
        if isinstance(value, str) and (match := re.fullmatch(r"([0-9]{1,15})([KMG]?)", value)):
            value = int(match[1]) * MULTIPLIERS[match[2]]
        if isinstance(value, bool) or not isinstance(value, int):
            raise Problem(key, f"{_shown(value)} is not a size",
                          'write bytes, or "64K", "256M", "1G"')
        if not self.low <= value <= self.high:
            raise Problem(key, f"{value:#x} bytes is out of range",
                          f"use {self.low:#x} to {self.high:#x}")
        if value % self.unit:
            below = value // self.unit * self.unit
            raise Problem(key, f"{value:#x} is not a multiple of {self.unit:#x}",
                          f"round it to {below:#x} or {below + self.unit:#x}")
        return value


class Boolean:
    def __init__(self, default=REQUIRED):
        self.default = default

    def read(self, value, key):
        if not isinstance(value, bool):
            raise Problem(key, f"{_shown(value)} is not a boolean", "write true or false")
        return value


class Text:
    def __init__(self, default=REQUIRED, pattern=r"[^\0\n]+", shape="text without line breaks"):
        self.default, self.pattern, self.shape = default, pattern, shape

    def read(self, value, key):
        if not isinstance(value, str):
            raise Problem(key, f"{_shown(value)} is not a string", "put it in quotes")
        if not re.fullmatch(self.pattern, value):
            raise Problem(key, f"{_shown(value)} does not fit", f"use {self.shape}")
        return value


class Choice:
    def __init__(self, *choices, default=REQUIRED):
        self.choices, self.default = choices, default

    def read(self, value, key):
        if value not in self.choices:
            raise Problem(key, f"{_shown(value)} is none of the choices",
                          "use one of " + ", ".join(self.choices))
        return value


class List:
    """An array of values of one kind, tables among them."""

    def __init__(self, item, default=(), least=0, most=64):
        self.item, self.default, self.least, self.most = item, default, least, most

    def read(self, value, key):
        if not isinstance(value, list):
            raise Problem(key, f"{_shown(value)} is not an array", "put it in square brackets")
        if not self.least <= len(value) <= self.most:
            raise Problem(key, f"it has {len(value)} entries",
                          f"use {self.least} to {self.most}")
        return [self.item.read(entry, f"{key}[{n}]") for n, entry in enumerate(value)]


class Map:
    """A table whose keys are the user's own; the values are of one kind."""

    def __init__(self, item):
        self.item, self.default = item, {}

    def read(self, value, key):
        if not isinstance(value, dict):
            raise Problem(key, f"{_shown(value)} is not a table", "write { name = value }")
        return {name: self.item.read(entry, f"{key}.{name}") for name, entry in value.items()}


class Node:
    """A table that was read: its values as attributes, and its place in the file as `key`."""

    def __init__(self, key, values):
        self.key = key
        self.__dict__.update(values)

    def at(self, name):
        return f"{self.key}.{name}" if self.key else name


class Table:
    def __init__(self, keys, default=REQUIRED):
        self.keys, self.default = keys, default

    def read(self, value, key=""):
        if not isinstance(value, dict):
            raise Problem(key, f"{_shown(value)} is not a table", "write { key = value, .. }")
        for name in value:
            if name not in self.keys:
                raise Problem((f"{key}." if key else "") + (name or '""'), "there is no such key",
                              "known here: " + ", ".join(sorted(self.keys)))
        values = {}
        for name, kind in self.keys.items():
            place = f"{key}.{name}" if key else name
            if name in value or kind.default is ABSENT:
                values[name] = kind.read(value.get(name, {}), place)
            elif kind.default is REQUIRED:
                raise Problem(place, "the key is missing", "add it")
            else:
                values[name] = kind.default
        return Node(key, values)


U64 = (1 << 64) - 1
ADDRESS = (1 << 48) - 1
REACH = 511 << 30  # of the kernel
RAM_MAX = 64 << 30
POOL_MAX = 1 << 30
IPA_END = 1 << 40
PAGE = 4096
BLOCK = 2 << 20
NAME = dict(pattern=r"[a-z0-9][a-z0-9_-]{0,14}",
            shape="1 to 15 lower-case letters, digits, - and _")

MACHINE = Table({
    "cpus": Integer(1, 16, 1),
    "memory": Size(16 << 20, RAM_MAX, BLOCK, 512 << 20),
    "ram_base": Size(0, REACH, BLOCK, 0x40000000),
    "gicd": Size(0, REACH, 0x10000, 0x08000000),
    "gicr": Size(0, REACH, 0x10000, 0x080a0000),
    "kernel_pool": Size(BLOCK, POOL_MAX, BLOCK, 4 << 20),
    "fast_path": Boolean(True),
})
FRAME = Table({
    "address": Size(0, ADDRESS, PAGE),
    "size": Size(PAGE, 1 << 30, PAGE, PAGE),
    "symbol": Text(None, r"[A-Za-z_]\w*", "a C identifier"),
    "write": Boolean(True),
    "dma_trusted": Boolean(False),
})
INTERRUPT = Table({
    "intid": Integer(32, 1019),
    "bit": Integer(0, 31),
    "edge": Boolean(False),
    "cpu": Integer(0, 15, 0),
})
CALL = Table({"server": Text(**NAME), "right": Integer(0, 0xffff, 0)})
RIGHTS = ("irq", "vcpu", "power")
POLICIES = ("restart", "stop-vm", "halt")
SERVER = Table({
    "name": Text(**NAME),
    "program": Text(None),
    "boundary": Choice("el0", "el1", "el2", default="el0"),
    "fp": Boolean(False),
    "concurrent": Boolean(False),
    "budget_us": Integer(1, 500, 100),
    "stack": Size(PAGE, 1 << 20, PAGE, 2 * PAGE),
    "policy": Choice(*POLICIES, default="restart"),
    "restarts": Integer(0, 255, 5),
    "next_policy": Choice(*POLICIES, default="halt"),
    "log": Boolean(False),
    "interrupts": List(INTERRUPT, most=32),
    "frames": List(FRAME, most=16),
    "calls": List(CALL, most=16),
    "set": Map(Integer(0, U64)),
})
REGION = Table({
    "address": Size(0, IPA_END - PAGE, PAGE),
    "size": Size(PAGE, IPA_END, PAGE),
    "write": Boolean(True),
    "execute": Boolean(True),
    "hidden": Boolean(False),
})
KERNEL = Table({
    "file": Text(),
    "format": Choice("image", "elf", "raw", default=None),
    "address": Integer(0, IPA_END - 1, None),
    "entry": Integer(0, IPA_END - 1, None),
})
INITRD = Table({
    "file": Text(None),
    "address": Size(0, IPA_END - PAGE, PAGE, None),
    "busybox": Boolean(False),
    "init": Text(None),
    "packages": List(Text(pattern=r"[a-z0-9][a-z0-9+.-]+", shape="a Debian package's name")),
    "programs": List(Text(pattern=r"(/(?!\.{1,2}(/|$))[^\0\n/]+)+",
                          shape="an absolute path in a package")),
}, default=None)
TREE = Table({
    "file": Text(None),
    "address": Size(0, IPA_END - 8, 8, None),
}, default=None)
LOAD = Table({"file": Text(), "address": Integer(0, IPA_END - 1)})
ROUTE = Table({
    "intid": Integer(32, 1019),
    "virtual": Integer(32, 991),
    "edge": Boolean(False),
})
DEVICE = Table({
    "kind": Choice("pl011", "pl031", "gicv3", "psci", "window", "sysreg", "smccc"),
    "server": Text(**NAME),
    "address": Size(0, IPA_END - PAGE, PAGE, None),
    "size": Size(PAGE, IPA_END, PAGE, None),
    "redistributors": Size(0, IPA_END - PAGE, PAGE, None),
    "interrupt": Integer(32, 991, None),
    "line": Integer(0, 0xffff, None),
    "right": Integer(0, 0xffff, 0),
    "rights": List(Choice(*RIGHTS), most=3),
    "register": List(Integer(0, 15), default=None, least=5, most=5),
    "first": Integer(0, 0xffffffff, None),
    "last": Integer(0, 0xffffffff, None),
    "compatible": List(Text(), default=None, least=1, most=8),
})
VM = Table({
    "name": Text(**NAME),
    "vcpus": Integer(1, 16, 1),
    "cpus": List(Integer(0, 15), default=None, least=1, most=16),
    "memory": List(REGION, REQUIRED, least=1, most=32),
    "pool": Size(BLOCK, POOL_MAX, BLOCK, BLOCK),
    "kernel": KERNEL,
    "initrd": INITRD,
    "command_line": Text("", r"[^\0\n]*"),
    "device_tree": TREE,
    "loads": List(LOAD),
    "timer": Boolean(True),
    "routes": List(ROUTE),
    "device": List(DEVICE, most=256),
})
SYSTEM = Table({
    "machine": Table(MACHINE.keys, default=ABSENT),
    "server": List(SERVER, most=32),
    "vm": List(VM, REQUIRED, least=1, most=8),
})
