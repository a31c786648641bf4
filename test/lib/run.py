# SPDX-License-Identifier: GPL-2.0-or-later
"""`test/run`: all parts, or one of them; closes with what passed and what did not."""

import argparse
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass

from lib import boot, fuzz, image, unit
from lib.format import run_format
from lib.scenario import BadScenario
from lib.tally import Tally


@dataclass(frozen=True)
class Part:
    """Something that `test/run` can run."""

    summary: str
    add_options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace, Tally], None]


def _no_options(_: argparse.ArgumentParser) -> None:
    pass


# In the order of a whole run: what fails fast comes first.
PARTS = {
    "format": Part("the format of the C sources", _no_options, lambda _, tally: run_format(tally)),
    "unit": Part("unit and replay tests", unit.add_options, unit.run_unit),
    "image": Part("the generator, through its command line", image.add_options,
                  image.run_image_tests),
    "fuzz": Part("what reads foreign input, on random input", fuzz.add_options, fuzz.run_fuzzers),
    "boot": Part("boots in QEMU, as test/boot/*.toml describe them", boot.add_options,
                 boot.run_boots),
}


def _parse(arguments: list[str]) -> tuple[list[Part], list[argparse.Namespace]]:
    parser = argparse.ArgumentParser(prog="test/run", description=__doc__)
    commands = parser.add_subparsers(dest="part", metavar="PART", help="default: all of them")
    for name, part in PARTS.items():
        part.add_options(commands.add_parser(name, help=part.summary, description=part.summary))
    parser.add_argument("--slice", action="store_true",
                        help="all parts, but of the boots only those of test/boot/slice.txt")
    options = parser.parse_args(arguments)
    if options.part:
        return [PARTS[options.part]], [options]
    of_boots = ["--slice"] if options.slice else []
    return list(PARTS.values()), [parser.parse_args([name, *(of_boots if name == "boot" else [])])
                                  for name in PARTS]


def main() -> int:
    parts, options = _parse(sys.argv[1:])
    tally = Tally()
    if any(getattr(its_options, "list", False) for its_options in options):
        # Whoever reads the names, head(1) perhaps, may have seen enough.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        for part, its_options in zip(parts, options):
            part.run(its_options, tally)
    except BadScenario as error:
        tally.fails("scenario files", 0, str(error))
    print(tally.summary())
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main())
