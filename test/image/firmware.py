# SPDX-License-Identifier: GPL-2.0-or-later
"""The image has the firmware that its modules name, also where they are compressed."""

import lzma
import shutil
import struct
from collections.abc import Iterator
from pathlib import Path

from lib import newc
from lib.image import Ground, check, each

MACHINE = "virtio-blk"


def _modinfo(module: bytes) -> Iterator[str]:
    """The strings of .modinfo, by the module's table of sections."""
    (table,), (n_sections, names_index) = (struct.unpack_from("<Q", module, 40),
                                           struct.unpack_from("<HH", module, 60))
    sections = [struct.unpack_from("<II8xQQQ", module, table + 64 * i) for i in range(n_sections)]
    names = sections[names_index][3]
    for name, _, _, offset, size in sections:
        if module[names + name:].startswith(b".modinfo\0"):
            for string in module[offset:offset + size].split(b"\0"):
                yield string.decode()


def _named_firmware(module: Path) -> list[str]:
    """Of a pattern, a file that matches it."""
    strings = list(_modinfo(lzma.decompress(module.read_bytes())))
    return [string.removeprefix("firmware=").replace("*", "any") for string in strings
            if string.startswith("firmware=")]


@each("6.12", "newest")
def test_named_by_compressed_modules(ground: Ground, label: str) -> None:
    """All that modules compressed with xz name is found, though only their beginning is read."""
    kernel = ground.kernel(label)
    wanted = {module.name.removesuffix(".ko.xz"): names
              for module in kernel.modules.rglob("*.ko.xz")
              if (names := _named_firmware(module))}
    check(len(wanted) > 100, f"only {len(wanted)} modules name firmware")
    system = ground.scratch / "system"
    shutil.copytree(ground.machine(MACHINE), system, symlinks=True)
    for name in (name for names in wanted.values() for name in names):
        file = system / "usr/lib/firmware" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    image = ground.built("image", "--sysroot", system,
                         *(f"--add-module={module}" for module in wanted), of=kernel)
    packed = {entry.path.removesuffix(".zst") for entry in newc.read(image)}
    missing = {name for names in wanted.values() for name in names
               if f"usr/lib/firmware/{name}" not in packed}
    check(not missing, f"{len(missing)} are not in the image, among them {sorted(missing)[:5]}")
