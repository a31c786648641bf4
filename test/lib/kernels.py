# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernels of three Debian releases, side by side, none installed."""

import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lib.apt import NoMirror, Suite
from lib.cache import cached, is_cached
from lib.commands import CommandFailed, run

SUITES = {"6.1": "bookworm", "6.12": "trixie", "newest": "sid"}

# Debian's 6.1 has plain modules and cannot decompress any itself. These are the same with modules
# that libkmod has to decompress; Debian's libkmod knows no gzip.
COMPRESSORS = {
    "6.1-xz": ["xz", "-0", "--check=crc32"],
    "6.1-zst": ["zstd", "-1", "-q", "--rm"],
}
COMPRESSED_LABEL = "6.1"

LABELS = (*SUITES, *COMPRESSORS)

# The stable releases do not change under one's feet; a run without them has shown nothing.
REQUIRED = ("6.1", "6.12", *COMPRESSORS)


class KernelUnavailable(Exception):
    pass


@dataclass(frozen=True)
class Kernel:
    label: str
    kver: str
    vmlinuz: Path
    modules: Path  # …/lib/modules/KVER


def _kernel_in(tree: Path) -> tuple[Path, Path]:
    """vmlinuz and modules directory; both have moved between releases, and may move again."""
    images = sorted([*tree.glob("boot/vmlinuz-*"), *tree.glob("usr/lib/modules/*/vmlinuz")])
    modules = sorted([*tree.glob("lib/modules/*"), *tree.glob("usr/lib/modules/*")])
    if not images or not modules:
        raise KernelUnavailable("its packages hold no vmlinuz, or no modules")
    return images[0], modules[0]


def _fetch(suite: str, place: Path) -> None:
    with tempfile.TemporaryDirectory(dir=place) as scratch:
        unpacked = Path(scratch) / "tree"
        packages = Suite(suite, Path(scratch) / "apt")
        packages.unpack(packages.with_same_source("linux-image-amd64"), unpacked)
        vmlinuz, modules = _kernel_in(unpacked)
        shutil.move(vmlinuz, place / "vmlinuz")
        (place / "lib/modules").mkdir(parents=True)
        shutil.move(modules, place / "lib/modules")
    if not (place / "lib/modules" / modules.name / "modules.dep").exists():
        run("depmod", "-b", place, modules.name)
    (place / "kernel.json").write_text(json.dumps({"kver": modules.name}))


# Enough to find and mount a root; compressing them all would take minutes.
COMPRESSED_DIRECTORIES = ("arch", "crypto", "fs", "lib", "drivers/ata", "drivers/block",
                          "drivers/md", "drivers/scsi", "drivers/virtio")


def _compress_modules(original: Kernel, compressor: list[str], place: Path) -> None:
    modules = place / "lib/modules" / original.kver
    for directory in COMPRESSED_DIRECTORIES:
        shutil.copytree(original.modules / "kernel" / directory, modules / "kernel" / directory)
    for index in original.modules.glob("modules.*"):
        shutil.copy(index, modules)
    run(*compressor, *modules.rglob("*.ko"))
    run("depmod", "-b", place, original.kver)


def _compressed_kernel(label: str) -> Kernel:
    original = kernel(COMPRESSED_LABEL)
    place = cached("kernels", label,
                   lambda directory: _compress_modules(original, COMPRESSORS[label], directory))
    return Kernel(label, original.kver, original.vmlinuz, place / "lib/modules" / original.kver)


def is_fetched(label: str) -> bool:
    return is_cached("kernels", SUITES[label])


def kernel(label: str) -> Kernel:
    """The kernel of that label, fetched when the cache lacks it."""
    if label in COMPRESSORS:
        return _compressed_kernel(label)
    suite = SUITES[label]
    try:
        place = cached("kernels", suite, lambda directory: _fetch(suite, directory))
    except (CommandFailed, NoMirror) as error:
        raise KernelUnavailable(str(error)) from error
    kver = json.loads((place / "kernel.json").read_text())["kver"]
    if suite in ("bookworm", "trixie") and not kver.startswith(f"{label}."):
        raise KernelUnavailable(f"{suite} has {kver}, not {label}")
    return Kernel(label, kver, place / "vmlinuz", place / "lib/modules" / kver)
