# SPDX-License-Identifier: GPL-2.0-or-later
"""Initramfs images, read and written without a line of Kindling's code.

As the kernel reads them: archives in the format `newc` one after the other, with zeros between,
each of them plain or compressed as a whole.
"""

import stat
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from lib.commands import CommandFailed

MAGIC = b"070701"
HEADER_SIZE = 110
TRAILER = "TRAILER!!!"

DECOMPRESSORS = {
    b"\x28\xb5\x2f\xfd": ["zstd", "-dcq"],
    b"\x1f\x8b": ["gzip", "-dc"],
    b"\xfd7zXZ\x00": ["xz", "-dc"],
    b"\x02\x21\x4c\x18": ["lz4", "-dcq"],  # the legacy format, the only one that the kernel reads
}


class NotNewc(Exception):
    pass


@dataclass(frozen=True)
class Entry:
    path: str  # without a leading slash
    mode: int
    data: bytes = b""  # of a link: its target
    mtime: int = 0
    uid: int = 0
    gid: int = 0
    rdev: tuple[int, int] = (0, 0)

    @property
    def is_file(self) -> bool:
        return stat.S_ISREG(self.mode)

    def without_time(self) -> "Entry":
        return replace(self, mtime=0)


def decompressed(archive: bytes) -> bytes:
    """The archive, if it is compressed as a whole: what is in it."""
    for magic, command in DECOMPRESSORS.items():
        if archive.startswith(magic):
            done = subprocess.run(command, input=archive, capture_output=True, check=False)
            if done.returncode != 0:
                raise CommandFailed(f"{command[0]}: {done.stderr.decode(errors='replace')}")
            return done.stdout
    return archive


def _padded(offset: int) -> int:
    return offset + 3 & ~3


def _read_archive(data: bytes, offset: int) -> tuple[list[Entry], int]:
    """The entries of one plain archive, and where it ends."""
    entries: list[Entry] = []
    while True:
        header = data[offset:offset + HEADER_SIZE]
        if not header.startswith(MAGIC) or len(header) < HEADER_SIZE:
            raise NotNewc(f"no header at {offset}: {header[:16]!r}")
        (_, mode, uid, gid, _, mtime, size, _, _, major, minor, name_size, _) = (
            int(header[at:at + 8], 16) for at in range(len(MAGIC), HEADER_SIZE, 8))
        name_end = offset + HEADER_SIZE + name_size
        name = data[offset + HEADER_SIZE:name_end - 1].decode()
        start = _padded(name_end)
        offset = _padded(start + size)
        if name == TRAILER:
            return entries, offset
        entries.append(Entry(name.lstrip("/"), mode, data[start:start + size], mtime, uid, gid,
                             (major, minor)))


def segments(image: bytes) -> Iterator[list[Entry]]:
    """The entries of each archive in the image. A compressed one is the last."""
    offset = 0
    while offset < len(image):
        if image[offset] == 0:
            offset += 1
            continue
        if not image.startswith(MAGIC, offset):
            inner = decompressed(image[offset:])
            if not inner.startswith(MAGIC):
                raise NotNewc(f"at {offset} is no archive: {image[offset:offset + 8]!r}")
            yield from segments(inner)
            return
        entries, offset = _read_archive(image, offset)
        yield entries


def read(image: Path) -> list[Entry]:
    """Everything in the image, of all its archives."""
    return [entry for segment in segments(image.read_bytes()) for entry in segment]


def _header(number: int, entry: Entry, name: bytes) -> bytes:
    links = 2 if stat.S_ISDIR(entry.mode) else 1
    fields = (number, entry.mode, entry.uid, entry.gid, links, entry.mtime, len(entry.data), 0, 0,
              *entry.rdev, len(name), 0)
    return MAGIC + b"".join(b"%08x" % value for value in fields)


def packed(entries: Iterable[Entry]) -> bytes:
    """One plain archive."""
    parts: list[bytes] = []
    for number, entry in enumerate([*entries, Entry(TRAILER, 0)], 1):
        name = entry.path.encode() + b"\0"
        head = _header(number, entry, name) + name
        parts += [head, bytes(-len(head) % 4), entry.data, bytes(-len(entry.data) % 4)]
    return b"".join(parts)
