# SPDX-License-Identifier: GPL-2.0-or-later
"""Disks in files: a file system, in LUKS or not, on the whole disk or in a partition.

Whatever can be named on a kernel command line (UUIDs, labels, partition names) follows from the
disk's name in its scenario, so the same recipe is the same file, made once.
"""

import shutil
import uuid
from dataclasses import astuple, dataclass
from pathlib import Path

from lib import luks, trees
from lib.cache import cached, digest
from lib.commands import run

MIB = 1024 * 1024
NAMES = uuid.uuid5(uuid.NAMESPACE_DNS, "disks.kindling.test")

PASSPHRASE = "correct horse battery"

# The root is the second partition: the first one is there to be passed over.
FIRST_PARTITION_AT = 1 * MIB
PARTITION_AT = 2 * MIB
AFTER_PARTITION = 2 * MIB  # the second copy of a GPT, and slack

BUSES = {
    "virtio-blk": "vd",
    "virtio-scsi": "sd",
    "ahci": "sd",
    "usb-storage": "sd",
    "nvme": "nvme",
}
LAYOUTS = ("whole", "gpt", "mbr")
CONTENTS = (*trees.FILL, "debian")
PLAIN = "plain"
KINDS = (PLAIN, *luks.KEY_DERIVATION)


class BadDisk(Exception):
    pass


@dataclass(frozen=True)
class Disk:
    name: str
    content: str = "report"
    fs: str = "ext4"
    kind: str = PLAIN
    layout: str = "whole"
    passphrase: str = PASSPHRASE
    second_passphrase: str = ""
    fs_label: str = ""
    luks_label: str = ""
    stale_vfat: bool = False  # the boot sector of a vfat that was there before

    def __post_init__(self) -> None:
        for value, known in ((self.content, CONTENTS), (self.fs, tuple(trees.MKFS)),
                             (self.kind, KINDS), (self.layout, LAYOUTS)):
            if value not in known:
                raise BadDisk(f"disk {self.name}: {value!r} is none of {', '.join(known)}")

    def _uuid(self, of: str) -> uuid.UUID:
        return uuid.uuid5(NAMES, f"{self.name} {of}")

    @property
    def fs_uuid(self) -> str:
        return str(self._uuid("fs"))

    @property
    def luks_uuid(self) -> str:
        return str(self._uuid("luks"))

    @property
    def label(self) -> str:
        return self.fs_label or f"fs-{self.name}"

    @property
    def partlabel(self) -> str:
        return f"part-{self.name}"

    @property
    def mbr_id(self) -> str:
        return f"{self._uuid('mbr').time_low:08x}"

    @property
    def partuuid(self) -> str:
        return f"{self.mbr_id}-02" if self.layout == "mbr" else str(self._uuid("partition"))

    def image(self) -> Path:
        """The disk's file, made when the cache lacks it."""
        makers = (Path(__file__).read_text(), Path(luks.__file__).read_text())
        name = digest(trees.recipe(self.content), *makers, astuple(self))
        return cached("disks", f"{self.name}-{name}", self._make) / "disk"

    def _make(self, place: Path) -> None:
        disk = place / "disk"
        trees.make_filesystem(self.content, self.fs, disk, self.fs_uuid, self.label)
        if self.stale_vfat:
            trees.leave_vfat_sector(disk)
        if self.kind != PLAIN:
            luks.encrypt(disk, luks.Luks(self.kind, self.luks_uuid, self.passphrase,
                                         self.second_passphrase, self.luks_label))
        if self.layout != "whole":
            self._put_in_partition(disk)

    def _put_in_partition(self, disk: Path) -> None:
        payload = disk.rename(disk.with_name("payload"))
        size = payload.stat().st_size
        with open(disk, "wb") as file:
            file.truncate(PARTITION_AT + size + AFTER_PARTITION)
        run("sfdisk", "--quiet", disk, stdin=self._partition_table(size).encode())
        with open(payload, "rb") as source, open(disk, "r+b") as target:
            target.seek(PARTITION_AT)
            shutil.copyfileobj(source, target, MIB)
        payload.unlink()

    def _partition_table(self, size: int) -> str:
        first = f"start={FIRST_PARTITION_AT // 512}, size={MIB // 512}"
        second = f"start={PARTITION_AT // 512}, size={size // 512}"
        if self.layout == "mbr":
            return f"label: dos\nlabel-id: 0x{self.mbr_id}\n{first}\n{second}\n"
        return (f"label: gpt\nlabel-id: {self._uuid('gpt')}\n"
                f"{first}, name=first, uuid={self._uuid('first partition')}\n"
                f"{second}, name={self.partlabel}, uuid={self.partuuid}\n")


def node(bus: str, number: int, layout: str) -> str:
    """The device node of what the disk holds, for the `number`th disk of its kind of name."""
    if BUSES[bus] == "nvme":
        whole, partition = f"/dev/nvme{number}n1", "p2"
    else:
        whole, partition = f"/dev/{BUSES[bus]}{chr(ord('a') + number)}", "2"
    return whole if layout == "whole" else whole + partition
