# SPDX-License-Identifier: GPL-2.0-or-later
"""One QEMU guest: its disks, its serial lines, and how it ended.

The guest changes no disk that it is not told to keep (snapshot=on) and never starts a second time
(-no-reboot), so a hang, a panic and a reboot all end as something that can be told apart.
"""

import selectors
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from lib import firmware
from lib.console import Console
from lib.monitor import Monitor
from lib.screen import Screen
from lib.shares import Served
from lib.tpm import Tpm

QEMU = "qemu-system-x86_64"
# For the kernel: no protection that an emulated processor does not need, and no counting of timer
# ticks at its start, of which a guest on a busy machine misses too many.
EMULATED = "mitigations=off no_timer_check"
MONITOR_PATIENCE_S = 30
BOOT_MENU_MS = 5000

# One thread for all processors of a guest: with one thread each, a kernel that patches itself now
# and then dies of a stray int3. The host's processors are busy with other guests anyway.
ACCELERATOR = "tcg,thread=single"

# Controllers that a bus needs before a disk can be put on it, and the device that is the disk.
CONTROLLERS: dict[str, list[str]] = {
    "virtio-blk": [],
    "virtio-scsi": ["virtio-scsi-pci,id=scsi"],
    "nvme": [],
    "ahci": ["ich9-ahci,id=ahci"],
    "usb-storage": ["qemu-xhci,id=xhci"],
}
# The PS/2 one is the board's own; beside another one the board has no such ports.
KEYBOARDS: dict[str, list[str]] = {"ps2": [], "usb": ["qemu-xhci,id=xhci", "usb-kbd"]}
KEY_NAMES = {" ": "spc", "\n": "ret"}

DISK_DEVICES: dict[str, dict[str, str]] = {
    "virtio-blk": {"driver": "virtio-blk-pci"},
    "virtio-scsi": {"driver": "scsi-hd", "bus": "scsi.0"},
    "nvme": {"driver": "nvme", "serial": "kindling"},
    "ahci": {"driver": "ide-hd", "bus": "ahci.{port}"},
    "usb-storage": {"driver": "usb-storage", "bus": "xhci.0"},
}


@dataclass(frozen=True)
class Attachment:
    """A disk file, and where in the guest it goes."""

    name: str
    file: Path
    bus: str
    port: int = 0
    keep: bool = False  # what the guest writes

    def drive(self) -> str:
        return (f"if=none,id=drive-{self.name},file={self.file},format=raw,"
                f"snapshot={'off' if self.keep else 'on'}")

    def device(self) -> dict[str, str]:
        properties = {key: value.format(port=self.port)
                      for key, value in DISK_DEVICES[self.bus].items()}
        return {**properties, "id": self.name, "drive": f"drive-{self.name}"}


@dataclass(frozen=True)
class Machine:
    kernel: Path
    initrd: Path
    cmdline: str
    disks: list[Attachment] = field(default_factory=list)
    # Buses of disks that come later: their controllers are there from the start.
    later_buses: list[str] = field(default_factory=list)
    consoles: int = 1  # serial lines
    paravirtual_consoles: int = 0  # hvc0 and so on
    keyboard: str = "ps2"
    boot_menu: bool = False  # of the BIOS, on the first serial line
    devices: list[str] = field(default_factory=list)  # others, as QEMU's -device names them
    shares: dict[str, str] = field(default_factory=dict)  # by tag: "9p" or "virtiofs"
    tpm: str = ""  # of lib.tpm.KINDS
    tpm_state: Path | None = None
    efi_variables: Path | None = None  # the store of an EFI firmware, in place of the PC BIOS
    keep_variables: bool = False
    cpus: int = 2
    memory_mib: int = 512

    def command(self, console_fds: list[int], monitor_fd: int) -> list[str]:
        """A guest that is played by a program, over sockets."""
        command = [*self._hardware(), "-chardev", f"socket,id=monitor,fd={monitor_fd}",
                   "-mon", "chardev=monitor,mode=control"]
        for number, fd in enumerate(console_fds):
            command += ["-chardev", f"socket,id=console{number},fd={fd}"]
            command += (["-serial", f"chardev:console{number}"] if number < self.consoles else
                        ["-device", "virtio-serial-pci", "-device",
                         f"virtconsole,chardev=console{number}"])
        return command

    def command_on_terminal(self) -> list[str]:
        """A guest for a person: Ctrl-C is the guest's, Ctrl-A X ends it."""
        return [*self._hardware(), "-chardev", "stdio,id=terminal,mux=on,signal=off",
                "-serial", "chardev:terminal"]

    def _hardware(self) -> list[str]:
        command = [QEMU, "-accel", ACCELERATOR, "-cpu", "max", "-smp", str(self.cpus),
                   "-machine", f"i8042={'on' if self.keyboard == 'ps2' else 'off'}",
                   "-m", str(self.memory_mib), "-nodefaults", "-display", "none", "-no-reboot",
                   "-kernel", str(self.kernel), "-initrd", str(self.initrd),
                   "-append", self.cmdline]
        buses = [disk.bus for disk in self.disks] + self.later_buses
        controllers = [controller for bus in buses for controller in CONTROLLERS[bus]]
        for device in dict.fromkeys(controllers + KEYBOARDS[self.keyboard] + self.devices):
            command += ["-device", device]
        if self.boot_menu:
            command += ["-machine", "graphics=off", "-boot", f"menu=on,splash-time={BOOT_MENU_MS}"]
        if self.efi_variables:
            command += firmware.options(self.efi_variables, self.keep_variables)
        for disk in self.disks:
            driver, *properties = disk.device().items()
            command += ["-drive", disk.drive(), "-device",
                        ",".join([driver[1], *(f"{key}={value}" for key, value in properties)])]
        return command


class GuestFailed(Exception):
    """What was asked of the guest did not happen; the text says what."""


class Guest:
    """A running guest. A context manager: the guest is gone when it is left."""

    def __init__(self, machine: Machine) -> None:
        pairs = [socket.socketpair()
                 for _ in range(1 + machine.consoles + machine.paravirtual_consoles)]
        theirs = [pair[1] for pair in pairs]
        fds = [end.fileno() for end in theirs]
        self._memory_mib = machine.memory_mib
        self._served = Served(machine.shares, machine.memory_mib)
        self._tpm = Tpm(machine.tpm, machine.tpm_state) if machine.tpm_state else None
        command = [*machine.command(fds[1:], fds[0]), *self._served.options,
                   *(self._tpm.options if self._tpm else [])]
        started = time.monotonic()
        self._process = subprocess.Popen(command, pass_fds=fds,
                                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                         stderr=subprocess.PIPE, text=True)
        for end in theirs:
            end.close()
        self.ended = False
        self.complaint = ""  # what QEMU itself had to say, once the guest is gone
        # The serial lines come first.
        self.consoles = [Console(pair[0], started) for pair in pairs[1:]]
        self._monitor = Monitor(pairs[0][0])
        self._lines: list[Monitor | Console] = [self._monitor, *self.consoles]
        self._selector = selectors.DefaultSelector()
        for line in self._lines:
            self._selector.register(line.socket, selectors.EVENT_READ, line.receive)

    def __enter__(self) -> "Guest":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._process.kill()
        _, self.complaint = self._process.communicate()
        self._served.close()
        if self._tpm:
            self._tpm.close()
        self._selector.close()
        for line in self._lines:
            line.socket.close()

    @property
    def shutdown_reason(self) -> str:
        return self._monitor.shutdown_reason

    def pump(self, until: float) -> None:
        """Lets the guest run until it says something, it ends, or the time has come."""
        for key, _ in self._selector.select(max(0.0, until - time.monotonic())):
            if not key.data():
                self._selector.unregister(key.fileobj)
        self.ended = not self._selector.get_map()

    def type_keys(self, text: str) -> None:
        """One key after the other, as a person would: that is how the guest's keyboard is read."""
        for character in text:
            self.press_keys(KEY_NAMES.get(character, character))

    def press_keys(self, *keys: str) -> None:
        """All at once; by QEMU's names, which are of places, not of what is printed there."""
        self._ask("send-key", keys=[{"type": "qcode", "data": key} for key in keys])

    def screen(self) -> Screen:
        with tempfile.NamedTemporaryFile(suffix=".ppm") as file:
            self._ask("screendump", filename=file.name)
            return Screen(Path(file.name).read_bytes())

    def memory(self) -> bytes:
        """All of it, as it is now."""
        with tempfile.NamedTemporaryFile() as file:
            self._ask("pmemsave", val=0, size=self._memory_mib << 20, filename=file.name)
            return Path(file.name).read_bytes()

    def attach(self, disk: Attachment) -> None:
        """Plugs the disk in, as it was made: its former life in this guest is forgotten."""
        said = self._ask("human-monitor-command", **{"command-line": f"drive_add 0 {disk.drive()}"})
        if said.strip() != "OK":
            raise GuestFailed(f"drive_add: {said.strip()}")
        self._ask("device_add", **disk.device())

    def detach(self, disk: Attachment) -> None:
        """Pulls the disk out, and waits until the guest has let go of it."""
        self._monitor.deleted_devices.discard(disk.name)
        self._ask("device_del", id=disk.name)
        # With the end it has let go of everything.
        self._wait(lambda: self.ended or disk.name in self._monitor.deleted_devices,
                   f"the guest did not let go of {disk.name}")

    def _ask(self, command: str, **arguments: Any) -> Any:
        request = self._monitor.request(command, **arguments)
        self._wait(lambda: request in self._monitor.replies, f"QEMU did not answer {command}")
        reply = self._monitor.replies.pop(request)
        if "error" in reply:
            raise GuestFailed(f"{command}: {reply['error']['desc']}")
        return reply["return"]

    def _wait(self, condition: Callable[[], bool], otherwise: str) -> None:
        until = time.monotonic() + MONITOR_PATIENCE_S
        while not condition():
            if self.ended or time.monotonic() >= until:
                raise GuestFailed(otherwise)
            self.pump(until)
