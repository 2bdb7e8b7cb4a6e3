#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Two systems that differ in one server only: the kernel's file and its bytes in both images are
the same (but for image_size in the Image header, which is the image's), and so are the other
servers."""

import hashlib
import os
import pathlib
import struct
import sys
import time

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tools")]
from skerrylib import systems
from tap import Report

KERNEL = pathlib.Path(os.environ["SKERRY_BUILD"]) / "kernel/skerry.bin"
IMAGE_SIZE = slice(16, 24)


def pack(name):
    start = time.monotonic()
    image = systems.systems_pack(systems.systems_find(name), None)
    return pathlib.Path(image.path).read_bytes(), (time.monotonic() - start) * 1000


def kernel_of(image, size):
    kernel = bytearray(image[:size])
    kernel[IMAGE_SIZE] = bytes(8)
    return bytes(kernel)


def main():
    report = Report()
    before = KERNEL.read_bytes()
    first, _ = pack("linux")
    second, milliseconds = pack("linux-trace")
    size = len(before)
    report.comment(f"packed again in {milliseconds:.0f} ms")
    report.point(KERNEL.read_bytes() == before,
                 f"the kernel's file stays as it was: {hashlib.sha256(before).hexdigest()[:16]}")
    report.point(kernel_of(first, size) == kernel_of(second, size) == kernel_of(before, size),
                 "its bytes are the same in both images")
    report.point(first[size:] != second[size:], "what follows is not")
    for image in (first, second):
        report.point(struct.unpack("<Q", image[IMAGE_SIZE])[0] == len(image),
                     "image_size covers the file")
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
