# SPDX-License-Identifier: BSD-2-Clause
"""The structs of include/skerry/image.h and the making of a payload from rows of them. pack.py
fills the rows; a test compiles the header and compares every size and offset with those here.
`Payload` knows no meaning: it places tables and blobs and computes the checksum."""

import struct
import zlib

MAGIC = 0x0031595252454B53
FORMAT = 2
ABI = 1
HEADER = "QIIQQ"
TABLE = "III"  # one of each in the header, behind an empty one

SERVER_NOTE = 0x5345
VCPU_MAX = 16
STACK_TOTAL = 96
VM_MAX = 8

# In the order of enum image_type, from 1: name, fields (name, format); `x` is padding.
TABLES = {
    "machine": "ram_base:Q ram_size:Q gicd:Q gicr:Q pool_pa:Q pool_size:Q flags:I pad:I",
    "cpu": "mpidr:Q",
    "vm": "name:16s entry:Q argument:Q pool_pa:Q pool_size:Q",
    "vcpu": "mpidr:Q vm:B cpu:B pad:6s",
    "region": "ipa:Q pa:Q size:Q vm:B flags:B pad:6s",
    "load": "ipa:Q offset:Q size:Q vm:B pad:7s",
    "server": "name:16s base:Q size:Q init:Q access:Q notified:Q called:Q stack_top:Q "
              "stack_size:I stack_stride:I budget_us:I boundary:B policy:B next_policy:B "
              "restarts:B flags:I pad:I",
    "segment": "va:Q pa:Q size:Q offset:Q file_size:Q server:B flags:B pad:6s",
    "frame": "va:Q pa:Q size:Q server:B flags:B pad:6s",
    "window": "ipa:Q size:Q offset:Q right:H vm:B server:B pad:4s",
    "sysreg": "encoding:I right:H vm:B server:B",
    "smccc": "first:I last:I right:H vm:B server:B pad:4s",
    "edge": "right:H caller:B callee:B pad:4s",
    "interrupt": "intid:I server:B bit:B cpu:B flags:B",
    "route": "intid:I virtual_intid:I vm:B flags:B pad:6s",
    "line": "intid:I handle:H server:B vm:B vcpu:B pad:7s",
    "right": "server:B vm:B rights:H pad:I",
}

# The most entries that kernel/tables.def allows, for the tables that a description can overfill.
MOST = {"region": 64, "load": 128, "segment": 768, "frame": 256, "window": 1024, "sysreg": 256,
        "smccc": 128, "edge": 256, "interrupt": 64, "route": 256, "line": 1024}

MACHINE_NO_FAST_PATH = 1
REGION_WRITE, REGION_EXECUTE = 1, 2
SERVER_FP, SERVER_CONCURRENT, SERVER_LOG = 1, 2, 4
SEGMENT_WRITE, SEGMENT_EXECUTE, SEGMENT_STATE = 1, 2, 4
FRAME_WRITE = 1
FRAME_DMA = 128
INTERRUPT_EDGE = 1
BOUNDARIES = ("el0", "el1", "el2")
POLICIES = ("restart", "stop-vm", "halt")


def image_fields(table):
    return [tuple(field.split(":")) for field in TABLES[table].split()]


def image_format(table):
    return "<" + "".join(code for _, code in image_fields(table))


def _row_pack(table, row):
    values = []
    for name, code in image_fields(table):
        value = row.pop(name, b"" if code.endswith("s") else 0)
        values.append(value.encode() if isinstance(value, str) else value)
    assert not row, f"{table}: {row}"
    return struct.pack(image_format(table), *values)


def align(value, unit):
    return -(-value // unit) * unit


def overlaps(start, size, other_start, other_size):
    return start < other_start + other_size and other_start < start + size


class Payload:
    """Rows and blobs in, bytes out. A blob's offset is known as soon as it is added, because the
    blobs follow a head of fixed size; the same bytes are stored once."""

    HEAD = 256 << 10  # more than header and full tables take

    def __init__(self):
        self.rows = {table: [] for table in TABLES}
        self.blobs, self.blobs_size = [], 0
        self.known = {}

    def add(self, table, **row):
        self.rows[table].append(_row_pack(table, row))

    def blob(self, content):
        """Offset of the bytes in the payload, page-aligned so that the kernel may map them."""
        content = bytes(content)
        if content not in self.known:
            self.known[content] = self.size()
            self.blobs.append(content.ljust(align(len(content), 4096), b"\0"))
            self.blobs_size += len(self.blobs[-1])
        return self.known[content]

    def size(self):
        return self.HEAD + self.blobs_size

    def overfull(self):
        """The name of a table with more entries than the kernel takes, or None."""
        return next((table for table, most in MOST.items() if len(self.rows[table]) > most), None)

    def finish(self):
        offset = struct.calcsize("<" + HEADER) + (len(TABLES) + 1) * struct.calcsize("<" + TABLE)
        places, tables = bytes(struct.calcsize("<" + TABLE)), b""
        for table, rows in self.rows.items():
            places += struct.pack("<" + TABLE, len(rows), struct.calcsize(image_format(table)),
                                  offset + len(tables))
            tables += b"".join(rows)
            tables += bytes(-len(tables) % 8)
        head = places + tables
        size = self.size()
        assert struct.calcsize("<" + HEADER) + len(head) <= self.HEAD
        head = head.ljust(self.HEAD - struct.calcsize("<" + HEADER), b"\0")

        def header(checksum):
            return struct.pack("<" + HEADER, MAGIC, FORMAT, ABI, size, checksum)

        checksum = zlib.crc32(header(0) + head)
        for blob in self.blobs:
            checksum = zlib.crc32(blob, checksum)
        return b"".join((header(checksum), head, *self.blobs))
