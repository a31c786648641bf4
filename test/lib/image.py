# SPDX-License-Identifier: GPL-2.0-or-later
"""`test/run image`: the tests of test/image, through the program that users run.

A test is a function of a module there whose name begins with `test_`; its docstring says what is
true when it passes. It gets a Ground to stand on, and with @each one of the rows besides. It fails
by raising Failed (see check()), and is skipped by raising Skipped.
"""

import argparse
import hashlib
import importlib
import os
import pkgutil
import random
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import image
from lib import consoles, machines, newc
from lib.build import KINDLING, build_release
from lib.cache import cached, digest
from lib.commands import CommandFailed, run
from lib.images import for_kernel
from lib.kernels import Kernel, KernelUnavailable, kernel
from lib.tally import Tally

PREFIX = "test_"
PATIENCE_S = 120  # the slowest build that there is takes a tenth of it

# Of Debian's 6.1, whose modules are plain files: so that there is something to compress, to keep in
# the cache, and to break. Closed under dependencies.
SMALL_LABEL = "6.1"
SMALL_MODULES = ("drivers/virtio", "drivers/block/virtio_blk.ko", "drivers/block/loop.ko",
                 "fs/mbcache.ko", "lib/crc16.ko", "fs/jbd2", "fs/ext4", "crypto/crc32c_generic.ko")


# An image that a build will replace: what is no image at all, it leaves alone.
OLD_IMAGE = newc.packed([newc.Entry("init", 0o100755, b"#!/bin/sh\n")])


class Failed(Exception):
    """What is not as it should be, for the reader of the log."""


class Skipped(Exception):
    """Why it cannot be tested here."""


def check(condition: object, otherwise: str) -> None:
    if not condition:
        raise Failed(otherwise)


@dataclass(frozen=True)
class Done:
    """How a command ended and what it said."""

    code: int
    stdout: str
    stderr: str

    @property
    def sentences(self) -> list[str]:
        """What the program said that it could not do; notes are no complaints."""
        return [line for line in self.stderr.splitlines() if line.startswith("kindling")]

    def expect(self, code: int) -> "Done":
        check(self.code == code, f"it ended with {self.code}, not {code}; it said:\n{self.stderr}")
        return self


def each(*rows: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The test is run once for each row: a word, or a tuple that begins with one; in its name."""
    def mark(function: Callable[..., None]) -> Callable[..., None]:
        function.rows = rows  # type: ignore[attr-defined]
        return function
    return mark


def checksum(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def copy_in_other_order(source: Path, target: Path) -> Path:
    """The same tree, whose directories list their entries in another order, and with other
    times."""
    shuffle = random.Random(1)
    target.mkdir(parents=True)
    files = [path for path in source.rglob("*") if not path.is_dir() or path.is_symlink()]
    files.sort()
    shuffle.shuffle(files)
    for file in files:
        copy = target / file.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy, follow_symlinks=False)
        if not file.is_symlink():
            os.utime(copy, (shuffle.randrange(10**9), shuffle.randrange(10**9)))
    return target


def _make_small_kernel(original: Kernel, place: Path) -> None:
    modules = place / "lib/modules" / original.kver
    for name in SMALL_MODULES:
        source, copy = original.modules / "kernel" / name, modules / "kernel" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        run("cp", "-r", source, copy)
    for index in ("modules.order", "modules.builtin", "modules.builtin.modinfo"):
        shutil.copy(original.modules / index, modules)
    run("depmod", "-b", place, original.kver)


def small_kernel() -> Kernel:
    """A handful of modules: enough for everything that is not about which ones there are."""
    original = kernel(SMALL_LABEL)
    key = digest(original.kver, SMALL_MODULES)
    place = cached("kernels", f"small-{key}", lambda place: _make_small_kernel(original, place))
    return Kernel("small", original.kver, original.vmlinuz, place / "lib/modules" / original.kver)


@dataclass(frozen=True)
class Ground:
    """What a test stands on: a scratch directory of its own, kernels, machines, and the program."""

    scratch: Path

    @property
    def small(self) -> Kernel:
        return small_kernel()

    def kernel(self, label: str) -> Kernel:
        try:
            return kernel(label)
        except KernelUnavailable as error:
            raise Skipped(f"no kernel: {error}") from error

    def machine(self, name: str) -> Path:
        return machines.machine(name)

    def directory(self, name: str) -> Path:
        place = self.scratch / name
        place.mkdir(parents=True, exist_ok=True)
        return place

    def environment(self, **more: str) -> dict[str, str]:
        """Nothing of the developer's own can matter. The cache is the test's own."""
        return {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(self.scratch),
                "XDG_CACHE_HOME": str(self.scratch / "cache"), **more}

    def run(self, *words: str | Path, **how: Any) -> Done:
        """Any command; how as in subprocess.run()."""
        how.setdefault("env", self.environment())
        how.setdefault("cwd", self.scratch)
        done = subprocess.run([str(word) for word in words], capture_output=True, check=False,
                              timeout=PATIENCE_S, stdin=subprocess.DEVNULL, **how)
        return Done(done.returncode, done.stdout.decode(errors="replace"),
                    done.stderr.decode(errors="replace"))

    def kindling(self, *words: str | Path, **how: Any) -> Done:
        return self.run(KINDLING, *words, **how)

    def command(self, image_file: Path, *options: str | Path, of: Kernel | None = None,
                modules: Path | None = None) -> list[str | Path]:
        """`kindling build` of a generic image, of the small kernel when no other is named."""
        return [KINDLING, "build", *for_kernel(of or self.small, modules), "--mode", "generic",
                "--microcode", "none", *consoles.build_options((), ()), "--no-verify", "--output",
                image_file, *options]

    def build(self, image_file: Path, *options: str | Path, of: Kernel | None = None,
              modules: Path | None = None, **how: Any) -> Done:
        return self.run(*self.command(image_file, *options, of=of, modules=modules), **how)

    def built(self, name: str, *options: str | Path, of: Kernel | None = None,
              **how: Any) -> Path:
        """An image that must come about."""
        image_file = self.directory(name) / "image"
        self.build(image_file, *options, of=of, **how).expect(0)
        return image_file


@dataclass(frozen=True)
class Test:
    name: str
    shows: str
    function: Callable[..., None]
    row: tuple[Any, ...]

    def play(self, ground: Ground) -> None:
        self.function(ground, *self.row)


def _tests_of(module: str) -> Iterator[Test]:
    for name, function in vars(importlib.import_module(f"image.{module}")).items():
        if not name.startswith(PREFIX):
            continue
        full_name = f"{module}.{name.removeprefix(PREFIX)}"
        shows = " ".join((function.__doc__ or "").split())
        for row in getattr(function, "rows", [()]):
            values = row if isinstance(row, tuple) else (row,)
            of_row = f"[{values[0]}]" if values else ""
            yield Test(full_name + of_row, shows, function, values)


def all_tests() -> list[Test]:
    modules = sorted(module.name for module in pkgutil.iter_modules(image.__path__))
    return [test for module in modules for test in _tests_of(module)]


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-k", dest="substring", default="", metavar="NAME",
                        help="only tests whose name contains NAME")
    parser.add_argument("-j", dest="jobs", type=int, default=os.cpu_count() or 1, metavar="N",
                        help="tests at a time (default: one per processor)")
    parser.add_argument("--list", action="store_true", help="only print the names of the tests")


def _remove(place: Path) -> None:
    """Also what a test has left without permissions, when it is not root that runs it."""
    for directory, _, _ in os.walk(place):
        os.chmod(directory, 0o700)
    shutil.rmtree(place)


def _play_and_tell(test: Test, tally: Tally) -> None:
    started = time.monotonic()
    scratch = Path(tempfile.mkdtemp(prefix="kindling-image-"))
    failure = ""
    try:
        test.play(Ground(scratch))
    except Skipped as reason:
        tally.skips(test.name, str(reason))
        return
    except (Failed, CommandFailed, newc.NotNewc, subprocess.TimeoutExpired) as error:
        failure = str(error)
    except Exception:  # pylint: disable=broad-exception-caught
        failure = traceback.format_exc()
    finally:
        _remove(scratch)
    seconds = time.monotonic() - started
    if failure:
        tally.fails(test.name, seconds, f"{test.shows}\n{failure}")
    else:
        tally.passes(test.name, seconds)


def run_image_tests(options: argparse.Namespace, tally: Tally) -> None:
    tests = [test for test in all_tests() if options.substring in test.name]
    if options.list:
        print("\n".join(test.name for test in tests))
        sys.exit()
    if not tests:
        tally.fails("image", 0, f"no test has {options.substring!r} in its name")
        return
    try:
        build_release()
        small_kernel()
    except (CommandFailed, KernelUnavailable) as error:
        tally.fails("release build and a small kernel", 0, str(error))
        return
    with ThreadPoolExecutor(options.jobs) as pool:
        # The results are nothing, but asking for them brings up what went wrong in here.
        list(pool.map(lambda test: _play_and_tell(test, tally), tests))
