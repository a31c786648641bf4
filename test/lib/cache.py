# SPDX-License-Identifier: GPL-2.0-or-later
"""Things that are slow to make and never change: each made once, in a directory of its own.

A thing is built beside its place and renamed into it, so that it is whole or absent. Builders of
the same thing, in this process or in another one, wait for the first.
"""

import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from lib.places import cache_directory


UNUSED_DAYS = 4


def digest(*parts: object) -> str:
    """A name for content: short, and different whenever a part is."""
    text = "\0".join(part if isinstance(part, str) else repr(part) for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def is_cached(kind: str, name: str) -> bool:
    return (cache_directory() / kind / name).is_dir()


def cached(kind: str, name: str, build: Callable[[Path], None]) -> Path:
    """The directory of `name`; `build` fills an empty one when there is none yet."""
    place = cache_directory() / kind / name
    if place.is_dir():
        os.utime(place)
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    with open(place.with_name(f".{name}.lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if place.is_dir():
            return place
        partial = place.with_name(f".{name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        build(partial)
        partial.rename(place)
    return place


def drop_unused(kind: str) -> None:
    """What nobody has asked for in some days: its recipe was changed, and there is a newer one."""
    oldest = time.time() - UNUSED_DAYS * 24 * 60 * 60
    for place in (cache_directory() / kind).glob("[!.]*"):
        with open(place.with_name(f".{place.name}.lock"), "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if place.is_dir() and place.stat().st_mtime < oldest:
                partial = place.with_name(f".{place.name}.partial")
                shutil.rmtree(partial, ignore_errors=True)
                place.rename(partial)
                shutil.rmtree(partial, ignore_errors=True)
