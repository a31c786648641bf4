# SPDX-License-Identifier: GPL-2.0-or-later
"""What is missing on the way to this machine's root is named, whatever made the image."""

import json
import re
import shutil
import stat
from collections.abc import Callable, Iterable
from pathlib import Path

from lib import newc
from lib.image import Done, Ground, check, checksum, each
from lib.images import for_kernel
from lib.kernels import Kernel

UNVERIFIED = 3
NO_KERNEL = 4
UNPROVEN = 8
LABEL = "6.12"

# What a driver's file is called; the same name is in the sentence about it.
DRIVERS = {
    "virtio-blk": ["virtio_blk"],
    "virtio-scsi": ["virtio_scsi", "sd_mod", "scsi_mod"],
    "nvme": ["nvme", "nvme-core"],
    "ahci": ["ahci", "libahci", "libata", "sd_mod"],
    "usb-storage": ["usb-storage", "sd_mod", "xhci-pci", "usbcore"],
    "virtio-blk-luks": ["virtio_blk", "dm-crypt", "dm-mod", "xts"],
    "virtio-blk-luks-usb-keyboard": ["hid-generic", "usbhid", "hid", "xhci-pci", "xhci-hcd",
                                     "usbcore", "usb-common"],
}
FILE_SYSTEM = ["ext4", "jbd2", "mbcache"]
FILES = {
    "virtio-blk": ["init", "libc.so.6", "libevent_core-2.1.so.7", "libkmod.so.2",
                   "ld-linux-x86-64.so.2", "modules.dep.bin", "modules.alias.bin"],
    "virtio-blk-luks": ["unlock", "libcryptsetup.so.12", "libdevmapper.so.1.02.1",
                        "libcrypto.so.3"],
}
REMOVALS = [(f"{machine},{name}", machine, name) for machine, drivers in DRIVERS.items()
            for name in [*drivers, *FILE_SYSTEM, *FILES.get(machine, [])]]

MODULE_SUFFIX = re.compile(r"\.ko(\.\w+)?$")
MANIFEST = "usr/lib/kindling/manifest"


def _stem(path: str) -> str:
    """The name of a file; of a module, as the kernel has it."""
    name = Path(path).name
    return MODULE_SUFFIX.sub("", name).replace("-", "_") if MODULE_SUFFIX.search(name) else name


def _host_image(ground: Ground, machine: str, kernel: Kernel) -> Path:
    image = ground.directory("built") / "image"
    ground.kindling("build", *for_kernel(kernel), "--mode", "host", "--sysroot",
                    ground.machine(machine), "--microcode", "none", "--output", image).expect(0)
    return image


def _verify(ground: Ground, machine: str, kernel: Kernel, image: Path) -> Done:
    return ground.kindling("verify", image, "--sysroot", ground.machine(machine),
                           *for_kernel(kernel))


def _repacked(ground: Ground, entries: Iterable[newc.Entry]) -> Path:
    image = ground.directory("repacked") / "image"
    image.write_bytes(newc.packed(entries))
    return image


def _without(entries: list[newc.Entry], name: str) -> list[newc.Entry]:
    """All entries but the files, and the links, of that name."""
    wanted = {name, name.replace("-", "_")}
    return [entry for entry in entries
            if stat.S_ISDIR(entry.mode) or _stem(entry.path) not in wanted]


@each(*DRIVERS)
def test_whole_image(ground: Ground, machine: str) -> None:
    """An image that has everything is found to have everything, also with nothing but its files to
    go by."""
    kernel = ground.kernel(LABEL)
    image = _host_image(ground, machine, kernel)
    _verify(ground, machine, kernel, image).expect(0)
    entries = [entry for entry in newc.read(image) if entry.path != MANIFEST]
    _verify(ground, machine, kernel, _repacked(ground, entries)).expect(0)


@each(*DRIVERS)
def test_generic_image(ground: Ground, machine: str) -> None:
    """A generic image reaches the root of every one of these machines."""
    kernel = ground.kernel(LABEL)
    _verify(ground, machine, kernel, ground.built("generic", of=kernel)).expect(0)


@each(*REMOVALS)
def test_removed(ground: Ground, _: str, machine: str, name: str) -> None:
    """Without a file on the way to the root it is not verified, and a sentence names the file."""
    kernel = ground.kernel(LABEL)
    entries = newc.read(_host_image(ground, machine, kernel))
    left = _without(entries, name)
    check(len(left) < len(entries), f"the image had no {name} in the first place")
    done = _verify(ground, machine, kernel, _repacked(ground, left)).expect(UNVERIFIED)
    sentence = rf"(?<![^/ ]){re.escape(name)}(\.ko(\.\w+)?)? is not in the image"
    check(re.search(sentence, done.stderr), f"{name} is not named:\n{done.stderr}")


@each(
    ("files-only", lambda entries: [entry for entry in entries if entry.path != MANIFEST]),
    ("compressed", lambda entries: entries),
)
def test_image_of_another_form(ground: Ground, form: str,
                               change: Callable[[list[newc.Entry]], list[newc.Entry]]) -> None:
    """Without our manifest, or compressed as a whole: a missing driver is still found missing."""
    kernel = ground.kernel(LABEL)
    entries = change(newc.read(_host_image(ground, "virtio-blk", kernel)))
    image = _repacked(ground, _without(entries, "virtio_blk"))
    if form == "compressed":
        ground.run("zstd", "-q", "--rm", "-f", image, "-o", image.with_suffix(".zst")).expect(0)
        image = image.with_suffix(".zst")
    done = _verify(ground, "virtio-blk", kernel, image).expect(UNVERIFIED)
    check("virtio_blk" in (done.stderr + done.stdout).replace("-", "_"), "it is not named")


@each(
    ("disk", "virtio-blk", "virtio_blk"),
    ("keyboard", "virtio-blk-luks-usb-keyboard", "usbhid"),
)
def test_build_replaces_nothing_unproven(ground: Ground, _: str, machine: str,
                                         driver: str) -> None:
    """A build whose image lacks a driver of this machine ends with 3 and keeps the old image; with
    --no-verify it does as it is told."""
    kernel = ground.kernel(LABEL)
    target = _host_image(ground, machine, kernel)
    old = checksum(target)
    options = [*for_kernel(kernel), "--mode", "host", "--sysroot", ground.machine(machine),
               "--microcode", "none", "--omit-module", driver, "--output", target]
    done = ground.kindling("build", *options).expect(UNVERIFIED)
    check(f"{driver}.ko.xz is not in the image" in done.stderr, f"not named: {done.stderr}")
    check(checksum(target) == old, "the old image was replaced")
    check([file.name for file in target.parent.iterdir()] == ["image"], "it left something")
    ground.kindling("build", "--no-verify", *options).expect(0)
    check(checksum(target) != old, "the old image was not replaced")


def test_another_kernel(ground: Ground) -> None:
    """An image for one kernel is not found good for another one."""
    image = _host_image(ground, "virtio-blk", ground.kernel(LABEL))
    _verify(ground, "virtio-blk", ground.kernel("6.1"), image).expect(UNVERIFIED)


def _altered_machine(ground: Ground, name: str, **files: str) -> Path:
    """That machine, but for files of it: `proc_cmdline` is /proc/cmdline."""
    place = ground.scratch / "altered"
    shutil.copytree(ground.machine(name), place, symlinks=True)
    for path, text in files.items():
        (place / path.replace("_", "/")).write_text(text)
    return place


def _build(ground: Ground, machine: Path, *options: str | Path, mode: str = "host") -> Done:
    return ground.kindling("build", *for_kernel(ground.kernel(LABEL)), "--mode", mode,
                           "--sysroot", machine, "--microcode", "none",
                           "--output", ground.directory("built") / "image", *options)


def test_crypttab_of_the_host(ground: Ground) -> None:
    """Debian's command line does not name the LUKS volume that root is on: its line of crypttab
    comes with a host image, and without it the words to add are said."""
    words = "root=/dev/mapper/cryptroot ro quiet"
    machine = _altered_machine(ground, "virtio-blk-luks", proc_cmdline=words)
    line = (machine / "etc/crypttab").read_text()
    done = _build(ground, machine).expect(0)
    check("brings this machine to its root, /dev/mapper/cryptroot" in done.stderr, done.stderr)
    packed = ground.kindling("cat", ground.directory("built") / "image", "etc/crypttab").expect(0)
    check(packed.stdout == line, f"its crypttab is {packed.stdout!r}")
    uuid = line.split()[1].removeprefix("UUID=")
    done = _build(ground, machine, mode="generic").expect(UNVERIFIED)
    check(f"rd.luks.name={uuid}=cryptroot" in done.stderr, done.stderr)
    (machine / "etc/crypttab").write_text(line.replace("none", "/root.key"))
    done = _build(ground, machine).expect(0)
    check("the passphrase will be asked for" in done.stderr, done.stderr)


def test_crypttab_that_is_named(ground: Ground) -> None:
    """--crypttab with a device that the machine does not have is refused."""
    machine = _altered_machine(ground, "virtio-blk-luks",
                               proc_cmdline="root=/dev/mapper/cryptroot ro quiet",
                               etc_named="cryptroot UUID=13 none luks\n")
    done = _build(ground, machine, "--crypttab", "/etc/named").expect(UNVERIFIED)
    check("line 1 of the image's /etc/crypttab, for cryptroot, names the device UUID=13"
          in done.stderr, done.stderr)


def test_unsupported(ground: Ground) -> None:
    """What /init cannot set up yet is refused, and with --no-verify built."""
    machine = _altered_machine(ground, "virtio-blk-luks")
    mapping = next((machine / "sys/devices/virtual/block").glob("dm-*"))
    (mapping / "dm/uuid").write_text("LVM-x\n")
    done = _build(ground, machine).expect(UNVERIFIED)
    check("logical volume" in done.stderr and "--no-verify" in done.stderr, done.stderr)
    done = _build(ground, machine, "--no-verify").expect(0)
    check("was not proven" in done.stderr, done.stderr)


def test_nothing_to_prove(ground: Ground) -> None:
    """Where there is no machine to look at, `build` and `verify` say so, and `verify` does not
    end as if all were well."""
    machine = ground.directory("bare")
    done = _build(ground, machine, mode="generic").expect(0)
    check("could not be proven" in done.stderr, done.stderr)
    image = ground.directory("built") / "image"
    ground.kindling("verify", image, "--sysroot", machine).expect(UNPROVEN)
    done = ground.kindling("verify", "--json", image, "--sysroot", machine).expect(UNPROVEN)
    check("/sys" in json.loads(done.stdout)["unchecked"][0] and not done.stderr, done.stdout)


def test_kernel_is_away(ground: Ground) -> None:
    """A directory without the modules is an error; where there is none, the image's own indexes
    tell what is built in."""
    image = _host_image(ground, "virtio-blk", ground.kernel(LABEL))
    machine = ground.machine("virtio-blk")
    ground.kindling("verify", image, "--sysroot", machine, "--modules-dir",
                    ground.scratch / "typo").expect(NO_KERNEL)
    done = ground.kindling("verify", image, "--sysroot", machine).expect(0)
    check("brings this machine to its root" in done.stderr, done.stderr)
    left = _without(newc.read(image), "ext4")
    ground.kindling("verify", _repacked(ground, left), "--sysroot", machine).expect(UNVERIFIED)
