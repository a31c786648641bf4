# SPDX-License-Identifier: GPL-2.0-or-later
"""Killed, failing and concurrent builds: one whole image is there, the old or the new.

strace kills the builder, or lets a system call fail, at every system call from the one on that makes
the first file beside the image; before that, where nothing has been written yet, at some of them.
"""

import collections
import queue
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from lib import newc
from lib.image import PATIENCE_S, Done, Failed, Ground, check, checksum, each

# One line of strace -f: thread, then the call. What is resumed on a line of its own was counted
# where it began.
CALL = re.compile(r"^(?P<thread>\d+) +(?P<name>\w+)\((?P<arguments>.*)$", re.MULTILINE)

# What changes files, or leads to it, by whatever name the C library calls it.
CHANGING = ("open", "openat", "openat2", "close", "write", "pwrite64", "writev", "fsync",
            "fdatasync", "sync_file_range", "syncfs", "rename", "renameat", "renameat2", "link",
            "linkat", "unlink", "unlinkat", "ftruncate", "fallocate", "copy_file_range",
            "sendfile", "chmod", "fchmod", "fchmodat", "flock", "mkdir", "mkdirat", "statfs",
            "fstatfs")

EARLY_STEP = 25  # of the calls before anything is written, every so many are enough
COLD_POINTS = 24
BUILDS_AT_A_TIME = 32


Point = TypeVar("Point")


class Target:
    """An image in a directory of its own, with an old one that a build replaces."""

    def __init__(self, ground: Ground, name: str, old: Path, new: Path) -> None:
        self.ground = ground
        self.file = ground.directory(name) / "image"
        self._old = old
        self._whole = {checksum(old): "old", checksum(new): "new"}
        self.reset()

    def reset(self) -> None:
        shutil.rmtree(self.file.parent)
        self.file.parent.mkdir()
        shutil.copy(self._old, self.file)
        self.file.chmod(0o600)

    def command(self) -> list[str | Path]:
        return self.ground.command(self.file, "-j", "1")

    def state(self) -> str:
        """ "old" or "new"; Failed when it is neither, or when somebody else could read it."""
        for file in self.file.parent.iterdir():
            check(file.lstat().st_mode & 0o077 == 0,
                  f"others may read {file.name}: {file.lstat().st_mode:o}")
        check(self.file.is_file(), "there is no image any more")
        state = self._whole.get(checksum(self.file))
        check(state, f"the image is neither the old nor the new one, but "
                     f"{self.file.stat().st_size} other bytes")
        assert state
        return state

    def leftovers(self) -> list[str]:
        names = {file.name for file in self.file.parent.iterdir()}
        return sorted(names - {self.file.name, f"{self.file.name}.old"})

    def check_kept_image(self) -> None:
        kept = self.file.with_name(f"{self.file.name}.old")
        check(not kept.exists() or checksum(kept) in self._whole, f"{kept.name} is not whole")


def _old_and_new(ground: Ground) -> tuple[Path, Path]:
    note = ground.scratch / "note"
    note.write_text("of the old image\n")
    return (ground.built("old", "--add-file", f"{note}:/etc/note"), ground.built("new"))


def _strace(ground: Ground, target: Target, *options: str, **how: Any) -> Done:
    log = ground.scratch / f"{target.file.parent.name}.log"
    return ground.run("strace", "-f", "-qq", "-e", "signal=none", "-s", "256", "-o", log, *options,
                      "--", *target.command(), **how)


@dataclass(frozen=True)
class Call:
    """A system call of a build. strace numbers those of each thread apart, from 1."""

    name: str
    number: int  # of all calls of its thread
    number_of_name: int  # of those with this name
    is_of_main_thread: bool
    makes_file: bool


def _calls(ground: Ground, target: Target, **how: Any) -> list[Call]:
    """The system calls of a whole build, in their order."""
    _strace(ground, target, "-e", "trace=all", **how).expect(0)
    log = (ground.scratch / f"{target.file.parent.name}.log").read_text(errors="replace")
    counts: collections.Counter[tuple[str, str]] = collections.Counter()
    calls: list[Call] = []
    main_thread = ""
    for thread, name, arguments in CALL.findall(log):
        main_thread = main_thread or thread
        counts[thread, ""] += 1
        counts[thread, name] += 1
        calls.append(Call(name, counts[thread, ""], counts[thread, name], thread == main_thread,
                          "O_CREAT" in arguments and target.file.name in arguments))
    return calls


def _since_output(calls: list[Call]) -> list[Call]:
    """From the one on that makes the first file beside the image."""
    first = next((at for at, call in enumerate(calls) if call.makes_file), None)
    if first is None:
        raise Failed("the build makes no file beside the image, as far as strace shows")
    return calls[first:]


def _in_parallel(points: Iterable[Point], targets: list[Target],
                 play: Callable[[Target, Point], str]) -> list[str]:
    """play(target, point) for each point, each target used by one thread at a time."""
    free: queue.SimpleQueue[Target] = queue.SimpleQueue()
    for target in targets:
        free.put(target)

    def with_a_target(point: Point) -> str:
        target = free.get()
        try:
            return play(target, point)
        finally:
            free.put(target)

    with ThreadPoolExecutor(len(targets)) as pool:
        return list(pool.map(with_a_target, points))


def _kill_at(ground: Ground, target: Target, number: int) -> str:
    """The state of the image after it; Failed unless the next build cleans up."""
    target.reset()
    _strace(ground, target, "-e", "trace=all", "-e", f"inject=all:signal=SIGKILL:when={number}")
    try:
        state = target.state()
        target.check_kept_image()
        if target.leftovers():
            ground.run(*target.command()).expect(0)
            check(target.state() == "new", "the build after it left the old image")
            check(not target.leftovers(), f"the build after it left {target.leftovers()}")
    except Failed as failure:
        raise Failed(f"killed at system call {number}: {failure}") from failure
    return state


def test_killed_at_every_system_call(ground: Ground) -> None:
    """Killed at any moment, a build leaves the old image or the new one, unreadable for others, and
    the next build removes what else was left."""
    old, new = _old_and_new(ground)
    targets = [Target(ground, f"target-{number}", old, new) for number in range(2)]
    # The main thread is the one that writes; the others only prepare what it will.
    points = [call.number for call in _since_output(_calls(ground, targets[0]))
              if call.is_of_main_thread]
    points = [*range(1, points[0], EARLY_STEP), *points]
    states = _in_parallel(points, targets, lambda target, point: _kill_at(ground, target, point))
    check("old" in states, "no build was killed before it had replaced the image")
    check("new" in states, "no build was killed after it had replaced the image")


def test_killed_with_a_cold_cache(ground: Ground) -> None:
    """A build that was killed while it filled the cache spoils nothing for the next one."""
    old, new = _old_and_new(ground)
    target = Target(ground, "target", old, new)
    cold = {"env": ground.environment(XDG_CACHE_HOME=str(ground.scratch / "cold"))}
    count = max(call.number for call in _calls(ground, target, **cold))
    for number in range(1, count, max(1, count // COLD_POINTS)):
        target.reset()
        shutil.rmtree(ground.scratch / "cold", ignore_errors=True)
        _strace(ground, target, "-e", "trace=all", "-e",
                f"inject=all:signal=SIGKILL:when={number}", **cold)
        target.state()
        ground.run(*target.command(), **cold).expect(0)
        check(target.state() == "new", f"killed at {number}: the next image is another one")


def _fail_at(ground: Ground, target: Target, call: str, number: int, error: str) -> str:
    target.reset()
    done = _strace(ground, target, "-e", f"trace={call}",
                   "-e", f"inject={call}:error={error}:when={number}")
    try:
        state = target.state()
        target.check_kept_image()
        if done.code == 0:
            check(state == "new", "it ended with 0, but the image is the old one")
        else:
            check(done.stderr, f"it ended with {done.code} and said nothing")
        # What could not be removed is still there.
        check(call.startswith("unlink") or not target.leftovers(), f"it left {target.leftovers()}")
    except Failed as failure:
        raise Failed(f"{call} number {number} failed with {error}: {failure}\n"
                     f"{done.stderr}") from failure
    return state


@each("ENOSPC", "EIO")
def test_failing_system_calls(ground: Ground, error: str) -> None:
    """A disk that is full or broken at any moment: a sentence and the old image, or the new one;
    nothing beside it."""
    old, new = _old_and_new(ground)
    targets = [Target(ground, f"target-{number}", old, new) for number in range(2)]
    points = sorted({(call.name, call.number_of_name)
                     for call in _since_output(_calls(ground, targets[0]))
                     if call.name in CHANGING})
    check(len({call for call, _ in points}) > 3, f"only {points} change files")
    states = _in_parallel(points, targets,
                          lambda target, point: _fail_at(ground, target, *point, error))
    check("old" in states, "no build failed")


def test_no_hard_links(ground: Ground) -> None:
    """On a file system without hard links, as vfat is, an image is replaced all the same."""
    old, new = _old_and_new(ground)
    target = Target(ground, "target", old, new)
    _strace(ground, target, "-e", "trace=link,linkat",
            "-e", "inject=link,linkat:error=EPERM").expect(0)
    check(target.state() == "new", "the image is the old one")
    target.check_kept_image()
    check(not target.leftovers(), f"it left {target.leftovers()}")


def _run_at_once(ground: Ground, commands: list[list[str | Path]], env: dict[str, str]) -> None:
    running = [subprocess.Popen([str(word) for word in command], env=env, cwd=ground.scratch,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
               for command in commands]
    ended = [(process.communicate(timeout=PATIENCE_S)[1], process.returncode)
             for process in running]
    complaints = [said for said, code in ended if code != 0]
    check(not complaints, f"{len(complaints)} of {len(commands)} builds failed: {complaints[:1]}")


def test_many_builds_of_one_image(ground: Ground) -> None:
    """Thirty-two at a time on one target: all succeed, and the image is whole."""
    old, new = _old_and_new(ground)
    target = Target(ground, "target", old, new)
    _run_at_once(ground, [target.command()] * BUILDS_AT_A_TIME, ground.environment())
    check(target.state() == "new", "the image is the old one")
    target.check_kept_image()
    check(not target.leftovers(), f"they left {target.leftovers()}")


def test_many_builds_with_one_cold_cache(ground: Ground) -> None:
    """Builds that fill one cache at the same time do not disturb each other."""
    new = ground.built("new")
    files = [ground.directory(f"target-{number}") / "image" for number in range(8)]
    cold = ground.environment(XDG_CACHE_HOME=str(ground.scratch / "cold"))
    _run_at_once(ground, [ground.command(file) for file in files], cold)
    check({checksum(file) for file in files} == {checksum(new)}, "the images differ")


def test_previous_image_is_kept(ground: Ground) -> None:
    """The image that was replaced is there as .old, whole."""
    old, new = _old_and_new(ground)
    target = Target(ground, "target", old, new)
    ground.run(*target.command()).expect(0)
    kept = target.file.with_name("image.old")
    check(kept.is_file() and checksum(kept) == checksum(old), "there is no image.old, or another")
    check(target.state() == "new", "the image was not replaced")


def test_foreign_image_is_kept(ground: Ground) -> None:
    """What another tool made outlives two builds: as .old, then as .orig."""
    old, new = _old_and_new(ground)
    target = Target(ground, "target", old, new)
    foreign = ground.scratch / "foreign"
    foreign.write_bytes(newc.packed([newc.Entry("init", 0o100755, b"another tool's")]))
    shutil.copy(foreign, target.file)
    ground.run(*ground.command(target.file, "--add-file", f"{foreign}:/etc/note")).expect(0)
    check(checksum(target.file.with_name("image.old")) == checksum(foreign),
          "after the first build image.old is another one")
    first = checksum(target.file)
    ground.run(*target.command()).expect(0)
    check(checksum(target.file.with_name("image.old")) == first,
          "after the second build image.old is not the image of the first")
    check(checksum(target.file.with_name("image.orig")) == checksum(foreign),
          "after the second build image.orig is not the image of the other tool")
