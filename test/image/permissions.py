# SPDX-License-Identifier: GPL-2.0-or-later
"""Nobody else can ever read an image, whatever the umask and whatever was there before."""

import stat
import subprocess
from pathlib import Path

from lib.image import OLD_IMAGE, PATIENCE_S, Ground, check, each


def _modes_while_building(ground: Ground, target: Path) -> dict[str, set[int]]:
    """Every mode that a file beside the image ever had, as far as looking all the time shows."""
    seen: dict[str, set[int]] = {}
    # More to write is more to look at.
    command = [str(word) for word in ground.command(target, of=ground.kernel("6.1"))]
    with subprocess.Popen(command, env=ground.environment(), umask=0, cwd=ground.scratch,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as build:
        while build.poll() is None:
            for file in target.parent.iterdir():
                try:
                    mode = file.lstat().st_mode
                except FileNotFoundError:
                    continue
                if stat.S_ISREG(mode):
                    seen.setdefault(file.name, set()).add(stat.S_IMODE(mode))
        check(build.wait(PATIENCE_S) == 0, "it could not be built")
    return seen


def test_at_every_moment(ground: Ground) -> None:
    """With umask 000, the image and what it is written to are never readable by others."""
    target = ground.directory("target") / "image"
    seen = _modes_while_building(ground, target)
    check(seen, "nothing was seen")
    open_ones = {name: modes for name, modes in seen.items() if any(mode & 0o077 for mode in modes)}
    check(not open_ones, f"readable by others: {open_ones}")
    check(stat.S_IMODE(target.stat().st_mode) == 0o600, f"{target.stat().st_mode:o}")


def test_old_image_was_readable(ground: Ground) -> None:
    """An image that replaces a readable one is not readable."""
    target = ground.directory("target") / "image"
    target.write_bytes(OLD_IMAGE)
    target.chmod(0o644)
    ground.build(target, umask=0).expect(0)
    check(stat.S_IMODE(target.stat().st_mode) == 0o600, f"{target.stat().st_mode:o}")


@each("symbolic", "hard")
def test_target_is_a_link(ground: Ground, kind: str) -> None:
    """What the name of the image was linked to is not written to by way of a replacement."""
    elsewhere = ground.directory("elsewhere") / "file"
    elsewhere.write_bytes(b"somebody's file")
    target = ground.directory("target") / "image"
    if kind == "symbolic":
        target.symlink_to(elsewhere)
    else:
        target.hardlink_to(elsewhere)
    ground.build(target)
    if kind == "hard":
        check(elsewhere.read_bytes() == b"somebody's file", "the other name changed as well")
    check(target.stat().st_mode & 0o077 == 0 or elsewhere.read_bytes() == b"somebody's file",
          "the image is readable through the other name")


def test_secrets_stay_out_of_the_cache(ground: Ground) -> None:
    """A file of the user's that nobody else may read is not copied to where others could."""
    secret = ground.scratch / "secret"
    secret.write_bytes(b"correct horse battery staple " * 1000)
    secret.chmod(0o600)
    ground.built("image", "--add-file", f"{secret}:/etc/secret", umask=0)
    for file in ground.directory("cache").rglob("*"):
        mode = file.lstat().st_mode
        if stat.S_ISREG(mode) and mode & 0o077:
            check(b"correct horse" not in file.read_bytes(), f"it is in {file}")
        check(stat.S_ISLNK(mode) or not mode & 0o022, f"others may write to {file}")
