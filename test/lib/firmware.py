# SPDX-License-Identifier: GPL-2.0-or-later
"""EFI firmware, which may say which partition it booted from, as a boot loader would have left it.

QEMU starts the kernel itself, so nobody writes that variable at boot; it is there beforehand, in
the firmware's store of variables (EDK2, MdeModulePkg/Include/Guid/VariableFormat.h).
"""

import struct
import uuid
from pathlib import Path

from lib.cache import cached, digest

CODE = Path("/usr/share/OVMF/OVMF_CODE_4M.fd")
EMPTY_VARIABLES = Path("/usr/share/OVMF/OVMF_VARS_4M.fd")

LOADER = uuid.UUID("4a67b082-0a4c-41cf-b6c7-440b29bb8c4f")
NAME = "LoaderDevicePartUUID"

STORE_HEADER_SIZE = 28
VARIABLE_START = 0x55AA
VARIABLE_ADDED = 0x3F
# Kept in flash, and seen by the boot loader and by the system.
ATTRIBUTES = 1 | 2 | 4
VARIABLE_HEADER = struct.Struct("<HBBIQ16sIII16s")


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-le") + b"\0\0"


def _free_place(store: bytes) -> int:
    """Behind the last variable that is in there."""
    (volume_header_size,) = struct.unpack_from("<H", store, 48)
    place: int = volume_header_size + STORE_HEADER_SIZE
    while store[place:place + 2] == struct.pack("<H", VARIABLE_START):
        fields = VARIABLE_HEADER.unpack_from(store, place)
        place = (place + VARIABLE_HEADER.size + fields[7] + fields[8] + 3) & ~3
    return place


def _make_variables(partuuid: str, place: Path) -> None:
    store = bytearray(EMPTY_VARIABLES.read_bytes())
    name, value = _utf16(NAME), _utf16(partuuid)
    variable = VARIABLE_HEADER.pack(VARIABLE_START, VARIABLE_ADDED, 0, ATTRIBUTES, 0, bytes(16), 0,
                                    len(name), len(value), LOADER.bytes_le) + name + value
    free = _free_place(store)
    store[free:free + len(variable)] = variable
    (place / "variables.fd").write_bytes(store)


def variables(partuuid: str) -> Path:
    """A store in which the firmware says that it booted from that partition; empty for none."""
    if not partuuid:
        return EMPTY_VARIABLES
    key = digest(Path(__file__).read_text(), EMPTY_VARIABLES.read_bytes().hex(), partuuid)
    return cached("firmware", key, lambda place: _make_variables(partuuid, place)) / "variables.fd"


def options(store: Path, keep: bool) -> list[str]:
    """For QEMU: this firmware in place of the PC BIOS; and whether to keep what is written."""
    snapshot = "off" if keep else "on"
    return ["-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={CODE}",
            "-drive", f"if=pflash,unit=1,format=raw,snapshot={snapshot},file={store}"]
