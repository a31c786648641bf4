# SPDX-License-Identifier: GPL-2.0-or-later
"""LUKS headers taken apart, changed, and put together again with the checksums that belong there:
as whoever had the disk in his hands would do it.
"""

import hashlib
import json
import struct
from dataclasses import dataclass, field
from typing import Any

BINARY_BYTES = 4096
CHECKSUM_AT, CHECKSUM_BYTES = 448, 64
MAGICS = (b"LUKS\xba\xbe", b"SKUL\xba\xbe")

# Offset and size of what a copy of a LUKS2 header has before its JSON.
LUKS2_FIELDS = {
    "magic": (0, 6), "version": (6, 2), "hdr-size": (8, 8), "sequence": (16, 8), "label": (24, 48),
    "checksum-algorithm": (72, 32), "salt": (104, 64), "uuid": (168, 40), "subsystem": (208, 48),
    "hdr-offset": (256, 8), "checksum": (CHECKSUM_AT, CHECKSUM_BYTES),
}

LUKS1_BYTES = 592
# Offset and size.
LUKS1_FIELDS = {
    "magic": (0, 6), "version": (6, 2), "cipher-name": (8, 32), "cipher-mode": (40, 32),
    "hash-spec": (72, 32), "payload-offset": (104, 4), "key-bytes": (108, 4),
    "mk-digest": (112, 20), "mk-digest-salt": (132, 32), "mk-digest-iter": (164, 4),
    "uuid": (168, 40),
} | {
    f"key-slot-{slot}.{name}": (208 + 48 * slot + at, size)
    for slot in range(8)
    for name, (at, size) in {"active": (0, 4), "iterations": (4, 4), "salt": (8, 32),
                             "key-material-offset": (40, 4), "stripes": (44, 4)}.items()
}


def put(data: bytearray, place: tuple[int, int], value: int | bytes) -> None:
    """A number, big-endian, or a string."""
    at, size = place
    data[at:at + size] = value.to_bytes(size, "big") if isinstance(value, int) else \
        value.ljust(size, b"\0")


@dataclass
class Luks2Copy:
    """One of the two copies of a header."""
    binary: bytearray
    json: Any
    text: str | None = None  # in the place of the JSON

    def write(self) -> bytes:
        size = struct.unpack_from(">Q", self.binary, 8)[0]
        text = json.dumps(self.json, separators=(",", ":")) if self.text is None else self.text
        data = self.binary + text.encode().ljust(max(size, BINARY_BYTES) - BINARY_BYTES, b"\0")
        put(data, LUKS2_FIELDS["checksum"], b"")
        put(data, LUKS2_FIELDS["checksum"], hashlib.sha256(data).digest())
        return bytes(data)


@dataclass
class Luks2Header:
    """Both copies, as they are on the disk; they begin with the same JSON."""
    copies: list[Luks2Copy] = field(default_factory=list)

    @classmethod
    def read(cls, data: bytes) -> "Luks2Header":
        size = struct.unpack_from(">Q", data, 8)[0]
        header = cls()
        for magic, start in zip(MAGICS, (0, size)):
            copy = data[start:start + size]
            assert copy.startswith(magic), "both copies of a new header are whole"
            text = copy[BINARY_BYTES:].rstrip(b"\0").decode()
            header.copies.append(Luks2Copy(bytearray(copy[:BINARY_BYTES]), json.loads(text)))
        return header

    def write(self) -> bytes:
        return b"".join(copy.write() for copy in self.copies)
