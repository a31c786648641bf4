# SPDX-License-Identifier: GPL-2.0-or-later
"""Other programs read the same from our images as `kindling` does."""

import os
import re
import stat
from collections.abc import Callable
from pathlib import Path

from lib import newc
from lib.apt import unpacked
from lib.build import KINDLING
from lib.image import Ground, check, each

DEFAULT = "files"
FORMATS = (DEFAULT, "none", "zstd", "gzip", "xz", "lz4", "zstd:19", "gzip:1", "xz:1")

# Mode, owner, size or device, date, name.
LONG_LINE = re.compile(r"^[-dlcbps][-rwxsStT]{9} .* \w{3} +\d+ +[\d:]+ (.*)$", re.MULTILINE)


def _plain(ground: Ground, image: Path) -> Path:
    """The same archive without compression, for readers that know none."""
    plain = ground.directory("plain") / image.name
    plain.write_bytes(newc.decompressed(image.read_bytes()))
    return plain


def _cpio(ground: Ground, image: Path, program: str | Path, *words: str) -> str:
    plain = _plain(ground, image)
    return ground.run("sh", "-c", 'exec "$@" <"$0"', plain, program, *words).expect(0).stdout


def _from_lsinitramfs(ground: Ground, image: Path) -> str:
    """Of initramfs-tools, which complains when nothing compressed follows a plain archive, but
    lists it."""
    programs = unpacked("initramfs-tools-core") / "usr/bin"
    environment = ground.environment(PATH=f"{programs}:{os.environ['PATH']}")
    return ground.run("lsinitramfs", image, env=environment).stdout


def _from_lsinitrd(ground: Ground, image: Path) -> str:
    """Of dracut: a heading, then lines like those of `ls -l`."""
    tree = unpacked("dracut-core")
    environment = ground.environment(dracutbasedir=str(tree / "usr/lib/dracut"))
    said = ground.run("bash", tree / "usr/bin/lsinitrd", image, env=environment).expect(0).stdout
    return "\n".join(name.split(" -> ")[0] for name in LONG_LINE.findall(said))


READERS: dict[str, Callable[[Ground, Path], str]] = {
    "bsdcpio": lambda ground, image: ground.run("bsdcpio", "-it", "-F", image).stdout,
    "bsdtar": lambda ground, image: ground.run("bsdtar", "-tf", image).stdout,
    "gnu-cpio": lambda ground, image: _cpio(ground, image, "cpio", "-it", "--quiet"),
    "busybox": lambda ground, image: _cpio(
        ground, image, unpacked("busybox-static") / "bin/busybox", "cpio", "-it"),
    "lsinitramfs": _from_lsinitramfs,
    "lsinitrd": _from_lsinitrd,
    "kindling-ls": lambda ground, image: ground.kindling("ls", image).expect(0).stdout,
}


def _names(listing: str) -> list[str]:
    """Each reader has its own way with the slashes around a name."""
    return sorted(line.strip("/") for line in listing.splitlines() if line.strip("/."))


def _agree(ground: Ground, image: Path, reader: str) -> None:
    own = sorted(entry.path.strip("/") for entry in newc.read(image) if entry.path.strip("/."))
    theirs = _names(READERS[reader](ground, image))
    check(theirs == own,
          f"only {reader} sees {sorted(set(theirs) - set(own))[:5]}, and it does not see "
          f"{sorted(set(own) - set(theirs))[:5]}: {len(theirs)} names instead of {len(own)}")


@each(*READERS)
def test_names(ground: Ground, reader: str) -> None:
    """A generic image in its default form is listed by everybody with the same names."""
    _agree(ground, ground.built("real", of=ground.kernel("6.1")), reader)


@each(*FORMATS)
def test_names_when_compressed(ground: Ground, form: str) -> None:
    """Whatever it is compressed with, everybody lists the same names."""
    image = ground.built("small", "--compress", form)
    for reader in READERS:
        _agree(ground, image, reader)


@each("none", "zstd", "gzip", "xz", "lz4")
def test_content_does_not_depend_on_compression(ground: Ground, form: str) -> None:
    """A compressed image holds what the one that is not compressed holds."""
    plain = newc.read(ground.built("plain", "--compress", "none"))
    check(newc.read(ground.built("compressed", "--compress", form)) == plain,
          "the entries differ")


def test_default_form_is_plain_with_compressed_modules(ground: Ground) -> None:
    """The archive itself is not compressed, its modules are, and nothing is compressed twice."""
    image = ground.built("real", of=ground.kernel("6.12"))
    check(image.read_bytes().startswith(newc.MAGIC), "the archive is compressed as a whole")
    modules = [entry for entry in newc.read(image) if ".ko" in entry.path]
    check(modules, "there is no module in the image")
    magics = {".zst": b"\x28\xb5\x2f\xfd", ".xz": b"\xfd7zXZ\0", ".ko": b"\x7fELF"}
    for module in modules:
        suffix = Path(module.path).suffix
        check(module.data.startswith(magics[suffix]), f"{module.path} is no {suffix}")
        inner = newc.decompressed(module.data) if suffix != ".ko" else module.data
        check(inner.startswith(b"\x7fELF"), f"{module.path} holds no module but {inner[:4]!r}")


def _content_on_disk(root: Path) -> dict[str, object]:
    """Of everything but devices: type, permissions, and bytes or target."""
    found: dict[str, object] = {}
    for path in root.rglob("*"):
        mode = path.lstat().st_mode
        name = str(path.relative_to(root))
        if stat.S_ISLNK(mode):
            found[name] = path.readlink()
        elif stat.S_ISREG(mode):
            found[name] = (mode, path.read_bytes())
        elif stat.S_ISDIR(mode):
            found[name] = mode
    return found


@each(DEFAULT, "zstd")
def test_unpacked_content(ground: Ground, form: str) -> None:
    """`kindling unpack` writes what bsdtar writes."""
    image = ground.built("small", "--compress", form)
    ours, theirs = ground.directory("ours"), ground.directory("theirs")
    ground.kindling("unpack", "-C", ours, image, umask=0).expect(0)
    ground.run("bsdtar", "-xpf", image, "-C", theirs, umask=0)
    mine, other = _content_on_disk(ours), _content_on_disk(theirs)
    check(other, "bsdtar unpacked nothing")
    differing = sorted(name for name in mine.keys() | other.keys()
                       if mine.get(name) != other.get(name))
    check(not differing, f"these differ: {differing[:5]}")


def test_cat(ground: Ground) -> None:
    """`kindling cat` prints the bytes of the file, also when the archive is compressed."""
    image = ground.built("small", "--compress", "xz")
    for entry in newc.read(image):
        if entry.is_file and entry.path in ("init", "etc/initrd-release"):
            out = ground.scratch / "out"
            ground.run("sh", "-c", 'exec "$0" cat "$1" "$2" >"$3"',
                       KINDLING, image, f"/{entry.path}", out).expect(0)
            check(out.read_bytes() == entry.data, f"{entry.path} is not what is in the image")


def test_early_microcode(ground: Ground) -> None:
    """Microcode comes first and uncompressed, and readers see it and what follows."""
    microcode = ground.scratch / "microcode.bin"
    microcode.write_bytes(bytes(range(256)) * 64)
    early = newc.packed([newc.Entry("kernel", 0o040755), newc.Entry("kernel/x86", 0o040755),
                         newc.Entry("kernel/x86/microcode", 0o040755),
                         newc.Entry("kernel/x86/microcode/GenuineIntel.bin", 0o100644,
                                    microcode.read_bytes())])
    archive = ground.scratch / "early.cpio"
    archive.write_bytes(early)
    image = ground.built("early", "--compress", "zstd", "--microcode", archive)
    first, *rest = newc.segments(image.read_bytes())
    files = [entry.path for entry in first if entry.is_file]
    check(files == ["kernel/x86/microcode/GenuineIntel.bin"], f"the first archive has {files}")
    check(rest and any(entry.path == "init" for entry in rest[0]), "the second has no init")
    listed = _names(ground.kindling("ls", image).expect(0).stdout)
    check({"init", "kernel/x86/microcode/GenuineIntel.bin"} <= set(listed),
          f"`kindling ls` does not see both archives: {listed[:5]}")
