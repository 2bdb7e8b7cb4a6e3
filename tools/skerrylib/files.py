# SPDX-License-Identifier: BSD-2-Clause
"""Files that a description names: everything of one, or a Problem that says why not. Only regular
files: a pipe or a terminal would make the tool wait for ever, and some devices never end."""

import os
import stat

from .schema import Problem

MOST = 1 << 30  # bytes


def _reader(path, flags):
    return os.open(path, flags | os.O_NONBLOCK)  # a pipe that nobody writes to


def files_read(path, key, remedy="correct the path"):
    try:
        with open(path, "rb", opener=_reader) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise Problem(key, f"{path} is no regular file", remedy)
            if status.st_size > MOST:
                raise Problem(key, f"{path} is larger than 1 GiB", "name a smaller one")
            content = file.read()
    except OSError as error:
        raise Problem(key, f"{path}: {error.strerror}", remedy) from error
    if not content:
        raise Problem(key, f"{path} is empty", remedy)
    return content
