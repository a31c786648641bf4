# SPDX-License-Identifier: GPL-2.0-or-later
"""`test/run unit`: what meson knows as tests, every single one counted."""

import argparse
import json
import re
import subprocess
import time
from collections.abc import Callable
from typing import Any

from lib.build import DEV, build_dev, build_with_clang
from lib.commands import CommandFailed, run
from lib.tally import Tally

# One line of TAP: the outcome of one test in a program.
TAP_LINE = re.compile(r"^(?P<not>not )?ok \d+(?: - [^#\n]*)?(?P<skip># SKIP.*)?$", re.MULTILINE)
# A failed one with what the program says about it.
TAP_FAILURE = re.compile(r"^not ok \d+.*\n(?:#.*\n)*", re.MULTILINE)
STDERR_TAIL_LINES = 40


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-k", dest="substring", default="", metavar="NAME",
                        help="only test programs whose name contains NAME")


def _builds(name: str, build: Callable[[], None], tally: Tally) -> bool:
    started = time.monotonic()
    try:
        build()
    except CommandFailed as error:
        tally.fails(name, time.monotonic() - started, str(error))
        return False
    tally.passes(name, time.monotonic() - started)
    return True


def _chosen(substring: str) -> list[str]:
    """As meson's arguments: none for all of them."""
    if not substring:
        return []
    listed = run("meson", "test", "-C", DEV, "--list").splitlines()
    return [line.split(" / ")[-1] for line in listed if " / " in line and substring in line]


def run_unit(options: argparse.Namespace, tally: Tally) -> None:
    _builds("no warning from clang", build_with_clang, tally)
    if not _builds("no warning from gcc", build_dev, tally):
        return
    names = _chosen(options.substring)
    if options.substring and not names:
        tally.fails("unit", 0, f"no test program has {options.substring!r} in its name")
        return
    log = DEV / "meson-logs" / "testlog.json"
    log.unlink(missing_ok=True)
    done = subprocess.run(["meson", "test", "-C", DEV, "--no-rebuild", *names],
                          capture_output=True, text=True, check=False)
    if not log.exists():
        tally.fails("meson test", 0, done.stdout + done.stderr)
        return
    for line in log.read_text().splitlines():
        _count(json.loads(line), tally)


def _count(program: dict[str, Any], tally: Tally) -> None:
    outcomes = list(TAP_LINE.finditer(program["stdout"] or ""))
    failed = sum(bool(outcome["not"]) for outcome in outcomes)
    skipped = sum(bool(outcome["skip"]) for outcome in outcomes)
    passed = len(outcomes) - failed - skipped
    name, seconds = program["name"], program["duration"]
    went_well = program["result"] in ("OK", "EXPECTEDFAIL")
    if went_well and not outcomes:
        passed = 1
    elif program["result"] == "SKIP":
        skipped = max(skipped, 1)
    elif not went_well:
        # Its tests may all have passed: then it leaked, or crashed after them.
        failed = max(failed, 1)
    if skipped:
        tally.skips(name, f"{skipped} of its tests skipped", skipped)
    if passed and not failed:
        tally.passes(f"{name}: {passed} tests" if outcomes else name, seconds, passed)
    elif failed:
        tally.fails(f"{name}: {program['result']}", seconds, _what_it_said(program), failed,
                    passed)


def _what_it_said(program: dict[str, Any]) -> str:
    stdout, stderr = program["stdout"] or "", program.get("stderr") or ""
    failures = "".join(TAP_FAILURE.findall(stdout)) or stdout
    return failures + "\n".join(stderr.splitlines()[-STDERR_TAIL_LINES:])
