# SPDX-License-Identifier: GPL-2.0-or-later
"""`test/run fuzz`: each fuzz target for some seconds, from its seeds and what earlier runs found."""

import argparse
import json
import os
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lib.build import FUZZ, build_fuzz_targets
from lib.commands import CommandFailed, run
from lib.places import BUILD, TREE
from lib.tally import Tally

SEEDS = TREE / "test" / "fuzz" / "corpus"
# Inputs that took new ways, and those that crashed; both may be deleted.
FOUND = BUILD / "fuzz-corpus"
CRASHES = BUILD / "fuzz-crashes"
PREFIX = "fuzz-"
INPUT_TIMEOUT_SECONDS = 25
# Where the report of a crash begins, and the line that tells how many inputs there were.
REPORT = re.compile(r"^(?:==\d+== ?ERROR|.*runtime error:|.*LeakSanitizer)", re.MULTILINE)
EXECUTED = re.compile(r"^stat::number_of_executed_units:\s*(\d+)", re.MULTILINE)
REPORT_LINES = 40
# libFuzzer leaves standard error to itself and the sanitizers: the messages are not of interest.
ONLY_REPORTS = "-close_fd_mask=2"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-k", dest="substring", default="", metavar="NAME",
                        help="only targets whose name contains NAME")
    parser.add_argument("--seconds", type=int, default=20, metavar="N",
                        help="how long each target runs (default: 20)")


def _chosen(substring: str) -> list[str]:
    """The targets that meson knows, so that a new one is named in one place only."""
    known = json.loads(run("meson", "introspect", FUZZ, "--targets"))
    names = [target["name"].removeprefix(PREFIX) for target in known
             if target["name"].startswith(PREFIX)]
    return sorted(name for name in names if substring in name)


def _command(name: str, seconds: int) -> list[str]:
    found = FOUND / name
    found.mkdir(parents=True, exist_ok=True)
    CRASHES.mkdir(parents=True, exist_ok=True)
    # New inputs are kept in the first directory.
    return [str(FUZZ / "test" / "fuzz" / f"{PREFIX}{name}"), f"-max_total_time={seconds}",
            f"-timeout={INPUT_TIMEOUT_SECONDS}", f"-artifact_prefix={CRASHES}/{name}-",
            "-print_final_stats=1", ONLY_REPORTS, str(found), str(SEEDS / name)]


def _what_it_said(said: str, crashes: set[Path]) -> str:
    report = REPORT.search(said)
    lines = said[report.start():].splitlines()[:REPORT_LINES] if report else \
        said.splitlines()[-REPORT_LINES:]
    kept = [f"the input is kept in {crash.relative_to(TREE)}" for crash in sorted(crashes)]
    return "\n".join(lines + kept)


def _fuzz(name: str, seconds: int, tally: Tally) -> None:
    command = _command(name, seconds)
    before = set(CRASHES.glob(f"{name}-*"))
    started = time.monotonic()
    done = subprocess.run(command, capture_output=True, check=False,
                          env=os.environ | {"UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"})
    said = done.stderr.decode(errors="replace")
    took = time.monotonic() - started
    executed = EXECUTED.search(said)
    if done.returncode == 0 and executed:
        tally.passes(f"{PREFIX}{name}: {executed[1]} inputs", took)
    else:
        tally.fails(f"{PREFIX}{name}", took,
                    _what_it_said(said, set(CRASHES.glob(f"{name}-*")) - before))


def run_fuzzers(options: argparse.Namespace, tally: Tally) -> None:
    started = time.monotonic()
    try:
        build_fuzz_targets()
        names = _chosen(options.substring)
    except CommandFailed as error:
        tally.fails("fuzz targets", time.monotonic() - started, str(error))
        return
    if not names:
        tally.fails("fuzz", 0, f"no target has {options.substring!r} in its name")
        return
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        # The results are nothing, but asking for them brings up what went wrong in here.
        list(pool.map(lambda name: _fuzz(name, options.seconds, tally), names))
