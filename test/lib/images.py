# SPDX-License-Identifier: GPL-2.0-or-later
"""Images for boots, made with the release build: each one once, when it is first asked for."""

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib import consoles, machines
from lib.build import INIT, KINDLING, RELEASE, UNLOCK
from lib.cache import digest
from lib.commands import CommandFailed, run
from lib.kernels import Kernel
from lib.places import BUILD

# An ordinary user whom every machine has, and who owns nothing.
NOBODY = 65534

MODES = ("generic", "host")
BUILDERS = ("root", "nobody")


@dataclass(frozen=True)
class Kind:
    """What sort of image a boot wants; the keys of a scenario with the same names."""

    image: str = "generic"  # of MODES
    machine: str = ""  # of lib.machines.MACHINES: for which one a host image is
    keymaps: tuple[str, ...] = ()  # of lib.consoles
    fonts: tuple[str, ...] = ()
    build: tuple[str, ...] = ()  # more options of `kindling build`
    built_by: str = "root"  # of BUILDERS; root is whoever runs the tests

    @property
    def name(self) -> str:
        more = [*self.keymaps, *self.fonts, *self.build]
        return "-".join(filter(None, (self.image, self.machine,
                                      self.built_by if self.built_by != "root" else "",
                                      digest(*more)[:8] if more else "")))

    @property
    def options(self) -> list[str | Path]:
        return [*consoles.build_options(self.keymaps, self.fonts), *self.build]


def for_kernel(kernel: Kernel, modules: Path | None = None) -> list[str | Path]:
    """The options of `kindling build` that say for which kernel."""
    return ["--kver", kernel.kver, "--modules-dir", modules or kernel.modules]


def build_generic(kernel: Kernel, image: Path, kind: Kind = Kind()) -> None:
    """Whether it could boot this machine does not matter: it is for guests."""
    image.parent.mkdir(parents=True, exist_ok=True)
    run(KINDLING, "build", *for_kernel(kernel), "--mode", "generic", "--no-verify",
        "--output", image, *kind.options)


def build_host(kernel: Kernel, sysroot: Path, image: Path, kind: Kind = Kind()) -> None:
    """Also proven to reach the root of the machine whose tree `sysroot` is."""
    image.parent.mkdir(parents=True, exist_ok=True)
    run(KINDLING, "build", *for_kernel(kernel), "--mode", "host", "--sysroot", sysroot,
        "--output", image, *kind.options)


@contextmanager
def public_place() -> Iterator[Path]:
    """A scratch directory that any user may enter and write to, with our programs in `programs`,
    laid out as in the build directory."""
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        for program in (KINDLING, INIT, UNLOCK):
            copy = place / "programs" / program.relative_to(RELEASE)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(program, copy)
        place.chmod(0o777)
        yield place


def run_as_nobody(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """As an ordinary user: nobody, or whoever runs the tests without being root."""
    user: dict[str, Any] = {}
    if os.geteuid() == 0:
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    return subprocess.run([str(word) for word in command], cwd=cwd, env=environment, text=True,
                          capture_output=True, check=False, **user)


def _build_as_nobody(kernel: Kernel, kind: Kind, image: Path) -> None:
    with public_place() as place:
        modules = place / "modules" / kernel.kver
        shutil.copytree(kernel.modules, modules, symlinks=True)
        options = [*for_kernel(kernel, modules), "--mode", kind.image, "--output", place / "image",
                   *kind.options]
        if kind.image == "host":
            run("cp", "-a", machines.machine(kind.machine), place / "machine")
            options += ["--sysroot", place / "machine"]
        else:
            options.append("--no-verify")
        done = run_as_nobody(place / "programs" / KINDLING.relative_to(RELEASE), "build", *options,
                             cwd=place)
        if done.returncode != 0:
            raise CommandFailed(f"kindling build as an ordinary user ended with "
                                f"{done.returncode}:\n{done.stdout}{done.stderr}")
        shutil.move(place / "image", image)


class Images:
    """By kernel and kind. Several threads may ask; what is being built is waited for."""

    def __init__(self) -> None:
        self._built: dict[Path, str] = {}  # why not, or empty
        self._locks: dict[Path, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, kernel: Kernel, kind: Kind = Kind()) -> Path:
        """CommandFailed when it cannot be built, each time."""
        image = BUILD / "images" / f"{kernel.label}-{kind.name}.img"
        with self._lock:
            lock = self._locks.setdefault(image, threading.Lock())
        with lock:
            if image not in self._built:
                try:
                    self._build(kernel, kind, image)
                    self._built[image] = ""
                except CommandFailed as error:
                    self._built[image] = str(error)
        if self._built[image]:
            raise CommandFailed(self._built[image])
        return image

    def _build(self, kernel: Kernel, kind: Kind, image: Path) -> None:
        image.unlink(missing_ok=True)
        if kind.built_by == "nobody":
            _build_as_nobody(kernel, kind, image)
        elif kind.image == "host":
            build_host(kernel, machines.machine(kind.machine), image, kind)
        else:
            build_generic(kernel, image, kind)
