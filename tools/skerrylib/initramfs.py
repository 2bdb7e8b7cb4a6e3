# SPDX-License-Identifier: BSD-2-Clause
"""Makes an initramfs (a newc cpio, deterministic) from Debian's static busybox, an init script, and
programs of other arm64 packages with the shared libraries that they need. guest.py calls it."""

import os
import pathlib
import stat

from elftools.elf.elffile import ELFFile

from .files import files_read
from .schema import Problem

FOLDERS = ("bin", "dev", "etc", "proc", "root", "run", "sbin", "sys", "tmp", "usr", "usr/bin",
           "usr/sbin")
CONSOLE = (5, 1)  # character device; the kernel opens /dev/console before init runs
LIBRARY_FOLDERS = ("lib/aarch64-linux-gnu", "usr/lib/aarch64-linux-gnu", "lib")


class Archive:
    """A newc archive: no times, no owners but root, inodes counted up."""

    def __init__(self):
        self.content = bytearray()
        self.names = set()

    def _entry(self, name, mode, content=b"", device=(0, 0)):
        if name in self.names:
            return
        self.names.add(name)
        encoded = name.encode() + b"\0"
        fields = [len(self.names), mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(encoded), 0]
        self.content += b"070701" + b"".join(b"%08X" % field for field in fields) + encoded
        self._pad()
        self.content += content
        self._pad()

    def _pad(self):
        self.content += bytes(-len(self.content) % 4)

    def folder(self, name):
        for parent in reversed(pathlib.PurePosixPath(name).parents):
            if str(parent) != ".":
                self._entry(str(parent), stat.S_IFDIR | 0o755)
        self._entry(name, stat.S_IFDIR | 0o755)

    def file(self, name, content, mode=0o755):
        if "/" in name:
            self.folder(name.rpartition("/")[0])
        self._entry(name, stat.S_IFREG | mode, content)

    def device(self, name, numbers):
        self._entry(name, stat.S_IFCHR | 0o600, device=numbers)

    def link(self, name, target):
        self._entry(name, stat.S_IFLNK | 0o777, target.encode())

    def finish(self):
        self.names.discard("TRAILER!!!")
        self._entry("TRAILER!!!", 0)
        return bytes(self.content)


def _find(folders, name):
    """The file of a package, symbolic links followed inside the package."""
    for folder in folders:
        path = folder / name
        for _ in range(8):
            if not os.path.islink(path):  # Path's own raise if the name is too long
                break
            target = path.readlink()
            path = (folder / str(target).lstrip("/") if target.is_absolute()
                    else path.parent / target)
        if os.path.isfile(path):
            return path
    return None


def _needs(path):
    """Shared libraries of a program and the loader that it asks for."""
    with open(path, "rb") as file:
        if file.read(4) != b"\x7fELF":
            return []
        elf = ELFFile(file)
        needs = [tag.needed for segment in elf.iter_segments("PT_DYNAMIC")
                 for tag in segment.iter_tags("DT_NEEDED")]
        for segment in elf.iter_segments("PT_INTERP"):
            needs.append(segment.get_interp_name())
        return needs


def _add_programs(archive, folders, programs, key):
    waiting = list(programs)
    while waiting:
        name = waiting.pop(0)
        places = [name.lstrip("/")] if "/" in name else [f"{folder}/{name}"
                                                        for folder in LIBRARY_FOLDERS]
        for place in places:
            path = _find(folders, place)
            if path is not None:
                break
        else:
            raise Problem(key, f"none of the packages holds {name}",
                          "add the Debian package that does to packages")
        if place not in archive.names:
            archive.file(place, path.read_bytes())
            waiting += _needs(path)


def initramfs_make(init, package_folder, packages, programs, key):
    """The archive's bytes. `init` is a script's path, `package_folder` finds a package's files."""
    archive = Archive()
    for folder in FOLDERS:
        archive.folder(folder)
    archive.device("dev/console", CONSOLE)
    busybox = _find([package_folder("busybox-static")], "bin/busybox")
    archive.file("bin/busybox", busybox.read_bytes())
    archive.file("init", files_read(init, f"{key}.init"))
    folders = [package_folder(package) for package in packages]
    _add_programs(archive, folders, programs, f"{key}.programs")
    archive.link("bin/sh", "busybox")  # unless a package brings one
    return archive.finish()
