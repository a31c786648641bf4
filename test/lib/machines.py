# SPDX-License-Identifier: GPL-2.0-or-later
"""Machines to build host images for: what a guest's sysfs and procfs said, as a tree in files.

Each is booted once with a generic image; test/lib/record-init.c, on its root, prints what there is.
The tree is what `kindling build --sysroot` takes: sys, proc, etc, and the libraries of this machine
that Kindling's programs need.
"""

import re
import shutil
import stat
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lib import newc
from lib.build import KINDLING
from lib.cache import cached, digest
from lib.commands import CommandFailed, run
from lib.disks import PLAIN, Disk, node
from lib.guest import EMULATED, Attachment, Guest, Machine
from lib.kernels import kernel
from lib.places import BUILD
from lib.trees import recipe

RECORDED_ON = "6.12"
MAPPING = "cryptroot"
LISTED_MODULE = "cpuid"
PATIENCE_S = 180

QUESTION = re.compile(r"^Please enter passphrase for disk .*: ", re.MULTILINE)
KEYBOARD = re.compile(r"input: .*keyboard as /devices/", re.IGNORECASE)
END = re.compile(r"^end (\d+)\n", re.MULTILINE)
ESCAPE = re.compile(r"\\x([0-9a-f]{2})")

# What of /usr in an image is no library of the machine that the image was made on.
NO_LIBRARIES = (("modules",), ("firmware",), ("kindling",))

_assembling = threading.Lock()
_assembled: set[str] = set()


class RecordingFailed(CommandFailed):
    pass


@dataclass(frozen=True)
class Recorded:
    """A machine: where its root is, its only keyboard, and whether it has a disk to swap to."""

    bus: str
    kind: str = PLAIN
    keyboard: str = "ps2"
    swaps: bool = False

    @property
    def disk(self) -> Disk:
        """Of the name that scenarios give their root, so that all its UUIDs are the same."""
        return Disk("root", content="record", kind=self.kind)

    @property
    def node(self) -> str:
        return node(self.bus, 0, self.disk.layout)

    @property
    def swap_disk(self) -> Disk:
        """Likewise."""
        return Disk("swap", content="empty", fs="swap", size_mib=128)

    @property
    def attachments(self) -> list[Attachment]:
        disks = [self.disk, self.swap_disk] if self.swaps else [self.disk]
        return [Attachment(disk.name, disk.image(), self.bus, port)
                for port, disk in enumerate(disks)]

    @property
    def is_encrypted(self) -> bool:
        return self.kind != PLAIN

    @property
    def cmdline(self) -> str:
        if not self.is_encrypted:
            return f"root={self.node}"
        return f"root=/dev/mapper/{MAPPING} rd.luks.name={self.disk.luks_uuid}={MAPPING}"


MACHINES = {
    "virtio-blk": Recorded("virtio-blk"),
    "virtio-scsi": Recorded("virtio-scsi"),
    "nvme": Recorded("nvme"),
    "ahci": Recorded("ahci"),
    "usb-storage": Recorded("usb-storage"),
    "virtio-blk-luks": Recorded("virtio-blk", kind="luks2-pbkdf2"),
    "virtio-blk-swap": Recorded("virtio-blk", swaps=True),
    "virtio-blk-luks-usb-keyboard": Recorded("virtio-blk", kind="luks2-pbkdf2", keyboard="usb"),
}


def _build_generic(image: Path) -> None:
    booted = kernel(RECORDED_ON)
    run(KINDLING, "build", "--kver", booted.kver, "--modules-dir", booted.modules,
        "--mode", "generic", "--no-verify", "--output", image)


def _boot_and_listen(recorded: Recorded, image: Path) -> str:
    """Everything that came over the second serial line, whole.

    No more drivers are loaded once root is there, so the passphrase waits for the keyboard's, of
    which the kernel tells at log level 6.
    """
    _build_generic(image)
    guest_machine = Machine(
        kernel(RECORDED_ON).vmlinuz, image,
        f"console=ttyS0 panic=-1 loglevel=7 cryptomgr.notests {EMULATED} {recorded.cmdline}",
        recorded.attachments, consoles=2, keyboard=recorded.keyboard)
    until = time.monotonic() + PATIENCE_S
    with Guest(guest_machine) as guest:
        console, line = guest.consoles
        while not guest.ended and time.monotonic() < until:
            guest.pump(until)
            if KEYBOARD.search(console.text) and console.find(QUESTION):
                console.send(f"{recorded.disk.passphrase}\n")
    end = END.search(line.text)
    if not end or line.text.count("\n", 0, end.start()) != int(end.group(1)):
        raise RecordingFailed(f"the machine with {recorded.bus} did not tell all about itself:\n"
                              f"{console.log()}\n{line.text[-2000:]}")
    return line.text[:end.start()]


def _records(text: str) -> Iterator[tuple[str, str, str]]:
    """Kind, path and value of each line."""
    for line in text.splitlines():
        kind, rest = line.split(" ", 1)
        words = [ESCAPE.sub(lambda match: chr(int(match.group(1), 16)), word)
                 for word in rest.split("\t")]
        yield kind, words[0], "".join(words[1:])


def _make_tree(text: str, root: Path) -> None:
    for kind, path, value in _records(text):
        place = root / path.lstrip("/")
        directory = place if kind == "dir" else place.parent
        directory.mkdir(parents=True, exist_ok=True)
        if kind == "link":
            place.symlink_to(value)
        elif kind == "file":
            place.write_bytes(value.encode("latin-1"))


def _write_etc(recorded: Recorded, root: Path) -> None:
    """As its installer would have: a root by its UUID, what has to be unlocked for it, and where it
    hibernates to; and as its administrator would, who wants one module that no device asks for."""
    etc = root / "etc"
    etc.mkdir()
    (etc / "fstab").write_text(f"UUID={recorded.disk.fs_uuid} / ext4 defaults 0 1\n")
    (etc / "os-release").write_text("ID=debian\nNAME=Debian\n")
    if recorded.is_encrypted:
        (etc / "crypttab").write_text(
            f"{MAPPING} UUID={recorded.disk.luks_uuid} none luks\n")
    if recorded.swaps:
        place = etc / "initramfs-tools/conf.d/resume"
        place.parent.mkdir(parents=True)
        place.write_text(f"RESUME=UUID={recorded.swap_disk.fs_uuid}\n")
    (etc / "modules-load.d").mkdir()
    (etc / "modules-load.d/local.conf").write_text(f"# by name\n{LISTED_MODULE}\nno-such-module\n")


def _write_udev_database(recorded: Recorded, root: Path) -> None:
    """What udev, which the recorded root has none of, would have kept about its devices."""
    disk = recorded.disk
    outer = ("crypto_LUKS", disk.luks_uuid) if recorded.is_encrypted else ("ext4", disk.fs_uuid)
    records = {Path(recorded.node).name: (*outer, "")}
    if recorded.swaps:
        records[Path(node(recorded.bus, 1, recorded.swap_disk.layout)).name] = (
            "swap", recorded.swap_disk.fs_uuid, "")
    if recorded.is_encrypted:
        records["dm-0"] = ("ext4", disk.fs_uuid, f"S:mapper/{MAPPING}\n")
    database = root / "run/udev/data"
    database.mkdir(parents=True)
    for name, (kind, uuid, links) in records.items():
        numbers = (root / "sys/class/block" / name / "dev").read_text().strip()
        (database / f"b{numbers}").write_text(
            f"{links}S:disk/by-uuid/{uuid}\nE:ID_FS_TYPE={kind}\nE:ID_FS_UUID={uuid}\n")


def _record(recorded: Recorded, root: Path) -> None:
    image = root / "image"
    text = _boot_and_listen(recorded, image)
    image.unlink()
    _make_tree(text, root)
    _write_etc(recorded, root)
    _write_udev_database(recorded, root)
    for link, target in (("bin", "usr/bin"), ("sbin", "usr/sbin"), ("lib", "usr/lib"),
                         ("lib64", "usr/lib64")):
        (root / target).mkdir(parents=True)
        (root / link).symlink_to(target)


def recording(name: str) -> Path:
    """The tree of that machine without libraries, recorded when the cache lacks it."""
    recorded = MACHINES[name]
    record_init = (Path(__file__).with_name("record-init.c")).read_text()
    key = digest(Path(__file__).read_text(), record_init, recipe("record"),
                 kernel(RECORDED_ON).kver)
    return cached("machines", f"{name}-{key}", lambda place: _record(recorded, place))


def _unpack_libraries(image: Path, root: Path) -> None:
    """What Kindling's programs need of this machine: what an image made from it has of it."""
    for entry in newc.read(image):
        path = Path(entry.path)
        if not entry.path.startswith("usr/lib") or path.parts[2:3] in NO_LIBRARIES:
            continue
        place = root / path
        if stat.S_ISDIR(entry.mode):
            place.mkdir(parents=True, exist_ok=True)
        elif stat.S_ISLNK(entry.mode):
            place.symlink_to(entry.data.decode())
        else:
            place.write_bytes(entry.data)
            place.chmod(stat.S_IMODE(entry.mode))


def machine(name: str) -> Path:
    """The tree of that machine, for `--sysroot`: below the build directory, of this run."""
    place = BUILD / "machines" / name
    recorded = recording(name)
    with _assembling:
        if name in _assembled:
            return place
        partial = place.with_name(f".{name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.parent.mkdir(parents=True, exist_ok=True)
        run("cp", "-a", recorded, partial)
        image = place.with_name(f".{name}.image")
        _build_generic(image)
        _unpack_libraries(image, partial)
        image.unlink()
        shutil.rmtree(place, ignore_errors=True)
        partial.rename(place)
        _assembled.add(name)
    return place
