# SPDX-License-Identifier: GPL-2.0-or-later
"""Files on top of an image, in another archive behind it: the kernel unpacks one after the other,
and what comes later replaces what was there.
"""

import stat
import tempfile
import threading
from pathlib import Path
from typing import Any

from lib import newc
from lib.apt import unpacked
from lib.cache import digest
from lib.commands import run
from lib.places import BUILD

ALIGNMENT = 512


class BadFile(Exception):
    pass


def _compiled(source: Path) -> bytes:
    with tempfile.TemporaryDirectory() as scratch:
        program = Path(scratch) / source.stem
        run("gcc", "-static", "-Os", "-Wall", "-Wextra", "-o", program, source)
        return program.read_bytes()


def content(what: Any) -> newc.Entry:
    """What the [files] table of a scenario says of a file, which has no path yet."""
    match what:
        case str(text):
            return newc.Entry("", stat.S_IFREG | 0o644, text.encode())
        case {"text": str(text), "times": int(times)}:
            return newc.Entry("", stat.S_IFREG | 0o644, text.encode() * times)
        case {"package": str(package), "path": str(path)}:
            return newc.Entry("", stat.S_IFREG | 0o755, (unpacked(package) / path).read_bytes())
        case {"program": str(source)}:
            return newc.Entry("", stat.S_IFREG | 0o755, _compiled(Path(__file__).with_name(source)))
    raise BadFile(f"{what} is no content of a file")


def _entries(files: dict[str, Any]) -> list[newc.Entry]:
    parents = {parent for path in files for parent in Path(path.lstrip("/")).parents
               if parent != Path(".")}
    directories = [newc.Entry(str(parent), stat.S_IFDIR | 0o755) for parent in sorted(parents)]
    contents = {path.lstrip("/"): content(what) for path, what in sorted(files.items())}
    return directories + [newc.Entry(path, entry.mode, entry.data)
                          for path, entry in contents.items()]


def overlaid(image: Path, files: dict[str, Any]) -> Path:
    """The image with these files, by their absolute paths; itself if there are none."""
    if not files:
        return image
    archive = newc.packed(_entries(files))
    place = BUILD / "images" / f"{image.stem}-with-{digest(repr(archive))}.img"
    data = image.read_bytes()
    # Another thread may be at it as well.
    partial = place.with_name(f".{place.name}.{threading.get_native_id()}")
    partial.write_bytes(data + bytes(-len(data) % ALIGNMENT) + archive)
    partial.rename(place)
    return place
