# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs its arguments as a command, and prints how it ended, the seconds and the peak memory in KiB.

A program of its own, run without any module of the tests: Linux counts the memory of the process
that starts a command as the command's own, so that process has to be small.
"""

import os
import sys
import time


def main() -> None:
    started = time.monotonic()
    pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], dict(os.environ))
    _, status, usage = os.wait4(pid, 0)
    print(os.waitstatus_to_exitcode(status), time.monotonic() - started, usage.ru_maxrss)


if __name__ == "__main__":
    main()
