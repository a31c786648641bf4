# SPDX-License-Identifier: GPL-2.0-or-later
"""`ls`, `why`, `diff` and `size` tell of an image what is in it."""

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from lib import newc
from lib.image import Ground, check, each

# What has to stand in the chain of reasons for a file.
REASONS = {
    "virtio_blk": "virtio_blk",
    "/usr/lib/kindling/unlock": "LUKS",
    "/usr/lib/x86_64-linux-gnu/libcryptsetup.so.12": "/usr/lib/kindling/unlock",
    "jbd2": "ext4",
    "/init": "init",
}


def _strings(value: object) -> list[str]:
    """All strings in what json.loads() gave."""
    if isinstance(value, dict):
        return [text for element in value.values() for text in _strings(element)]
    if isinstance(value, list):
        return [text for element in value for text in _strings(element)]
    return [value] if isinstance(value, str) else []


def test_ls_long(ground: Ground) -> None:
    """`ls -l` shows permissions and sizes."""
    image = ground.built("image")
    init = next(entry for entry in newc.read(image) if entry.path == "init")
    lines = ground.kindling("ls", "-l", image).expect(0).stdout.splitlines()
    line = next((line for line in lines if re.search(r"\s/?init$", line)), "")
    check(line.startswith("-rwxr-xr-x") and str(len(init.data)) in line, f"of init: {line!r}")
    check(any(re.search(r"\bbin -> usr/bin$", line) for line in lines), "no link is shown")


def test_ls_json(ground: Ground) -> None:
    """`ls --json` is JSON that names everything."""
    image = ground.built("image")
    strings = {text.strip("/") for text
               in _strings(json.loads(ground.kindling("ls", "--json", image).expect(0).stdout))}
    missing = {entry.path for entry in newc.read(image)} - strings
    check(not missing, f"missing: {sorted(missing)[:5]}")


@each(*REASONS)
def test_why(ground: Ground, name: str) -> None:
    """`why` leads from a file to the reason for it."""
    image = ground.built("image", of=ground.kernel("6.12"))
    said = ground.kindling("why", name, image).expect(0).stdout
    check(REASONS[name] in said, f"{REASONS[name]} is not in:\n{said}")


def test_why_builtin(ground: Ground) -> None:
    """Of what is built into the kernel `why` says that it is."""
    kernel = ground.kernel("6.12")
    builtin = Path((kernel.modules / "modules.builtin").read_text().splitlines()[0]).stem
    done = ground.kindling("why", builtin, ground.built("image", of=kernel)).expect(1)
    check("built into the kernel" in done.stderr, f"it said: {done.stderr}")


def test_diff(ground: Ground) -> None:
    """`diff` names what came, what went and what changed, and nothing of two images that are the
    same."""
    note = ground.scratch / "note"
    note.write_text("one\n")
    one = ground.built("one", "--add-file", f"{note}:/etc/note")
    note.write_text("two, which is longer\n")
    two = ground.built("two", "--add-file", f"{note}:/etc/note", "--add-file",
                       f"{note}:/etc/other")
    said = ground.kindling("diff", one, two).stdout
    check("etc/note" in said and "etc/other" in said, f"they are not named:\n{said}")
    check("libc.so" not in said, f"what did not change is named:\n{said}")
    same = ground.kindling("diff", one, one).expect(0)
    check("etc/" not in same.stdout, f"an image differs from itself:\n{same.stdout}")


def test_size(ground: Ground) -> None:
    """`size` is a table, and with --svg a picture that is well-formed."""
    image = ground.built("image", of=ground.kernel("6.12"))
    check(ground.kindling("size", image).expect(0).stdout.count("\n") > 3, "there is no table")
    picture = ground.scratch / "picture.svg"
    ground.kindling("size", image, "--svg", picture).expect(0)
    root = ElementTree.fromstring(picture.read_text())
    check(root.tag.endswith("svg"), f"it is a {root.tag}")
    check(len(list(root.iter("{http://www.w3.org/2000/svg}rect"))) > 3, "there is nothing in it")


def test_why_without_a_manifest(ground: Ground) -> None:
    """An image that another tool made has no reasons in it, and `why` says so."""
    image = ground.scratch / "image"
    image.write_bytes(newc.packed([newc.Entry("init", 0o100755, b"#!/bin/sh\n")]))
    done = ground.kindling("why", "/init", image)
    check(done.code != 0 and done.sentences, f"it ended with {done.code}: {done.stdout}")
