# SPDX-License-Identifier: GPL-2.0-or-later
"""The root file systems that disks carry, as images in files."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lib import debian, ntfs
from lib.apt import unpacked
from lib.cache import cached, digest
from lib.commands import run
from lib.places import LIB

MIB = 1024 * 1024

REPORT_INIT = LIB / "real-init.c"
RECORD_INIT = LIB / "record-init.c"
SHELL_INIT = LIB / "shell-init.sh"

TREE_MIB = 24
# What some file systems need at least.
SIZES_MIB = {"btrfs": 128, "f2fs": 128, "xfs": 320}


def _mkfs_ext4(tree: Path, image: Path, uuid: str, label: str) -> None:
    # With blocks as large as pages, as on any disk that is not tiny: a swap file needs them.
    run("mkfs.ext4", "-q", "-F", "-b", "4096", "-U", uuid, "-L", label, "-E", "root_owner=0:0",
        "-d", tree, image)


def _mkfs_ext2(tree: Path, image: Path, uuid: str, label: str) -> None:
    run("mkfs.ext2", "-q", "-F", "-U", uuid, "-L", label, "-E", "root_owner=0:0", "-d", tree, image)


def _mkfs_btrfs(tree: Path, image: Path, uuid: str, label: str) -> None:
    run("mkfs.btrfs", "-q", "-U", uuid, "-L", label, "--rootdir", tree, image)


def _prototype(directory: Path) -> Iterator[str]:
    """The lines of a prototype file (mkfs.xfs(8), -p) for what is in the directory."""
    for path in sorted(directory.iterdir()):
        mode = f"{path.lstat().st_mode & 0o777:03o}"
        if path.is_symlink():
            yield f"{path.name} l--777 0 0 {path.readlink()}"
        elif path.is_dir():
            yield f"{path.name} d--{mode} 0 0"
            yield from _prototype(path)
            yield "$"
        else:
            yield f"{path.name} ---{mode} 0 0 {path}"


def _mkfs_xfs(tree: Path, image: Path, uuid: str, label: str) -> None:
    prototype = image.with_name("prototype")
    prototype.write_text("\n".join(["/none", "0 0", "d--755 0 0", *_prototype(tree), "$", ""]))
    run("mkfs.xfs", "-q", "-f", "-m", f"uuid={uuid}", "-L", label[:12], "-p", prototype, image)
    prototype.unlink()


def _mkfs_f2fs(tree: Path, image: Path, uuid: str, label: str) -> None:
    run("mkfs.f2fs", "-q", "-f", "-U", uuid, "-l", label, image)
    run("sload.f2fs", "-f", tree, image)


def _mkfs_erofs(tree: Path, image: Path, uuid: str, _: str) -> None:
    run("mkfs.erofs", "--quiet", "--all-root", "-U", uuid, image, tree)


def _mkfs_squashfs(tree: Path, image: Path, *_: str) -> None:
    run("mksquashfs", tree, image, "-noappend", "-quiet", "-all-root")


def _mkfs_iso9660(tree: Path, image: Path, uuid: str, label: str) -> None:
    """The date of such a file system is what its UUID is made of."""
    date = uuid.replace("-", "")
    image.unlink()
    run("xorriso", "-as", "mkisofs", "-quiet", "-R", "-V", label, f"--modification-date={date}",
        "-uid", "0", "-gid", "0", "-o", image, tree)


def _mkfs_vfat(tree: Path, image: Path, uuid: str, label: str) -> None:
    """Without the tree's symbolic links, which vfat has none of; named by what it has room for."""
    run("mkfs.vfat", "-i", uuid[:8], "-n", label[:11].upper(), image)
    for link in [path for path in tree.rglob("*") if path.is_symlink()]:
        link.unlink()
    run("mcopy", "-s", "-i", image, *sorted(tree.iterdir()), "::")


def _mkfs_ntfs(tree: Path, image: Path, uuid: str, label: str) -> None:
    ntfs.make(tree, image, uuid.replace("-", "")[:16], label)


def _mkswap(tree: Path, image: Path, uuid: str, label: str) -> None:
    """For swapping only; what the tree holds has no place there."""
    run("mkswap", "-q", "-U", uuid, "-L", label, image)


MKFS: dict[str, Callable[[Path, Path, str, str], None]] = {
    "btrfs": _mkfs_btrfs,
    "erofs": _mkfs_erofs,
    "ext2": _mkfs_ext2,
    "ext4": _mkfs_ext4,
    "f2fs": _mkfs_f2fs,
    "iso9660": _mkfs_iso9660,
    "ntfs": _mkfs_ntfs,
    "squashfs": _mkfs_squashfs,
    "swap": _mkswap,
    "vfat": _mkfs_vfat,
    "xfs": _mkfs_xfs,
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


def _write_report_init(path: Path) -> None:
    path.write_bytes(_compiled(REPORT_INIT).read_bytes())
    path.chmod(0o755)


def _report_tree(tree: Path) -> None:
    """An init that reports what it was handed, and a second name of it for `init=`."""
    _skeleton(tree)
    for name in ("sbin/init", "opt/other-init"):
        _write_report_init(tree / name)
    # As on every distribution with a merged /usr: absolute, so wrong when followed from outside.
    (tree / "sbin/linked-init").symlink_to("/opt/other-init")
    _write_report_init(tree / "opt/not-executable")
    (tree / "opt/not-executable").chmod(0o644)


def _split_tree(tree: Path) -> None:
    """A root with a merged /usr that is not there: it is a file system of its own, or to be bound
    from /opt/usr."""
    for directory in ("dev", "proc", "sys", "run", "etc", "tmp", "var", "srv", "usr", "opt"):
        (tree / directory).mkdir(parents=True)
    (tree / "sbin").symlink_to("usr/sbin")
    (tree / "bin").symlink_to("usr/bin")
    (tree / "opt/usr/sbin").mkdir(parents=True)
    _write_report_init(tree / "opt/usr/sbin/init")
    _write_report_init(tree / "opt/not-executable")


def _usr_tree(tree: Path) -> None:
    """What belongs on /usr."""
    (tree / "sbin").mkdir(parents=True)
    _write_report_init(tree / "sbin/init")


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
    "split": _split_tree,
    "usr": _usr_tree,
    "record": _record_tree,
    "shell": _shell_tree,
    "empty": Path.mkdir,
}


@dataclass(frozen=True)
class Fstab:
    """/etc/fstab of a root."""

    text: str = ""  # none if empty
    at: str = ""  # the path that it is a link to, if not empty

    def write(self, tree: Path) -> None:
        if self.at:
            (tree / "etc/fstab").symlink_to(self.at)
        if self.text:
            place = tree / (self.at or "etc/fstab").lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(self.text)


def make_filesystem(content: str, fs: str, image: Path, uuid: str, label: str, size_mib: int,
                    fstab: Fstab) -> None:
    """Writes the file system, of a type in MKFS, of that content: `debian`, which is as large as it
    is, or a key of FILL. A size of 0 is what the type needs."""
    if content == "debian":
        debian.make_filesystem(image, uuid, label)
        return
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch) / "tree"
        FILL[content](tree)
        fstab.write(tree)
        with open(image, "wb") as file:
            file.truncate((size_mib or SIZES_MIB.get(fs, TREE_MIB)) * MIB)
        MKFS[fs](tree, image, uuid, label)


def share(content: str) -> Path:
    """That content as a directory, for a guest that is given it as it is."""
    return cached("shares", f"{content}-{recipe(content)}",
                  lambda place: FILL[content](place / "tree")) / "tree"


# What debugfs does to an ext4 that was unmounted cleanly: a machine that lost power, and a disk that
# lost a part of an inode.
_NOT_UNMOUNTED = "set_super_value state 0"
_BAD_INODE = "set_inode_field /opt/not-executable block[0] 0"
DAMAGES = {"": [], "dirty": [_NOT_UNMOUNTED], "broken": [_BAD_INODE, _NOT_UNMOUNTED]}


def damage(image: Path, kind: str) -> None:
    """Does to an ext4 what DAMAGES says of `kind`."""
    for command in DAMAGES[kind]:
        run("debugfs", "-w", "-R", command, image)


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
    makers = (Path(__file__), Path(ntfs.__file__), REPORT_INIT, RECORD_INIT, SHELL_INIT)
    return digest(content, *[file.read_text() for file in makers])
