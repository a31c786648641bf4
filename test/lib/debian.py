# SPDX-License-Identifier: GPL-2.0-or-later
"""A whole Debian with systemd, as small as it comes, as an ext4 image in a file."""

import os
from pathlib import Path

from lib.apt import DEBIAN_KEYRING, mirror
from lib.cache import cached, digest
from lib.commands import run
from lib.places import LIB

SETUP = LIB / "debian-setup.sh"

# dmsetup brings the udev rules for device-mapper, which every Debian on LUKS has.
PACKAGES = ("systemd-sysv", "udev", "dmsetup")
NOT_NEEDED = ("/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/man/*")
SIZE_MIB = 512


def make_filesystem(image: Path, uuid: str, label: str) -> None:
    """Takes a minute and changes seldom, so it is kept apart from the disks that hold it."""
    place = cached("debian", digest(recipe(), uuid, label),
                   lambda directory: _bootstrap(directory / "filesystem", uuid, label))
    run("cp", "--sparse=always", place / "filesystem", image)


def _bootstrap(image: Path, uuid: str, label: str) -> None:
    """mkfs is run by mmdebstrap while it still has the tree. The bind mount hides the /proc that is
    mounted there meanwhile."""
    with open(image, "wb") as file:
        file.truncate(SIZE_MIB * 1024 * 1024)
    mkfs = f"mkfs.ext4 -q -F -U {uuid} -L {label} -d \"$1\" \"$2\""
    hide_mounts = "mount --bind \"$1\" \"$1\""
    as_root = [] if os.geteuid() == 0 else ["sudo"]
    run(*as_root, "mmdebstrap", "--mode=root", "--variant=minbase",
        f"--include={','.join(PACKAGES)}", f"--keyring={DEBIAN_KEYRING}",
        *[f"--dpkgopt=path-exclude={path}" for path in NOT_NEEDED],
        f"--customize-hook=sh '{SETUP}' \"$1\" {uuid}",
        f"--customize-hook=unshare --mount sh -c '{hide_mounts} && {mkfs}' mkfs \"$1\" '{image}'",
        "bookworm", "/dev/null", mirror())


def recipe() -> str:
    return digest("debian", Path(__file__).read_text(), SETUP.read_text())
