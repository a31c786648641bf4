# SPDX-License-Identifier: GPL-2.0-or-later
"""Machines to build host images for: what a guest's sysfs and procfs said, as a tree in files.

Each is booted once with a generic image; test/lib/record-init.c, on its root, prints what there is.
The tree is what `kindling build --sysroot` takes: sys, proc, etc, and the libraries of this machine
that Kindling's programs need.
"""

import re
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lib.build import INIT, KINDLING, UNLOCK
from lib.cache import cached, digest
from lib.commands import CommandFailed, run
from lib.disks import PLAIN, Disk, node
from lib.guest import Attachment, Guest, Machine
from lib.kernels import kernel
from lib.places import BUILD
from lib.trees import recipe

RECORDED_ON = "6.12"
MAPPING = "cryptroot"
PATIENCE_S = 180

QUESTION = re.compile(r"^Please enter passphrase for disk .*: $", re.MULTILINE)
END = re.compile(r"^end (\d+)\n", re.MULTILINE)
ESCAPE = re.compile(r"\\x([0-9a-f]{2})")

_assembling = threading.Lock()


class RecordingFailed(CommandFailed):
    pass


@dataclass(frozen=True)
class Recorded:
    """A machine: where its root is. It has a PS/2 keyboard."""

    bus: str
    kind: str = PLAIN

    @property
    def disk(self) -> Disk:
        """Of the name that scenarios give their root, so that all its UUIDs are the same."""
        return Disk("root", content="record", kind=self.kind)

    @property
    def node(self) -> str:
        return node(self.bus, 0, self.disk.layout)

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
}


def _boot_and_listen(recorded: Recorded, image: Path) -> str:
    """Everything that came over the second serial line, whole."""
    booted = kernel(RECORDED_ON)
    run(KINDLING, "build", "--kver", booted.kver, "--modules-dir", booted.modules,
        "--mode", "generic", "--no-verify", "--output", image)
    machine = Machine(
        booted.vmlinuz, image,
        f"console=ttyS0 panic=-1 loglevel=4 cryptomgr.notests mitigations=off {recorded.cmdline}",
        [Attachment("root", recorded.disk.image(), recorded.bus)], consoles=2)
    until = time.monotonic() + PATIENCE_S
    with Guest(machine) as guest:
        console, line = guest.consoles
        while not guest.ended and time.monotonic() < until:
            guest.pump(until)
            if console.find(QUESTION):
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
    """As its installer would have: a root by its UUID, and what has to be unlocked for it."""
    etc = root / "etc"
    etc.mkdir()
    (etc / "fstab").write_text(f"UUID={recorded.disk.fs_uuid} / ext4 defaults 0 1\n")
    (etc / "os-release").write_text("ID=debian\nNAME=Debian\n")
    if recorded.is_encrypted:
        (etc / "crypttab").write_text(
            f"{MAPPING} UUID={recorded.disk.luks_uuid} none luks\n")


def _record(recorded: Recorded, root: Path) -> None:
    image = root / "image"
    text = _boot_and_listen(recorded, image)
    image.unlink()
    _make_tree(text, root)
    _write_etc(recorded, root)
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


def libraries() -> list[Path]:
    """What Kindling's programs are linked with on this machine, the interpreter included."""
    words = [word for program in (INIT, UNLOCK) for word in run("ldd", program).split()]
    return sorted({Path(word) for word in words if word.startswith("/")})


def machine(name: str) -> Path:
    """The tree of that machine, for `--sysroot`: below the build directory, of this run."""
    place = BUILD / "machines" / name
    recorded = recording(name)
    with _assembling:
        partial = place.with_name(f".{name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.parent.mkdir(parents=True, exist_ok=True)
        run("cp", "-a", recorded, partial)
        for library in libraries():
            copy = partial / library.relative_to("/")
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library, copy)
        shutil.rmtree(place, ignore_errors=True)
        partial.rename(place)
    return place
