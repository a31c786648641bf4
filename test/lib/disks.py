# SPDX-License-Identifier: GPL-2.0-or-later
"""Disks in files: a file system, in LUKS or not, on the whole disk or in a partition.

Whatever can be named on a kernel command line (UUIDs, labels, partition names) follows from the
disk's name in its scenario, so the same recipe is the same file, made once.
"""

import shutil
import struct
import uuid
from dataclasses import astuple, dataclass
from pathlib import Path

from lib import luks, luks_header, tpm, trees
from lib.cache import cached, digest
from lib.commands import run

MIB = 1024 * 1024
NAMES = uuid.uuid5(uuid.NAMESPACE_DNS, "disks.kindling.test")

PASSPHRASE = "correct horse battery"
PIN = "swordfish"

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
# What a disk there says of itself.
MODELS = {
    "virtio-scsi": "QEMU HARDDISK",
    "ahci": "QEMU HARDDISK",
    "usb-storage": "QEMU HARDDISK",
    "nvme": "QEMU NVMe Ctrl",
}
LAYOUTS = ("whole", "gpt", "mbr", "hybrid")

# What the Discoverable Partitions Specification calls the root of an x86-64 machine.
ROOT_TYPE = "4f68bce3-e8cd-4db1-96e7-fbcaf984b709"
ISO9660_DATE = "2024-05-06-07-08-09-00"
CONTENTS = (*trees.FILL, "debian")
PLAIN = "plain"
KINDS = (PLAIN, *luks.KEY_DERIVATION)
# What opens a LUKS2 volume besides, each with a TPM of its own.
TOKENS = ("", "tpm2", "tpm2-pin")


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
    token: str = ""
    pin: str = PIN
    fs_label: str = ""
    luks_label: str = ""
    luks_lie: str = ""  # a key of lib.luks.LIES: what its header says that is not so
    luks_reencrypting: bool = False  # that has been begun
    stale_vfat: bool = False  # the boot sector of a vfat that was there before
    same_as: str = ""  # another disk's name: it has all of that one's UUIDs and labels
    root_type: bool = False  # the type of its partition says that it is a root
    attributes: str = ""  # of its partition in a GPT, as sfdisk writes them
    fstab: str = ""  # /etc/fstab; in it ${…} may stand for properties of other disks
    fstab_at: str = ""  # the path that it is a link to
    damage: str = ""  # a key of lib.trees.DAMAGES
    size_mib: int = 0  # of the file system; 0: what its type needs

    def __post_init__(self) -> None:
        for value, known in ((self.content, CONTENTS), (self.fs, tuple(trees.MKFS)),
                             (self.kind, KINDS), (self.layout, LAYOUTS), (self.token, TOKENS),
                             (self.damage, tuple(trees.DAMAGES)),
                             (self.luks_lie, ("", *luks.LIES))):
            if value not in known:
                raise BadDisk(f"disk {self.name}: {value!r} is none of {', '.join(known)}")

    def _uuid(self, of: str) -> uuid.UUID:
        return uuid.uuid5(NAMES, f"{self.same_as or self.name} {of}")

    @property
    def fs_uuid(self) -> str:
        return ISO9660_DATE if self.fs == "iso9660" else str(self._uuid("fs"))

    @property
    def short_uuid(self) -> str:
        """Of a vfat, or of an ntfs."""
        if self.fs == "ntfs":
            return self.fs_uuid.replace("-", "")[:16]
        return f"{self.fs_uuid[:4]}-{self.fs_uuid[4:8]}".upper()

    @property
    def luks_uuid(self) -> str:
        return str(self._uuid("luks"))

    @property
    def label(self) -> str:
        return self.fs_label or f"fs-{self.same_as or self.name}"

    @property
    def partlabel(self) -> str:
        return f"part-{self.same_as or self.name}"

    @property
    def mbr_id(self) -> str:
        return f"{self._uuid('mbr').time_low:08x}"

    @property
    def partuuid(self) -> str:
        return f"{self.mbr_id}-02" if self.layout == "mbr" else str(self._uuid("partition"))

    @property
    def first_partuuid(self) -> str:
        return f"{self.mbr_id}-01" if self.layout == "mbr" else str(self._uuid("first partition"))

    def image(self) -> Path:
        """The disk's file, made when the cache lacks it."""
        return self._place() / "disk"

    def tpm_state(self) -> Path:
        """What the TPM knows that opens the disk."""
        return self._place() / "tpm"

    def _place(self) -> Path:
        makers = (Path(module).read_text() for module in
                  (__file__, luks.__file__, luks_header.__file__, tpm.__file__))
        name = digest(trees.recipe(self.content), *makers, astuple(self))
        return cached("disks", f"{self.name}-{name}", self._make)

    def _make(self, place: Path) -> None:
        disk = place / "disk"
        trees.make_filesystem(self.content, self.fs, disk, self.fs_uuid, self.label, self.size_mib,
                              trees.Fstab(self.fstab, self.fstab_at))
        trees.damage(disk, self.damage)
        if self.stale_vfat:
            trees.leave_vfat_sector(disk)
        if self.kind != PLAIN:
            luks.encrypt(disk, luks.Luks(self.kind, self.luks_uuid, self.passphrase,
                                         self.second_passphrase, self.luks_label,
                                         self.luks_lie, self.luks_reencrypting))
        if self.token:
            (place / "tpm").mkdir()
            tpm.enrol(disk, place / "tpm", self.passphrase,
                      self.pin if self.token == "tpm2-pin" else "")
        if self.layout == "hybrid":
            self._add_partition_over_all(disk)
        elif self.layout != "whole":
            self._put_in_partition(disk)

    def _add_partition_over_all(self, disk: Path) -> None:
        """As on a stick that a live medium was written to: the partition begins with the disk."""
        sectors = disk.stat().st_size // 512
        entry = struct.pack("<B3sB3sII", 0x80, b"\0\1\0", 0x83, b"\xfe\xff\xff", 0, sectors)
        with open(disk, "r+b") as file:
            file.seek(446)
            file.write(entry + bytes(48) + b"\x55\xaa")

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
        if self.root_type:
            second += f", type={ROOT_TYPE}"
        if self.attributes:
            second += f', attrs="{self.attributes}"'
        return (f"label: gpt\nlabel-id: {self._uuid('gpt')}\n"
                f"{first}, name=first, uuid={self.first_partuuid}\n"
                f"{second}, name={self.partlabel}, uuid={self.partuuid}\n")


def node(bus: str, number: int, layout: str) -> str:
    """The device node of what the disk holds, for the `number`th disk of its kind of name."""
    if BUSES[bus] == "nvme":
        whole, partition = f"/dev/nvme{number}n1", "p2"
    else:
        whole, partition = f"/dev/{BUSES[bus]}{chr(ord('a') + number)}", "2"
    if layout == "hybrid":
        return whole + partition.replace("2", "1")
    return whole if layout == "whole" else whole + partition
