# SPDX-License-Identifier: BSD-2-Clause
"""skerry.img taken apart so that single fields of it can be changed: for run.py. Knows the layout
of include/skerry/image.h, from the tool's tables, and none of its rules."""

import struct
import zlib

from skerrylib import image

HEADER = struct.Struct("<" + image.HEADER)
TABLE = struct.Struct("<" + image.TABLE)
HEADER_FIELDS = ("magic", "format", "abi", "size", "checksum")
TABLE_FIELDS = ("count", "entry_size", "offset")
TYPES = list(image.TABLES)  # TYPES[0] is type 1
IMAGE_SIZE = 16             # where the Linux Image header says how large the whole file is


class Image:
    def __init__(self, content):
        self.content = bytearray(content)
        self.start = self.content.index(struct.pack("<Q", image.MAGIC), 4096)
        assert self.start % 4096 == 0

    def header(self, **changes):
        """Changes fields of the payload's header; the values of all of them."""
        return self._change(HEADER, HEADER_FIELDS, self.start, changes)

    def table(self, table, **changes):
        """The same for what the header says of a table."""
        place = self.start + HEADER.size + (TYPES.index(table) + 1) * TABLE.size
        return self._change(TABLE, TABLE_FIELDS, place, changes)

    def entry(self, table, index, **changes):
        """The same for an entry of a table."""
        layout = struct.Struct(image.image_format(table))
        place = self.start + self.table(table)["offset"] + index * layout.size
        return self._change(layout, [name for name, _ in image.image_fields(table)], place, changes)

    def append(self, table, **row):
        """One entry more; the tables behind it move into what is free of the payload's head."""
        there, layout = self.table(table), struct.Struct(image.image_format(table))
        content = layout.pack(*(row.get(name, 0 if not code.endswith("s") else b"")
                                for name, code in image.image_fields(table)))
        end = self.start + there["offset"] + there["count"] * layout.size
        head_end = self.start + image.Payload.HEAD
        self.content[end:head_end] = content + self.content[end:head_end - layout.size]
        self.table(table, count=there["count"] + 1)
        for behind in TYPES[TYPES.index(table) + 1:]:
            self.table(behind, offset=self.table(behind)["offset"] + layout.size)

    def seal(self):
        """The checksum as it must be."""
        self.header(checksum=0)
        self.header(checksum=zlib.crc32(self.content[self.start:]))

    def cut(self, size):
        """The file ends after `size` bytes, and its own header knows."""
        del self.content[size:]
        self.claim(size)

    def claim(self, size):
        """What the file's own header gives as its size."""
        struct.pack_into("<Q", self.content, IMAGE_SIZE, size)

    def _change(self, layout, names, place, changes):
        values = dict(zip(names, layout.unpack_from(self.content, place)))
        assert changes.keys() <= values.keys()
        values.update(changes)
        layout.pack_into(self.content, place, *values.values())
        return values
