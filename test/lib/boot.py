# SPDX-License-Identifier: GPL-2.0-or-later
"""`test/run boot`: the scenarios of test/boot, several guests at a time."""

import argparse
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lib import tpm
from lib.build import build_release
from lib.cache import drop_unused
from lib.commands import CommandFailed
from lib.images import Images
from lib.kernels import REQUIRED, Kernel, KernelUnavailable, kernel
from lib.overlay import BadFile, overlaid
from lib.places import LOGS, SCENARIOS
from lib.play import play
from lib.scenario import BadScenario, Boot, all_boots
from lib.shares import why_not
from lib.tally import Tally

SLICE = SCENARIOS / "slice.txt"
TAIL_LINES = 40


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-k", dest="substring", default="", metavar="NAME",
                        help="only boots whose name contains NAME")
    parser.add_argument("-j", dest="jobs", type=int, default=os.cpu_count() or 1, metavar="N",
                        help="guests at a time (default: one per processor)")
    parser.add_argument("--list", action="store_true", help="only print the names of the boots")
    parser.add_argument("--slice", action="store_true",
                        help=f"only the boots that {SLICE.name} names: some of everything")
    parser.add_argument("--image", type=Path, metavar="FILE",
                        help="boot this initramfs instead of one that is built here")


def _chosen(options: argparse.Namespace) -> list[Boot]:
    boots = all_boots(SCENARIOS)
    if options.slice:
        names = SLICE.read_text().split()
        unknown = set(names) - {boot.name for boot in boots}
        if unknown:
            raise BadScenario(f"{SLICE.name} names {', '.join(sorted(unknown))}")
        boots = [boot for boot in boots if boot.name in names]
    boots = [boot for boot in boots if options.substring in boot.name]
    if not boots:
        raise BadScenario(f"no boot has {options.substring!r} in its name; --list shows them all")
    return boots


class Bench:
    """The kernels, and the image that a boot wants."""

    def __init__(self, labels: set[str], own_image: Path | None) -> None:
        self.kernels: dict[str, Kernel] = {}
        self.missing: dict[str, str] = {}
        self._own_image = own_image
        self._images = Images()
        if not own_image:
            build_release()
        for label in sorted(labels):
            try:
                self.kernels[label] = kernel(label)
            except KernelUnavailable as error:
                self.missing[label] = str(error)

    def image(self, boot: Boot) -> Path:
        image = self._own_image or self._images.get(self.kernels[boot.kernel], boot.image)
        return overlaid(image, boot.files)


def _play_and_tell(boot: Boot, bench: Bench, tally: Tally) -> None:
    why = bench.missing.get(boot.kernel)
    if why and boot.kernel in REQUIRED:
        tally.fails(boot.name, 0, f"no kernel: {why}")
        return
    if why:
        tally.skips(boot.name, f"no kernel: {why.splitlines()[-1]}")
        return
    why = why_not(set(boot.shares.values())) or (
        tpm.why_not() if any(placed.disk.token for placed in boot.disks) else "")
    if why:
        tally.skips(boot.name, why)
        return
    started = time.monotonic()
    try:
        outcome = play(boot, bench.kernels[boot.kernel], bench.image(boot))
    except (BadFile, CommandFailed) as error:
        tally.fails(boot.name, time.monotonic() - started,
                    f"its image, its disks or its machine cannot be made: {error}")
        return
    log = LOGS / f"{boot.name}.log"
    log.write_text(f"{boot.shows}\n{outcome.log}\n{outcome.failure}\n")
    if outcome.passed:
        tally.passes(boot.name, outcome.seconds)
        return
    tail = "\n".join(outcome.log.splitlines()[-TAIL_LINES:])
    tally.fails(boot.name, outcome.seconds,
                f"{boot.shows}\n{outcome.failure}\n--- the end of {log.name}\n{tail}\n---")


def run_boots(options: argparse.Namespace, tally: Tally) -> None:
    boots = _chosen(options)
    if options.list:
        print("\n".join(boot.name for boot in boots))
        sys.exit()
    LOGS.mkdir(parents=True, exist_ok=True)
    try:
        bench = Bench({boot.kernel for boot in boots}, options.image)
    except CommandFailed as error:
        tally.fails("release build", 0, str(error))
        return
    # What takes longest first, so that no processor is idle at the end.
    boots.sort(key=lambda boot: -boot.seconds)
    with ThreadPoolExecutor(options.jobs) as pool:
        # The results are nothing, but asking for them brings up what went wrong in here.
        list(pool.map(lambda boot: _play_and_tell(boot, bench, tally), boots))
    drop_unused("disks")
