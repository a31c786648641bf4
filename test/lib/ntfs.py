# SPDX-License-Identifier: GPL-2.0-or-later
"""NTFS in files. Of its own tools ntfscp(8) copies files, but none makes a directory without a
mount; their library does.
"""

import ctypes
import ctypes.util
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lib.commands import CommandFailed, run

POINTER = ctypes.c_void_p


class _Library:
    """What is used of libntfs-3g; functions that give a pointer fail when that is NULL."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(ctypes.util.find_library("ntfs-3g"), use_errno=True)
        self.mount = self._function("ntfs_mount", POINTER, ctypes.c_char_p, ctypes.c_ulong)
        self.umount = self._function("ntfs_umount", ctypes.c_int, POINTER, ctypes.c_int)
        self.path = self._function("ntfs_pathname_to_inode", POINTER, POINTER, POINTER,
                                   ctypes.c_char_p)
        self.close = self._function("ntfs_inode_close", ctypes.c_int, POINTER)
        self.create = self._function("ntfs_create", POINTER, POINTER, ctypes.c_uint32,
                                     ctypes.c_char_p, ctypes.c_uint8, ctypes.c_uint32)

    def _function(self, name: str, result: Any, *arguments: Any) -> Callable[..., Any]:
        function = getattr(self._library, name)
        function.restype, function.argtypes = result, arguments

        def call(*values: Any) -> Any:
            answer = function(*values)
            if result is POINTER and not answer or result is ctypes.c_int and answer:
                raise CommandFailed(f"{name}: {os.strerror(ctypes.get_errno())}")
            return answer

        return call


def _make_directories(image: Path, paths: list[Path]) -> None:
    """These, each after the one that it is in."""
    library = _Library()
    volume = library.mount(str(image).encode(), 0)
    for path in paths:
        parent = library.path(volume, None, str(path.parent).encode())
        name = path.name.encode("utf-16-le")
        library.close(library.create(parent, 0, name, len(name) // 2, stat.S_IFDIR))
        library.close(parent)
    library.umount(volume, 0)


def make(tree: Path, image: Path, serial: str, label: str) -> None:
    """With what the tree holds but for symbolic links; by its serial number it is known."""
    run("mkntfs", "--quiet", "--force", "--fast", "--label", label, image)
    run("ntfslabel", f"--new-serial={serial}", image)
    entries = sorted(path for path in tree.rglob("*") if not path.is_symlink())
    _make_directories(image, [Path("/") / path.relative_to(tree) for path in entries
                              if path.is_dir()])
    for path in entries:
        if path.is_file():
            run("ntfscp", "--quiet", image, path, Path("/") / path.relative_to(tree))
