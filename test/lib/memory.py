# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest's memory: whether something is left in it."""

import base64
import re
from collections.abc import Iterator

AROUND = 48


def _forms(text: str) -> Iterator[tuple[str, bytes]]:
    """What the text may have become: in Base64 it depends on how many bytes come before it."""
    plain = text.encode()
    yield "plain", plain
    yield "UTF-16", text.encode("utf-16-le")
    yield "UTF-16, big end first", text.encode("utf-16-be")
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + plain).rstrip(b"=")
        # The first and the last of its characters have bits of the neighbours in them.
        yield "Base64", encoded[-(-before * 8 // 6):-1]


def places(text: str, memory: bytes) -> list[str]:
    """Where it is, in what form, and what is around it."""
    return [f"{match.start():#x}, {form}: "
            f"{memory[max(0, match.start() - AROUND):match.end() + AROUND]!r}"
            for form, data in _forms(text) for match in re.finditer(re.escape(data), memory)]
