# SPDX-License-Identifier: GPL-2.0-or-later
"""A cache that is damaged, lost, shared or forbidden changes no image and fails no build."""

import os
import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from lib.image import PATIENCE_S, Ground, Skipped, check, checksum, each
from lib.images import NOBODY

MIB = 1024 * 1024
BOUND_MIB = 192
ANOTHER_YEAR = 1_600_000_000


def _directory(ground: Ground) -> Path:
    return ground.scratch / "cache" / "kindling"


def _files(ground: Ground) -> list[Path]:
    files = sorted(file for file in _directory(ground).rglob("*") if file.is_file())
    check(files, "there is nothing in the cache")
    return files


def _fill(ground: Ground) -> str:
    """Fills the cache; the checksum is that of the right image."""
    image = checksum(ground.built("first"))
    _files(ground)
    return image


def _flip_bytes(file: Path) -> None:
    data = bytearray(file.read_bytes())
    for _ in range(3):
        if data:
            data[random.Random(len(data)).randrange(len(data))] ^= 0xff
    file.write_bytes(data)


def _swap_with_another(file: Path) -> None:
    """Whole, but not what its name says."""
    others = [other for other in file.parent.iterdir() if other != file and other.is_file()]
    if others:
        shutil.copyfile(others[0], file)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "flipped-bytes": _flip_bytes,
    "truncated": lambda file: os.truncate(file, file.stat().st_size // 2),
    "empty": lambda file: os.truncate(file, 0),
    "longer": lambda file: file.write_bytes(file.read_bytes() + b"more"),
    "another-entry": _swap_with_another,
    "unreadable": lambda file: file.chmod(0),
}


@each(*DAMAGES.items())
def test_damaged(ground: Ground, _: str, damage: Callable[[Path], object]) -> None:
    """Entries that are not what was written are not used."""
    right = _fill(ground)
    for file in _files(ground):
        damage(file)
    check(checksum(ground.built("second")) == right, "the image is another one")
    check(checksum(ground.built("third")) == right, "the image after it is another one")


@each("directory", "dangling-link", "fifo")
def test_strange_entries(ground: Ground, kind: str) -> None:
    """What lies where an entry should be is no entry, and holds nothing up."""
    right = _fill(ground)
    for file in _files(ground):
        file.unlink()
        if kind == "directory":
            file.mkdir()
        elif kind == "fifo":
            os.mkfifo(file)
        else:
            file.symlink_to("/nonexistent/entry")
    check(checksum(ground.built("second")) == right, "the image is another one")


def test_removed_while_building(ground: Ground) -> None:
    """The cache may be deleted at any time."""
    right = _fill(ground)
    target = ground.directory("second") / "image"
    command = [str(word) for word in ground.command(target)]
    for _ in range(10):
        with subprocess.Popen(command, env=ground.environment(), cwd=ground.scratch,
                              stderr=subprocess.PIPE, text=True) as build:
            while build.poll() is None:
                shutil.rmtree(ground.scratch / "cache", ignore_errors=True)
            said = build.communicate(timeout=PATIENCE_S)[1]
        check(build.returncode == 0, f"it ended with {build.returncode}: {said}")
        check(checksum(target) == right, "the image is another one")


def test_no_cache_possible(ground: Ground) -> None:
    """Where there can be no cache, there is none, and an image nevertheless."""
    right = _fill(ground)
    shutil.rmtree(ground.scratch / "cache")
    (ground.scratch / "cache").write_text("in the way\n")
    check(checksum(ground.built("second")) == right, "the image is another one")


def test_of_somebody_else(ground: Ground) -> None:
    """What another user put into a cache does not get into root's images."""
    if os.geteuid() != 0:
        raise Skipped("only root can give files away")
    right = _fill(ground)
    for file in [_directory(ground), *_directory(ground).rglob("*")]:
        if file.is_file():
            file.write_bytes(b"harm")
        os.chown(file, NOBODY, NOBODY)
        file.chmod(0o777)
    check(checksum(ground.built("second")) == right, "the image is another one")


def test_warm_build_reads_it(ground: Ground) -> None:
    """A second build compresses nothing again: no new entry, and none was replaced."""
    _fill(ground)
    before = {file: file.stat().st_ino for file in _files(ground)}
    ground.built("second")
    check({file: file.stat().st_ino for file in _files(ground)} == before,
          "entries were written again")


def test_bounded(ground: Ground) -> None:
    """What is oldest in it goes when it has grown beyond its bounds."""
    _fill(ground)
    for number in range(BOUND_MIB // 16):
        # Of another kernel, a year ago.
        entry = _directory(ground) / f"{number:016x}{_files(ground)[-1].suffix}"
        with open(entry, "wb") as file:
            os.posix_fallocate(file.fileno(), 0, 32 * MIB)
        os.utime(entry, (ANOTHER_YEAR, ANOTHER_YEAR))
    ground.build(ground.directory("second") / "image", of=ground.kernel("6.1")).expect(0)
    used = sum(file.stat().st_size for file in _files(ground))
    check(used <= BOUND_MIB * MIB, f"it has {used // MIB} MiB")
    check(any(file.stat().st_mtime > ANOTHER_YEAR for file in _files(ground)),
          "what is new in it went")
