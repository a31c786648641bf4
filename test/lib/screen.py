# SPDX-License-Identifier: GPL-2.0-or-later
"""What a guest's screen shows: whether a text stands there in a certain console font.

The picture is QEMU's screendump; the letters are drawn from the font's own file, so that nothing
but that font, at that place of a character grid, is found.
"""

import gzip
import re
import struct
from dataclasses import dataclass

from lib import consoles

PPM_HEADER = re.compile(rb"P6\s+(\d+)\s+(\d+)\s+255\s", re.ASCII)
LIT = bytes(ord("1") if level >= 0x60 else ord("0") for level in range(256))

PSF1, PSF2 = b"\x36\x04", b"\x72\xb5\x4a\x86"


class BadFont(Exception):
    pass


@dataclass(frozen=True)
class Font:
    width: int
    height: int
    glyphs: dict[str, list[int]]  # rows from the top, the leftmost pixel is the highest bit

    def rows(self, text: str, cell_width: int) -> list[int]:
        """The text, in cells that may be wider than the glyphs."""
        rows = [0] * self.height
        for character in text:
            for y, row in enumerate(self.glyphs[character]):
                rows[y] = rows[y] << cell_width | row << (cell_width - self.width)
        return rows


def _font(width: int, height: int, glyphs: bytes, meanings: list[str]) -> Font:
    pitch = (width + 7) // 8
    drawn = {}
    for index, characters in enumerate(meanings):
        at = index * pitch * height
        rows = [int.from_bytes(glyphs[at + y * pitch:at + (y + 1) * pitch], "big")
                >> (pitch * 8 - width) for y in range(height)]
        drawn.update(dict.fromkeys(characters, rows))
    return Font(width, height, drawn)


def read_font(name: str) -> Font:
    """A font by its name, which has a table of characters."""
    data = gzip.decompress(consoles.font(name).read_bytes())
    if data[:2] == PSF1:
        count, height = (512 if data[2] & 1 else 256), data[3]
        end = 4 + count * height
        units = struct.unpack(f"<{(len(data) - end) // 2}H", data[end:])
        text = "".join(map(chr, units))
        meanings = [entry.split("\ufffe")[0] for entry in text.split("\uffff")[:count]]
        return _font(8, height, data[4:end], meanings)
    if data[:4] != PSF2:
        raise BadFont(f"{name} is no PSF font")
    start, _, count, size, height, width = struct.unpack("<6I", data[8:32])
    end = start + count * size
    meanings = [entry.split(b"\xfe")[0].decode() for entry in data[end:].split(b"\xff")[:count]]
    return _font(width, height, data[start:end], meanings)


class Screen:
    def __init__(self, picture: bytes) -> None:
        header = PPM_HEADER.match(picture)
        if not header:
            raise ValueError("a screendump is no PPM")
        self.width, self.height = int(header.group(1)), int(header.group(2))
        # One channel tells light from dark.
        lit = picture[header.end()::3].translate(LIT)
        self._rows = [int(lit[y * self.width:(y + 1) * self.width], 2)
                      for y in range(self.height)]

    def shows(self, text: str, font: Font) -> bool:
        # A VGA adapter in text mode leaves a column between glyphs that are 8 pixels wide.
        return any(self._shows(font.rows(text, cell_width), cell_width, len(text))
                   for cell_width in (font.width, font.width + 1))

    def _shows(self, wanted: list[int], cell_width: int, n_cells: int) -> bool:
        text_width = n_cells * cell_width
        mask = (1 << text_width) - 1
        for y in range(0, self.height - len(wanted) + 1, len(wanted)):
            rows = self._rows[y:y + len(wanted)]
            for x in range(0, self.width - text_width + 1, cell_width):
                shift = self.width - x - text_width
                if all(row >> shift & mask == want for row, want in zip(rows, wanted)):
                    return True
        return False
