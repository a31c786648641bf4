# SPDX-License-Identifier: GPL-2.0-or-later
"""Trees that a guest is given without a disk: QEMU serves 9p itself, and virtiofs by a daemon."""

import os
import subprocess
import tempfile
import time
from pathlib import Path

from lib import trees
from lib.commands import CommandFailed

KINDS = ("9p", "virtiofs")
CONTENT = "report"
PATIENCE_S = 20

# QEMU's own, and the one that has come after it.
DAEMONS = {
    Path("/usr/lib/qemu/virtiofsd"): ["-f", "-o", "sandbox=chroot", "-o", "source={tree}"],
    Path("/usr/libexec/virtiofsd"): ["--sandbox=chroot", "--shared-dir={tree}"],
}


def _daemon() -> Path | None:
    return next((daemon for daemon in DAEMONS if daemon.exists()), None)


def why_not(kinds: set[str]) -> str:
    """Why these cannot be served here; or empty."""
    if "virtiofs" in kinds and (not _daemon() or os.getuid() != 0):
        return "virtiofs needs virtiofsd, and root to run it"
    return ""


class Served:
    """The shares of one guest, by tag; `options` are for QEMU."""

    def __init__(self, shares: dict[str, str], memory_mib: int) -> None:
        self.options: list[str] = []
        self._daemons: list[subprocess.Popen[bytes]] = []
        # Where virtiofsd listens.
        self._sockets = tempfile.TemporaryDirectory(prefix="kindling-shares-")
        for tag, kind in shares.items():
            tree = trees.share(CONTENT)
            if kind == "9p":
                self._serve_9p(tag, tree)
            else:
                self._serve_virtiofs(tag, tree)
        if self._daemons:
            self.options += ["-object", f"memory-backend-memfd,id=shared,size={memory_mib}M,share=on",
                             "-machine", "memory-backend=shared"]

    def close(self) -> None:
        for daemon in self._daemons:
            daemon.kill()
            daemon.wait()
        self._sockets.cleanup()

    def _serve_9p(self, tag: str, tree: Path) -> None:
        self.options += ["-fsdev", f"local,id={tag},path={tree},security_model=none,readonly=on",
                         "-device", f"virtio-9p-pci,fsdev={tag},mount_tag={tag}"]

    def _serve_virtiofs(self, tag: str, tree: Path) -> None:
        daemon = _daemon()
        if not daemon:
            raise CommandFailed("there is no virtiofsd")
        socket = Path(self._sockets.name) / tag
        words = [word.format(tree=tree) for word in DAEMONS[daemon]]
        self._daemons.append(subprocess.Popen([daemon, f"--socket-path={socket}", *words],
                                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                              stderr=subprocess.DEVNULL))
        until = time.monotonic() + PATIENCE_S
        while not socket.exists():
            if self._daemons[-1].poll() is not None or time.monotonic() >= until:
                self.close()
                raise CommandFailed(f"{daemon} does not serve {tree}")
            time.sleep(0.05)
        self.options += ["-chardev", f"socket,id={tag},path={socket}",
                         "-device", f"vhost-user-fs-pci,chardev={tag},tag={tag}"]
