# SPDX-License-Identifier: GPL-2.0-or-later
"""TPMs out of swtpm: enrolling them for LUKS volumes in files, and giving them to a guest."""

import os
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from lib.commands import CommandFailed, run

PATIENCE_S = 20

# What a TPM of a guest does. All but the first are fine until they are asked for a key: then they
# take very long, answer with what is no answer, or are gone. "another" knows nothing of the disk.
KINDS = ("works", "hangs", "garbage", "dies", "another")

CREATE_PRIMARY = 0x131
COMMAND_HEADER = struct.Struct(">HII")  # tag, size, code; of an answer: tag, size, result
COMMAND_MAX = 4096
# The size is right, or QEMU would wait for more.
NO_ANSWER = COMMAND_HEADER.pack(0xffff, 64, 0x5a5a5a5a) + bytes(range(54))

# Not for ever: until it has an answer, the kernel cannot turn the machine off.
HANG_S = 15


def why_not() -> str:
    """Why there can be no TPM here; or empty."""
    missing = [program for program in ("swtpm", "systemd-cryptenroll") if not shutil.which(program)]
    return f"there is no {' and no '.join(missing)}" if missing else ""


def _start(state: Path, *options: str, control: Path) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={state}",
         "--ctrl", f"type=unixio,path={control}", *options],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + PATIENCE_S
    while not control.exists():
        if process.poll() is not None or time.monotonic() >= until:
            process.kill()
            raise CommandFailed("swtpm does not start")
        time.sleep(0.05)
    return process


def enrol(disk: Path, state: Path, passphrase: str, pin: str, *options: str) -> None:
    """A new TPM, kept in `state`, opens the LUKS2 volume in `disk` from now on."""
    with tempfile.TemporaryDirectory(prefix="kindling-tpm-") as scratch:
        server = Path(scratch) / "tpm"
        process = _start(state, "--server", f"type=unixio,path={server}",
                         "--flags", "not-need-init,startup-clear",
                         control=Path(scratch) / "tpm.ctrl")
        try:
            run("systemd-cryptenroll", f"--tpm2-device=swtpm:path={server}", "--tpm2-pcrs=",
                *(["--tpm2-with-pin=yes"] if pin else []), *options, disk,
                env={**os.environ, "PASSWORD": passphrase, "NEWPIN": pin})
        finally:
            process.kill()
            process.wait()


def _receive(end: socket.socket) -> bytes:
    """One command or answer; empty at the end."""
    data = b""
    while len(data) < COMMAND_HEADER.size or len(data) < COMMAND_HEADER.unpack_from(data)[1]:
        more = end.recv(COMMAND_MAX)
        if not more:
            return b""
        data += more
    return data


class _BadTpm:
    """Stands between QEMU and swtpm: what QEMU sends on the control socket goes through, but for
    the socket of the commands, in whose place swtpm gets one of ours."""

    def __init__(self, kind: str, control: Path, real_control: Path,
                 real: subprocess.Popen[bytes]) -> None:
        self._kind = kind
        self._real = real
        self._real_control = real_control
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(control))
        self._listener.listen()
        self._serve_in_background(self._serve_control)

    def close(self) -> None:
        self._listener.close()

    @staticmethod
    def _serve_in_background(target, *arguments: socket.socket) -> None:
        def serve() -> None:
            try:
                target(*arguments)
            except OSError:
                pass  # one of the two is gone, and so is the guest

        threading.Thread(target=serve, daemon=True).start()

    def _serve_control(self) -> None:
        qemu, _ = self._listener.accept()
        tpm = socket.socket(socket.AF_UNIX)
        tpm.connect(str(self._real_control))
        self._serve_in_background(self._copy, tpm, qemu)
        while True:
            data, fds, _, _ = socket.recv_fds(qemu, COMMAND_MAX, 1)
            if not data:
                break
            if fds:
                ours, theirs = socket.socketpair()
                self._serve_in_background(self._serve_commands, socket.socket(fileno=fds[0]), ours)
                socket.send_fds(tpm, [data], [theirs.fileno()])
                theirs.close()
            else:
                tpm.sendall(data)
        tpm.close()

    @staticmethod
    def _copy(source: socket.socket, target: socket.socket) -> None:
        while data := source.recv(COMMAND_MAX):
            target.sendall(data)

    def _serve_commands(self, qemu: socket.socket, tpm: socket.socket) -> None:
        is_bad = False
        while command := _receive(qemu):
            is_bad |= COMMAND_HEADER.unpack_from(command)[2] == CREATE_PRIMARY
            if is_bad and self._kind == "hangs":
                time.sleep(HANG_S)
                qemu.sendall(NO_ANSWER)
            elif is_bad and self._kind == "dies":
                self._real.kill()
                break
            elif is_bad:
                qemu.sendall(NO_ANSWER)
            else:
                tpm.sendall(command)
                qemu.sendall(_receive(tpm))
        qemu.close()


class Tpm:
    """The TPM of one guest, from a copy of its `state`; `options` are for QEMU."""

    def __init__(self, kind: str, state: Path) -> None:
        self._scratch = tempfile.TemporaryDirectory(prefix="kindling-tpm-")
        place = Path(self._scratch.name)
        if kind == "another":
            (place / "state").mkdir()
        else:
            shutil.copytree(state, place / "state")
        control, real_control = place / "control", place / "real-control"
        self._bad: _BadTpm | None = None
        if kind in ("works", "another"):
            self._process = _start(place / "state", control=control)
        else:
            self._process = _start(place / "state", control=real_control)
            self._bad = _BadTpm(kind, control, real_control, self._process)
        self.options = ["-chardev", f"socket,id=tpm,path={control}",
                        "-tpmdev", "emulator,id=tpm0,chardev=tpm", "-device", "tpm-crb,tpmdev=tpm0"]

    def close(self) -> None:
        if self._bad:
            self._bad.close()
        self._process.kill()
        self._process.wait()
        self._scratch.cleanup()
