# SPDX-License-Identifier: GPL-2.0-or-later
"""Full disks, and file systems that can do less than ext4. Mounts are made, so it takes root."""

import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lib.commands import CommandFailed, run
from lib.image import OLD_IMAGE, Ground, Skipped, check, checksum, each

OUTPUT_FAILED = 7
MIB = 1024 * 1024


@contextmanager
def _mounted(ground: Ground, *how: str | Path) -> Iterator[Path]:
    """A file system, mounted as mount(8) is told to."""
    if os.geteuid() != 0:
        raise Skipped("only root can mount")
    place = ground.directory("mounted")
    try:
        run("mount", *how, place)
    except CommandFailed as error:
        why = next((line for line in str(error).splitlines() if line.startswith("mount:")), "")
        raise Skipped(f"cannot mount here: {why}") from error
    try:
        yield place
    finally:
        run("umount", place)


def _tmpfs(ground: Ground, kib: int) -> list[str | Path]:
    return ["-t", "tmpfs", "-o", f"size={kib}k,mode=700", "kindling-test"]


def _on_file(ground: Ground, mib: int, *mkfs: str) -> list[str | Path]:
    file = ground.scratch / "filesystem"
    with open(file, "wb") as disk:
        disk.truncate(mib * MIB)
    run(*mkfs, file)
    return ["-o", "loop", file]


def _ext4(ground: Ground, mib: int) -> list[str | Path]:
    return _on_file(ground, mib, "mkfs.ext4", "-q", "-F", "-m", "0")


def _vfat(ground: Ground, mib: int) -> list[str | Path]:
    return _on_file(ground, mib, "mkfs.vfat")


def _refused(ground: Ground, target: Path, **how: Any) -> None:
    """A build that finds no room: says so once, and everything is as it was."""
    before = {file.name: checksum(file) for file in target.parent.iterdir() if file.is_file()}
    done = ground.build(target, **how).expect(OUTPUT_FAILED)
    check(len(done.sentences) == 1, f"not one sentence:\n{done.stderr}")
    after = {file.name: checksum(file) for file in target.parent.iterdir() if file.is_file()}
    check(after == before, f"there were {sorted(before)}, and now are {sorted(after)}")


@each(("tmpfs", lambda ground: _tmpfs(ground, 256)), ("ext4", lambda ground: _ext4(ground, 3)))
def test_no_room(ground: Ground, _: str, how: Callable[[Ground], list[str | Path]]) -> None:
    """A disk that is too small is noticed, and the old image stays."""
    with _mounted(ground, *how(ground)) as place:
        target = place / "image"
        target.write_bytes(OLD_IMAGE)
        _refused(ground, target)


def test_file_size_limit(ground: Ground) -> None:
    """What becomes too large on the way, whatever the check before said: the old image stays."""
    size = ground.built("new").stat().st_size
    target = ground.directory("target") / "image"
    target.write_bytes(OLD_IMAGE)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size * 3 // 4, size * 3 // 4))

    _refused(ground, target, preexec_fn=limit)


def test_room_for_one_only(ground: Ground) -> None:
    """Where there is no room to keep the previous image, the new one is built all the same, or
    refused; never is there none."""
    new = ground.built("new")
    with _mounted(ground, *_tmpfs(ground, new.stat().st_size * 3 // 2048 + 64)) as place:
        target = place / "image"
        ground.build(target).expect(0)
        ground.build(target)
        check(checksum(target) == checksum(new), "the image is not whole")
        left = {file.name for file in place.iterdir()} - {"image", "image.old"}
        check(not left, f"it left {left}")


@each(("vfat", _vfat), ("ext4", _ext4))
def test_file_system(ground: Ground, _: str,
                     how: Callable[[Ground, int], list[str | Path]]) -> None:
    """Images are built and replaced on the file systems that /boot is; vfat has no hard links."""
    new = ground.built("new")
    with _mounted(ground, *how(ground, 96)) as place:
        target = place / "image"
        for _build in range(3):
            ground.build(target).expect(0)
            check(checksum(target) == checksum(new), "the image is not whole")
        left = {file.name for file in place.iterdir()} - {"image", "image.old", "lost+found"}
        check(not left, f"it left {left}")
