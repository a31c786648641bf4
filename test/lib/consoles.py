# SPDX-License-Identifier: GPL-2.0-or-later
"""Keymaps and console fonts for guests: Debian's, unpacked, whatever this machine has."""

from pathlib import Path

from lib.apt import unpacked
from lib.commands import CommandFailed


def _find(package: str, directory: str, file: str) -> Path:
    for path in (unpacked(package) / "usr/share" / directory).rglob(file):
        return path
    raise CommandFailed(f"{package} has no {file}")


def keymap(name: str) -> Path:
    return _find("console-data", "keymaps", f"{name}.kmap.gz")


def font(name: str) -> Path:
    return _find("console-setup-linux", "consolefonts", f"{name}.psf.gz")


def build_options(keymaps: tuple[str, ...], fonts: tuple[str, ...]) -> list[str | Path]:
    """For `kindling build`: exactly these, and not what this machine is configured for."""
    options: list[str | Path] = []
    for option, files in (("--keymap", [keymap(name) for name in keymaps]),
                          ("--font", [font(name) for name in fonts])):
        for file in files or ["none"]:
            options += [option, file]
    return options
