# SPDX-License-Identifier: GPL-2.0-or-later
"""The same input is the same image, byte for byte."""

from pathlib import Path
from typing import Any

from lib import newc
from lib.image import Ground, check, checksum, copy_in_other_order, each

SOURCE_DATE = "1700000000"

# Debian's 6.1 has modules to be compressed, its 6.12 has compressed ones.
KERNELS = ("6.1", "6.12")


def _same_as_plain_build(ground: Ground, label: str, *options: str, env: dict[str, str],
                         modules: Path | None = None, **how: Any) -> None:
    """A build in the way described by the arguments, against one with nothing special."""
    plain = ground.built("plain", of=ground.kernel(label))
    other = ground.directory("other") / "image"
    ground.build(other, *options, of=ground.kernel(label), modules=modules,
                 env=ground.environment(**env), **how).expect(0)
    if checksum(plain) == checksum(other):
        return
    here, there = newc.read(plain), newc.read(other)
    names = [one.path for one, two in zip(here, there) if one != two][:5]
    check(False, f"{len(here)} and {len(there)} entries; the first that differ: {names}")


@each(
    ("umask-0", {"umask": 0}),
    ("umask-077", {"umask": 0o077}),
    ("locale-c", {"env": {"LC_ALL": "C"}}),
    ("locale-unknown", {"env": {"LC_ALL": "tr_TR.UTF-8"}}),
    ("time-zone", {"env": {"TZ": "Pacific/Chatham"}}),
    ("working-directory", {"cwd": "/"}),
)
def test_environment(ground: Ground, _: str, how: dict[str, Any]) -> None:
    """Nothing of the environment gets into the image."""
    _same_as_plain_build(ground, "6.12", **{"env": {}, **how})


@each("1", "2", "4", "16")
def test_jobs(ground: Ground, jobs: str) -> None:
    """It does not matter how many threads worked on it, each with a cold cache."""
    for label in KERNELS:
        _same_as_plain_build(ground, label, "-j", jobs,
                             env={"XDG_CACHE_HOME": str(ground.scratch / f"cold-{label}")})


def test_warm_cache(ground: Ground) -> None:
    """What came from the cache is what was compressed anew."""
    _same_as_plain_build(ground, "6.1", env={})


def test_no_cache(ground: Ground) -> None:
    """A cache that cannot be is no reason to build something else."""
    _same_as_plain_build(ground, "6.1", env={"XDG_CACHE_HOME": "/dev/null"})


@each(*KERNELS)
def test_order_and_times_of_files(ground: Ground, label: str) -> None:
    """Other directory, entries in another order, other times: the same modules, the same image."""
    kernel = ground.kernel(label)
    copy = copy_in_other_order(kernel.modules, ground.scratch / "copy/lib/modules" / kernel.kver)
    _same_as_plain_build(ground, label, modules=copy,
                         env={"XDG_CACHE_HOME": str(ground.scratch / "cold")})


def test_source_date_epoch(ground: Ground) -> None:
    """Every file has the time that SOURCE_DATE_EPOCH names, and nothing else changes."""
    plain = newc.read(ground.built("plain"))
    dated = newc.read(ground.built("dated", env=ground.environment(SOURCE_DATE_EPOCH=SOURCE_DATE)))
    times = {entry.mtime for entry in dated}
    check(times == {int(SOURCE_DATE)}, f"the times are {times}")
    check([entry.without_time() for entry in plain] == [entry.without_time() for entry in dated],
          "more than the times has changed")


def test_no_traces_of_the_builder(ground: Ground) -> None:
    """Owner is root, and no path of the machine that built it is in the image's own files."""
    image = ground.built("plain")
    for entry in newc.read(image):
        check((entry.uid, entry.gid) == (0, 0), f"{entry.path} belongs to {entry.uid}")
        if entry.path.startswith(("etc/", "usr/lib/kindling/")) and entry.data[:4] != b"\x7fELF":
            check(str(ground.scratch).encode() not in entry.data,
                  f"{entry.path} names the scratch directory")
