# SPDX-License-Identifier: GPL-2.0-or-later
"""The root file systems that disks carry, as images in files."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from lib import debian
from lib.apt import unpacked
from lib.cache import cached, digest
from lib.commands import run
from lib.places import LIB

MIB = 1024 * 1024

REPORT_INIT = LIB / "real-init.c"
RECORD_INIT = LIB / "record-init.c"
SHELL_INIT = LIB / "shell-init.sh"

TREE_MIB = 24


def _mkfs_ext4(tree: Path, image: Path, uuid: str, label: str) -> None:
    run("mkfs.ext4", "-q", "-F", "-U", uuid, "-L", label, "-E", "root_owner=0:0", "-d", tree, image)


def _mkfs_vfat(tree: Path, image: Path, uuid: str, label: str) -> None:
    """Without the tree's symbolic links, which vfat has none of; named by what it has room for."""
    run("mkfs.vfat", "-i", uuid[:8], "-n", label[:11].upper(), image)
    for link in [path for path in tree.rglob("*") if path.is_symlink()]:
        link.unlink()
    run("mcopy", "-s", "-i", image, *sorted(tree.iterdir()), "::")


MKFS: dict[str, Callable[[Path, Path, str, str], None]] = {
    "ext4": _mkfs_ext4,
    "vfat": _mkfs_vfat,
}


def _skeleton(tree: Path) -> None:
    for directory in ("dev", "proc", "sys", "run", "sbin", "bin", "etc", "tmp", "opt"):
        (tree / directory).mkdir(parents=True)


def _compiled(source: Path) -> Path:
    def compile_it(directory: Path) -> None:
        run("gcc", "-static", "-Os", "-Wall", "-Wextra", "-o", directory / "init", source)

    return cached(source.stem, digest(source.read_text()), compile_it) / "init"


def _record_tree(tree: Path) -> None:
    """An init that prints what there is to know about its machine."""
    _skeleton(tree)
    (tree / "sbin/init").write_bytes(_compiled(RECORD_INIT).read_bytes())
    (tree / "sbin/init").chmod(0o755)


def _report_tree(tree: Path) -> None:
    """An init that reports what it was handed, and a second name of it for `init=`."""
    init = _compiled(REPORT_INIT)
    _skeleton(tree)
    for name in ("sbin/init", "opt/other-init"):
        (tree / name).write_bytes(init.read_bytes())
        (tree / name).chmod(0o755)
    # As on every distribution with a merged /usr: absolute, so wrong when followed from outside.
    (tree / "sbin/linked-init").symlink_to("/opt/other-init")
    (tree / "opt/not-executable").write_bytes(init.read_bytes())
    (tree / "opt/not-executable").chmod(0o644)


def _shell_tree(tree: Path) -> None:
    """A shell on the console; its end turns the machine off."""
    busybox = unpacked("busybox-static") / "bin/busybox"
    _skeleton(tree)
    (tree / "bin/busybox").write_bytes(busybox.read_bytes())
    (tree / "bin/busybox").chmod(0o755)
    for applet in run(busybox, "--list").split():
        if applet != "busybox":
            (tree / "bin" / applet).symlink_to("busybox")
    (tree / "sbin/init").write_text(SHELL_INIT.read_text())
    (tree / "sbin/init").chmod(0o755)


FILL: dict[str, Callable[[Path], None]] = {
    "report": _report_tree,
    "record": _record_tree,
    "shell": _shell_tree,
    "empty": Path.mkdir,
}


def make_filesystem(content: str, fs: str, image: Path, uuid: str, label: str) -> None:
    """Writes the file system, of a type in MKFS, of that content: `debian`, or a key of FILL."""
    if content == "debian":
        debian.make_filesystem(image, uuid, label)
        return
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch) / "tree"
        FILL[content](tree)
        with open(image, "wb") as file:
            file.truncate(TREE_MIB * MIB)
        MKFS[fs](tree, image, uuid, label)


def leave_vfat_sector(image: Path) -> None:
    """As an ext4 that was made over a vfat without wiping it: ext4 leaves the first 1 KiB alone."""
    with tempfile.TemporaryDirectory() as scratch:
        vfat = Path(scratch) / "vfat"
        with open(vfat, "wb") as file:
            file.truncate(image.stat().st_size)
        run("mkfs.vfat", "-i", "0BAD0BAD", vfat)
        sector = vfat.read_bytes()[:512]
    with open(image, "r+b") as file:
        file.write(sector)


def recipe(content: str) -> str:
    """Everything that decides what make_filesystem() writes."""
    if content == "debian":
        return debian.recipe()
    makers = (Path(__file__), REPORT_INIT, RECORD_INIT, SHELL_INIT)
    return digest(content, *[file.read_text() for file in makers])
