# SPDX-License-Identifier: GPL-2.0-or-later
"""dracut, in a small Debian of its own: it takes much from the system that it runs in, and must not
be installed into this one. Needs root."""

import os
from pathlib import Path

from lib.apt import DEBIAN_KEYRING, mirror
from lib.cache import cached, digest
from lib.commands import run
from lib.kernels import Kernel

SUITE = "bookworm"

# What dracut depends on and recommends for what Kindling does as well: systemd, LUKS, ext4, zstd.
PACKAGES = ("dracut", "systemd-sysv", "udev", "dmsetup", "cryptsetup-bin", "e2fsprogs", "kmod",
            "zstd", "pigz", "binutils", "console-setup")
NOT_NEEDED = ("/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/man/*")

IMAGE = "/tmp/dracut.img"

# In a mount namespace: $1 the system, $2 the modules, $3 the kernel's version, $4 the image.
SCRIPT = f"""
set -e
mkdir -p "$1/lib/modules/$3"
mount --bind "$2" "$1/lib/modules/$3"
mount -t proc proc "$1/proc"
mount --bind /dev "$1/dev"
mount -t tmpfs tmpfs "$1/tmp"
mount -t tmpfs tmpfs "$1/var/tmp"
chroot "$1" dracut --no-hostonly --quiet --force {IMAGE} "$3" >&2
cp "$1{IMAGE}" "$4"
"""


class NotHere(Exception):
    pass


def _bootstrap(system: Path) -> None:
    run("mmdebstrap", "--mode=root", "--variant=minbase", f"--include={','.join(PACKAGES)}",
        f"--keyring={DEBIAN_KEYRING}",
        *[f"--dpkgopt=path-exclude={path}" for path in NOT_NEEDED], SUITE, system, mirror())


def system() -> Path:
    """The Debian that has dracut, made when the cache lacks it: a minute."""
    if os.geteuid() != 0:
        raise NotHere("dracut is only measured by root")
    name = digest(SUITE, PACKAGES, NOT_NEEDED)
    return cached("dracut", name, lambda place: _bootstrap(place / "system")) / "system"


def version(in_system: Path) -> str:
    return run("chroot", in_system, "dpkg-query", "-W", "-f=${Version}", "dracut-core")


def command(in_system: Path, kernel: Kernel, image: Path) -> list[str | Path]:
    """Builds the generic image of that kernel; what it says is in standard error."""
    return ["unshare", "--mount", "sh", "-c", SCRIPT, "dracut", in_system, kernel.modules,
            kernel.kver, image]
