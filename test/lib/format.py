# SPDX-License-Identifier: GPL-2.0-or-later
"""`test/run format`: every C file is as clang-format would have written it."""

import time

from lib.commands import CommandFailed, run
from lib.places import TREE
from lib.tally import Tally

C_SOURCES = [f"{directory}/**/*.{suffix}" for directory in ("include", "src", "test")
             for suffix in ("c", "h")]


def run_format(tally: Tally) -> None:
    started = time.monotonic()
    files = sorted(file for pattern in C_SOURCES for file in TREE.glob(pattern))
    name = f"clang-format of {len(files)} files"
    try:
        run("clang-format", "--dry-run", "-Werror", *files, cwd=TREE)
    except CommandFailed as error:
        tally.fails(name, time.monotonic() - started, str(error))
    else:
        tally.passes(name, time.monotonic() - started)
