# SPDX-License-Identifier: GPL-2.0-or-later
"""One sentence, an exit code of its own, nothing replaced, nothing left."""

import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

from lib import newc
from lib.build import INIT, KINDLING, RELEASE
from lib.image import OLD_IMAGE, Done, Ground, check, checksum, each
from lib.images import for_kernel, public_place, run_as_nobody

FAILED, USAGE, KERNEL, INPUT, IMAGE, OUTPUT = 1, 2, 4, 5, 6, 7
HINT = "--help"


def _one_sentence(done: Done) -> None:
    """Where to read on is said besides a complaint about the command line."""
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    complaints = [line for line in lines if HINT not in line] or lines
    check(len(complaints) == 1, f"that is not one sentence but {len(complaints)}:\n{done.stderr}")
    check(complaints[0].startswith("kindling"), f"who says this? {complaints[0]}")


def _refused(ground: Ground, code: int, *options: str | Path, kver: str = "",
             modules: Path | None = None) -> Done:
    """A build that ends with that code and leaves everything as it was."""
    target = ground.directory("target") / "image"
    target.write_bytes(OLD_IMAGE)
    kernel = ground.small
    done = ground.kindling("build", "--kver", kver or kernel.kver, "--modules-dir",
                           modules or kernel.modules, "--mode", "generic", "--no-verify",
                           "--output", target, *options).expect(code)
    _one_sentence(done)
    check(target.read_bytes() == OLD_IMAGE, "the old image was replaced")
    check([file.name for file in target.parent.iterdir()] == ["image"],
          f"it left {sorted(file.name for file in target.parent.iterdir())}")
    return done


def _own_modules(ground: Ground) -> Path:
    """The small kernel's, to be spoilt."""
    kernel = ground.small
    copy = ground.scratch / "lib/modules" / kernel.kver
    shutil.copytree(kernel.modules, copy)
    return copy


def _truncate(part: float) -> Callable[[Path], None]:
    return lambda file: os.truncate(file, int(file.stat().st_size * part))


def _garble(file: Path) -> None:
    file.write_bytes(b"\x5a" * file.stat().st_size)


def _magic_only(file: Path) -> None:
    """The right beginning, and then nothing that makes sense."""
    data = file.read_bytes()
    file.write_bytes(data[:12] + b"\xff" * (len(data) - 12))


@each("5.4.0-nowhere", "6.1.0", "no such kernel")
def test_unknown_kernel(ground: Ground, kver: str) -> None:
    """A kernel version that is not there."""
    check(kver in _refused(ground, KERNEL, kver=kver).stderr, "it does not name the version")


@each("nowhere", "file")
def test_bad_modules_directory(ground: Ground, kind: str) -> None:
    """A directory of modules that is none."""
    place = ground.scratch / "modules"
    if kind == "file":
        place.write_text("no directory\n")
    _refused(ground, KERNEL, modules=place)


@each(
    ("dep-empty", "modules.dep.bin", _truncate(0)),
    ("dep-header-only", "modules.dep.bin", lambda file: os.truncate(file, 8)),
    ("dep-cut-at-a-fifth", "modules.dep.bin", _truncate(0.2)),
    ("dep-cut-in-half", "modules.dep.bin", _truncate(0.5)),
    ("dep-cut-near-its-end", "modules.dep.bin", _truncate(0.95)),
    ("dep-garbage", "modules.dep.bin", _garble),
    ("dep-wild-offsets", "modules.dep.bin", _magic_only),
    ("alias-empty", "modules.alias.bin", _truncate(0)),
    ("alias-cut-in-half", "modules.alias.bin", _truncate(0.5)),
    ("alias-garbage", "modules.alias.bin", _garble),
    ("alias-wild-offsets", "modules.alias.bin", _magic_only),
)
def test_damaged_index(ground: Ground, _: str, index: str, damage: Callable[[Path], None]) -> None:
    """Module indexes that are truncated or garbage, where depmod's texts are not there."""
    modules = _own_modules(ground)
    (modules / "modules.dep").unlink()
    (modules / "modules.alias").unlink()
    damage(modules / index)
    check("run depmod" in _refused(ground, KERNEL, modules=modules).stderr,
          "it does not say what helps")


@each(
    ("empty", _truncate(0)),
    ("cut-at-a-fifth", _truncate(0.2)),
    ("cut-in-half", _truncate(0.5)),
    ("garbage", _garble),
)
def test_damaged_table(ground: Ground, _: str, damage: Callable[[Path], None]) -> None:
    """depmod's text of the modules is truncated or garbage."""
    modules = _own_modules(ground)
    damage(modules / "modules.dep")
    check("modules.dep" in _refused(ground, KERNEL, modules=modules).stderr,
          "it does not say which table")


@each("dep", "alias", "symbols", "builtin")
def test_damaged_form_of_an_index(ground: Ground, index: str) -> None:
    """Of an index that is there as text and as binary, one is garbage: the build is refused, or the
    image is what it would be with a whole one."""
    right = checksum(ground.built("right"))
    for name in (f"modules.{index}", f"modules.{index}.bin"):
        modules = _own_modules(ground)
        _garble(modules / name)
        target = ground.directory(name) / "image"
        done = ground.build(target, modules=modules)
        check(done.code == KERNEL or done.code == 0 and checksum(target) == right,
              f"with a garbled {name} it ended with {done.code}, and the image is another one: "
              f"{done.stderr}")
        shutil.rmtree(modules)


def _module(modules: Path, name: str = "virtio_blk") -> Path:
    return next(modules.rglob(f"{name}.ko*"))


def _make_directory(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _make_dangling_link(file: Path) -> None:
    file.unlink()
    file.symlink_to("/nonexistent/module.ko")


@each(
    ("missing", Path.unlink),
    ("directory", _make_directory),
    ("dangling-link", _make_dangling_link),
    ("empty", _truncate(0)),
    ("no-elf", lambda file: file.write_text("this is no module\n" * 100)),
    ("truncated-elf", _truncate(0.3)),
)
def test_bad_module(ground: Ground, _: str, damage: Callable[[Path], None]) -> None:
    """A module that the indexes name, and that cannot be had or is none."""
    modules = _own_modules(ground)
    damage(_module(modules))
    check("virtio_blk" in _refused(ground, INPUT, modules=modules).stderr,
          "it does not name the module")


def test_unreadable_module(ground: Ground) -> None:
    """A module that the user who builds may not read."""
    with public_place() as place:
        modules = place / "modules" / ground.small.kver
        shutil.copytree(ground.small.modules, modules)
        _module(modules).chmod(0)
        output = place / "output"
        output.mkdir(mode=0o777)
        output.chmod(0o777)
        ended = run_as_nobody(
            place / "programs" / KINDLING.relative_to(RELEASE), "build",
            *for_kernel(ground.small, modules), "--mode", "generic", "--no-verify",
            "--output", output / "image", cwd=place)
        done = Done(ended.returncode, ended.stdout, ended.stderr).expect(INPUT)
        _one_sentence(done)
        check("virtio_blk" in done.stderr, "it does not name the module")
        check(not list(output.iterdir()), f"it left {list(output.iterdir())}")


def _elf_with_wild_header(program: bytes) -> bytes:
    """The right magic, and program headers far outside of the file."""
    return program[:32] + b"\xff" * 8 + program[40:]


@each(
    ("truncated", lambda program: program[:1000]),
    ("magic-only", lambda program: program[:4]),
    ("wild-headers", _elf_with_wild_header),
)
def test_broken_program(ground: Ground, _: str, spoil: Callable[[bytes], bytes]) -> None:
    """A program to add that is a broken ELF file."""
    program = ground.scratch / "program"
    program.write_bytes(spoil(INIT.read_bytes()))
    program.chmod(0o755)
    check("program" in _refused(ground, INPUT, "--add-file", f"{program}:/usr/bin/program").stderr,
          "it does not name the file")


@each(
    ("missing-file", "/nonexistent/file:/etc/file"),
    ("directory", "/proc:/etc/file"),
)
def test_bad_added_file(ground: Ground, _: str, argument: str) -> None:
    """A file to add that is not there, or is none."""
    _refused(ground, INPUT, "--add-file", argument)


def test_unknown_module(ground: Ground) -> None:
    """A module to add that this kernel does not have."""
    check("no_such_module" in _refused(ground, INPUT, "--add-module", "no_such_module").stderr,
          "it does not name the module")


@each(
    ("long-option", ["--no-such-option"]),
    ("short-option", ["-Q"]),
    ("argument", ["image"]),
    ("missing-value", ["--config"]),
    ("mode", ["--mode", "magic"]),
    ("compression", ["--compress", "rar"]),
    ("compression-level", ["--compress", "zstd:99999"]),
    ("jobs", ["-j", "many"]),
    ("no-jobs", ["-j", "0"]),
)
def test_wrong_usage(ground: Ground, _: str, options: list[str]) -> None:
    """Options that there are not, and values that mean nothing."""
    _refused(ground, USAGE, *options)


@each("no-such-command", "")
def test_wrong_command(ground: Ground, command: str) -> None:
    """A command that there is not."""
    done = ground.kindling(*filter(None, [command])).expect(USAGE)
    check(done.stderr.startswith("kindling: ") and not done.stdout, f"{done.stdout}{done.stderr}")


@each("directory", "in-no-directory", "below-a-file", "long-name")
def test_bad_output(ground: Ground, kind: str) -> None:
    """An output that cannot be written."""
    place = ground.directory("place")
    (place / "file").write_bytes(OLD_IMAGE)
    output = {"directory": place, "in-no-directory": place / "nowhere/image",
              "below-a-file": place / "file/image", "long-name": place / ("x" * 255)}[kind]
    done = ground.build(output)
    if kind == "long-name" and done.code == 0:
        return  # The name itself is not too long; what is written beside it may have another.
    _one_sentence(done.expect(OUTPUT))
    check([file.name for file in place.iterdir()] == ["file"],
          f"it left {[file.name for file in place.iterdir()]}")


@each("5", "-1", "tomorrow", "99999999999999999999")
def test_source_date(ground: Ground, date: str) -> None:
    """SOURCE_DATE_EPOCH that is no time."""
    target = ground.directory("target") / "image"
    done = ground.build(target, env=ground.environment(SOURCE_DATE_EPOCH=date))
    if date == "5":
        done.expect(0)
        return
    check(done.code != 0, "it was taken for a time")
    _one_sentence(done)
    check(not target.exists(), "it built an image")


def _spoilt_images(image: bytes) -> dict[str, bytes]:
    entry = newc.packed([newc.Entry("file", 0o100644, b"content")])
    return {
        "empty": b"",
        "text": b"this is no image\n" * 100,
        "zeros": bytes(100_000),
        "cut-in-a-header": image[:60],
        "cut-in-content": image[:len(image) // 2],
        "huge-name": entry[:94] + b"ffffffff" + entry[102:],
        "huge-content": entry[:54] + b"fffffff0" + entry[62:],
        "no-hexadecimal": entry[:54] + b"zzzzzzzz" + entry[62:],
        "cut-zstd": b"\x28\xb5\x2f\xfd\x04",
        "cut-gzip": b"\x1f\x8b\x08\x00",
        "no-trailer": entry[:entry.index(b"070701", 6)],
    }


@each(*_spoilt_images(b""))
def test_image_that_is_none(ground: Ground, kind: str) -> None:
    """`ls` and `unpack` of something that is no image, or is damaged."""
    whole = ground.built("whole").read_bytes() if kind.startswith("cut-in") else b""
    file = ground.scratch / "image"
    file.write_bytes(_spoilt_images(whole)[kind])
    into = ground.directory("into")
    commands: list[list[str | Path]] = [["ls", file], ["unpack", "-C", into, file]]
    for command in commands:
        _one_sentence(ground.kindling(*command).expect(IMAGE))


LINK, FILE = stat.S_IFLNK | 0o777, stat.S_IFREG | 0o644
HOSTILE = {
    "parent-directory": [newc.Entry("../escaped", FILE, b"harm")],
    "parent-in-the-middle": [newc.Entry("a/../../escaped", FILE, b"harm")],
    "through-a-link": [newc.Entry("way", LINK, b".."), newc.Entry("way/escaped", FILE, b"harm")],
    "through-two-links": [newc.Entry("one", LINK, b"two/.."), newc.Entry("two", LINK, b"../.."),
                          newc.Entry("one/escaped", FILE, b"harm")],
    "through-an-absolute-link": [newc.Entry("way", LINK, b"/tmp"),
                                 newc.Entry("way/kindling-escaped", FILE, b"harm")],
    "over-a-link": [newc.Entry("file", LINK, b"../escaped"), newc.Entry("file", FILE, b"harm")],
}
REFUSED = ("parent-directory", "parent-in-the-middle")


@each(*HOSTILE)
def test_hostile_image(ground: Ground, kind: str) -> None:
    """`unpack` writes nothing outside of its directory, whatever the archive says. Links may lead
    somewhere inside, as they do for the kernel."""
    file = ground.scratch / "image"
    file.write_bytes(newc.packed([newc.Entry("before", FILE, b"first"), *HOSTILE[kind]]))
    into = ground.directory("into")
    done = ground.kindling("unpack", "-C", into, file)
    escaped = [ground.scratch / "escaped", into.parent.parent / "escaped",
               Path("/tmp/kindling-escaped")]
    there = [path for path in escaped if path.exists()]
    for path in there:
        path.unlink()
    check(not there, f"it wrote {there}")
    if kind in REFUSED:
        done.expect(IMAGE)
    # A link to somewhere that is not in the directory is a place that cannot be written to.
    check(done.code in (0, IMAGE, OUTPUT), f"it ended with {done.code}")
    if done.code != 0:
        _one_sentence(done)


def test_absolute_names_are_below_the_directory(ground: Ground) -> None:
    """A leading slash means the top of the image, as it does for the kernel."""
    entry = newc.packed([newc.Entry("Xetc-file", FILE, b"content")]).replace(b"X", b"/", 1)
    file = ground.scratch / "image"
    file.write_bytes(entry)
    into = ground.directory("into")
    ground.kindling("unpack", "-C", into, file).expect(0)
    check((into / "etc-file").read_bytes() == b"content", "it is not where it belongs")


@each("ls", "cat", "unpack", "verify", "diff", "size", "why")
def test_missing_image(ground: Ground, command: str) -> None:
    """An image that is not there."""
    missing = "/nonexistent/image"
    arguments = {"cat": [missing, "/init"], "diff": [missing, missing], "why": ["/init", missing]}
    _one_sentence(ground.kindling(command, *arguments.get(command, [missing])).expect(IMAGE))


def test_file_that_the_image_lacks(ground: Ground) -> None:
    """`cat` and `why` of a file that is not in the image."""
    image = ground.built("image")
    commands: list[list[str | Path]] = [["cat", image, "/no/such/file"],
                                        ["why", "/no/such/file", image]]
    for arguments in commands:
        done = ground.kindling(*arguments).expect(FAILED)
        _one_sentence(done)
        check("/no/such/file" in done.stderr, "it does not name the file")
