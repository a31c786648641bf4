# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds with meson."""

import os
from pathlib import Path

from lib.commands import run
from lib.places import BUILD, TREE

RELEASE = BUILD / "release"
DEV = BUILD / "dev"
CLANG = BUILD / "clang"
FUZZ = BUILD / "fuzz"

KINDLING = RELEASE / "src/image/kindling"
INIT = RELEASE / "src/init/init"
UNLOCK = RELEASE / "src/unlock/unlock"


def _build(directory: Path, *options: str, compiler: str = "gcc") -> None:
    if not (directory / "build.ninja").exists():
        run("meson", "setup", directory, TREE, *options, env=os.environ | {"CC": compiler})
    run("meson", "compile", "-C", directory)


def build_release() -> None:
    """What users build."""
    _build(RELEASE)


def build_dev() -> None:
    """What developers build: with sanitizers, every warning an error, and the unit tests."""
    _build(DEV, "--native-file", str(TREE / "build-dev.ini"))


def build_with_clang() -> None:
    """As developers build, with the other compiler: it warns of other things."""
    _build(CLANG, "--native-file", str(TREE / "build-dev.ini"), compiler="clang")


def build_fuzz_targets() -> None:
    """With sanitizers, and fast: what counts is how many inputs a second brings."""
    _build(FUZZ, "-Dfuzz=enabled", "-Dman=disabled", "-Dbuildtype=debugoptimized",
           "-Db_sanitize=address,undefined", "-Db_lundef=false", compiler="clang")
