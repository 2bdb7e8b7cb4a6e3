# SPDX-License-Identifier: BSD-2-Clause
"""For gdb-multiarch: `skerry FILE.symbols` loads the symbols of kernel, servers and guest, each
where the image puts it, and connects to QEMU. `tools/skerry run --gdb` prints the command."""

import gdb  # pylint: disable=import-error


class Skerry(gdb.Command):
    """skerry FILE.symbols [HOST:PORT]: symbols of a packed system, then connect."""

    def __init__(self):
        super().__init__("skerry", gdb.COMMAND_FILES, gdb.COMPLETE_FILENAME)

    def invoke(self, argument, from_tty):
        arguments = gdb.string_to_argv(argument)
        if not 1 <= len(arguments) <= 2:
            raise gdb.GdbError("usage: skerry FILE.symbols [HOST:PORT]")
        gdb.execute("set architecture aarch64")
        gdb.execute("set confirm off")
        with open(arguments[0], encoding="utf-8", errors="surrogateescape") as file:
            for line in file:
                what, offset, path = line.rstrip("\n").split(" ", 2)
                print(f"{what} at offset {offset}: {path}")
                gdb.execute(f"add-symbol-file {path} -o {offset}")
        target = arguments[1] if len(arguments) == 2 else "localhost:1234"
        gdb.execute(f"target remote {target}")


Skerry()
