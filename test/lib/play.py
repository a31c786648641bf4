# SPDX-License-Identifier: GPL-2.0-or-later
"""Plays one boot: the steps of its runs, their ends, and the verdict."""

import re
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from lib import firmware
from lib.commands import run as run_command
from lib.console import Console
from lib.guest import Attachment, Guest, GuestFailed, Machine
from lib.kernels import Kernel
from lib.memory import places
from lib.report import REPORT_END, Report
from lib.scenario import (
    REAL_ROOT, Absent, Attach, Boot, Detach, Expect, Keys, Memory, Picture, PlacedDisk, Run, Send,
    Step, Type, Wait)
from lib.screen import read_font

POWER_OFF = "guest-shutdown"
RESET = "guest-reset"
PICTURE_INTERVAL_S = 1


class Failure(Exception):
    """Why the boot did not show what it should; the text is for the reader of the log."""


@dataclass(frozen=True)
class Outcome:
    failure: str  # empty when it passed
    log: str
    seconds: float

    @property
    def passed(self) -> bool:
        return not self.failure


def _attachment(placed: PlacedDisk, own: Path | None) -> Attachment:
    """Of the disk's file, or if there is a place for that, of a copy to write to."""
    file = placed.disk.image()
    if own:
        run_command("cp", "--sparse=always", file, own / placed.disk.name)
        file = own / placed.disk.name
    return Attachment(placed.disk.name, file, placed.bus, placed.port, keep=bool(own))


def _efi_variables(boot: Boot, own: Path | None) -> Path | None:
    """The store of the boot's firmware, if there is a place for that a copy to write to."""
    if not boot.is_efi:
        return None
    store = firmware.variables(boot.boot_partition)
    return Path(shutil.copy(store, own)) if own else store


class Player:
    def __init__(self, run: Run, guest: Guest, disks: dict[str, Attachment],
                 last_match: re.Match[str] | None) -> None:
        self._run = run
        self._guest = guest
        self._disks = disks
        self._deadline = time.monotonic() + run.seconds
        self.last_match = last_match
        self._absent: list[tuple[Console, int, re.Pattern[str]]] = []

    def play(self) -> None:
        for step in self._run.steps:
            try:
                self._take(step)
            except (Failure, GuestFailed) as error:
                raise Failure(f"{step}: {error}") from error
        if self._run.end == "real-root":
            self._reach_real_root()
        elif self._run.end == "powered-off":
            self._see_end(POWER_OFF)
        elif self._run.end == "rebooted":
            self._see_end(RESET)
        else:
            self._let_run(self._run.linger_s)

    def _take(self, step: Step) -> None:
        match step:
            case Expect(pattern, within_s, console):
                self._expect(pattern, within_s, console)
            case Send(text, console):
                self._guest.consoles[console].send(_fill_match(text, self.last_match))
            case Absent(pattern, console):
                line = self._guest.consoles[console]
                self._absent.append((line, line.looked_at, pattern))
            case Type(text):
                self._guest.type_keys(text)
            case Keys(keys):
                for chord in keys:
                    self._guest.press_keys(*chord.split("+"))
            case Picture():
                self._look(step)
            case Memory(text, is_there):
                self._search_memory(text, is_there)
            case Attach(disk):
                self._guest.attach(self._disks[disk])
            case Detach(disk):
                self._guest.detach(self._disks[disk])
            case Wait(seconds):
                self._let_run(seconds)

    def _pump(self, until: float) -> None:
        self._guest.pump(min(until, self._deadline))
        for console in self._guest.consoles:
            news = console.unwatched()
            for pattern in self._run.never:
                if match := pattern.search(news):
                    raise Failure(f"{match.group()!r} must never appear")
        for console, start, pattern in self._absent:
            if match := pattern.search(console.text, start):
                raise Failure(f"{match.group()!r} must not appear any more")
        if time.monotonic() >= self._deadline:
            raise Failure(f"the boot took longer than {self._run.seconds:g} s")

    def _expect(self, pattern: re.Pattern[str], within_s: float, number: int) -> None:
        console = self._guest.consoles[number]
        until = time.monotonic() + within_s
        while not (match := console.find(pattern)):
            if self._guest.ended:
                raise Failure(f"the guest ended first ({self._guest.shutdown_reason})")
            if time.monotonic() >= until:
                raise Failure("it did not come")
            self._pump(until)
        self.last_match = match

    def _look(self, picture: Picture) -> None:
        font = read_font(picture.font)
        until = time.monotonic() + picture.within_s
        while self._guest.screen().shows(picture.text, font) != picture.is_there:
            if not picture.is_there or time.monotonic() >= until:
                raise Failure("it is not so")
            self._let_run(PICTURE_INTERVAL_S)

    def _search_memory(self, text: str, is_there: bool) -> None:
        found = places(text, self._guest.memory())
        if is_there and not found:
            raise Failure("it is nowhere")
        if found and not is_there:
            raise Failure("\n".join(["it is at", *found]))

    def _let_run(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self._guest.ended:
                raise Failure(f"the guest ended ({self._guest.shutdown_reason})")
            self._pump(until)

    def _see_end(self, reason: str) -> None:
        until = time.monotonic() + self._run.end_within_s
        while not self._guest.ended:
            if time.monotonic() >= until:
                raise Failure(f"no {reason} within {self._run.end_within_s:g} s")
            self._pump(until)
        if self._guest.shutdown_reason != reason:
            raise Failure(f"the guest ended with {self._guest.shutdown_reason}, not {reason}")

    def _reach_real_root(self) -> None:
        try:
            self._see_end(POWER_OFF)
        except Failure as failure:
            raise Failure(f"real root: {failure}") from failure
        text = "\n".join(console.text for console in self._guest.consoles)
        if REAL_ROOT not in text or not REPORT_END.search(text):
            raise Failure("the machine was turned off, but the real root did not report")
        complaints = list(Report(text).complaints(self._run.report))
        if complaints:
            raise Failure("the real root was reached, but\n" + "\n".join(complaints))


def _fill_match(text: str, match: re.Match[str] | None) -> str:
    return text.replace("\\1", match.group(1)) if match and match.re.groups else text


class _Session:
    """The runs of a boot, one after the other, and what they have said so far."""

    def __init__(self, boot: Boot, kernel: Kernel, image: Path, own: Path | None) -> None:
        self._boot = boot
        self._kernel = kernel
        self._image = image
        self._disks = {placed.disk.name: _attachment(placed, own) for placed in boot.disks}
        self._variables = _efi_variables(boot, own)
        self._keep = bool(own)
        self._last_match: re.Match[str] | None = None
        self.log = ""

    def _tpm_state(self) -> Path | None:
        disks = [placed.disk for placed in self._boot.disks if placed.disk.token]
        return disks[0].tpm_state() if self._boot.tpm else None

    def play(self, run: Run) -> str:
        """Why it failed, or nothing."""
        boot, failure = self._boot, ""
        cmdline = _fill_match(run.cmdline, self._last_match)
        machine = Machine(
            kernel=self._kernel.vmlinuz, initrd=self._image, cmdline=cmdline,
            disks=[self._disks[placed.disk.name] for placed in boot.disks if placed.attached],
            later_buses=[placed.bus for placed in boot.disks if not placed.attached],
            consoles=boot.serial_lines, paravirtual_consoles=boot.paravirtual_lines,
            keyboard=boot.keyboard, boot_menu=boot.boot_menu, devices=boot.devices,
            shares=boot.shares, tpm=boot.tpm, tpm_state=self._tpm_state(),
            efi_variables=self._variables,
            keep_variables=self._keep, memory_mib=run.memory_mib)
        with Guest(machine) as guest:
            player = Player(run, guest, self._disks, self._last_match)
            try:
                player.play()
            except Failure as error:
                failure = str(error)
        self._last_match = player.last_match
        if failure and guest.complaint:
            failure += f"\nQEMU said: {guest.complaint.strip()}"
        self.log += f"{cmdline}\n\n" + "".join(
            f"--- line {number}\n{console.log()}" if len(guest.consoles) > 1
            else console.log() for number, console in enumerate(guest.consoles))
        return failure


def play(boot: Boot, kernel: Kernel, image: Path) -> Outcome:
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        session = _Session(boot, kernel, image, Path(scratch) if len(boot.runs) > 1 else None)
        for number, run in enumerate(boot.runs, 1):
            failure = session.play(run)
            if failure and len(boot.runs) > 1:
                failure = f"run {number}: {failure}"
            if failure:
                break
    return Outcome(failure, session.log, time.monotonic() - started)
