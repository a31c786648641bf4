# SPDX-License-Identifier: GPL-2.0-or-later
"""Plays one boot: its steps, its end, and the verdict."""

import re
import time
from dataclasses import dataclass
from pathlib import Path

from lib.console import Console
from lib.guest import Attachment, Guest, GuestFailed, Machine
from lib.kernels import Kernel
from lib.report import REPORT_END, Report
from lib.scenario import (
    REAL_ROOT, Absent, Attach, Boot, Detach, Expect, Keys, Picture, PlacedDisk, Send, Step, Type,
    Wait)
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


def _attachment(placed: PlacedDisk) -> Attachment:
    return Attachment(placed.disk.name, placed.disk.image(), placed.bus, placed.port)


class Player:
    def __init__(self, boot: Boot, guest: Guest, disks: dict[str, Attachment]) -> None:
        self._boot = boot
        self._guest = guest
        self._disks = disks
        self._deadline = time.monotonic() + boot.seconds
        self._last_match: re.Match[str] | None = None
        self._absent: list[tuple[Console, int, re.Pattern[str]]] = []

    def play(self) -> None:
        for step in self._boot.steps:
            try:
                self._take(step)
            except (Failure, GuestFailed) as error:
                raise Failure(f"{step}: {error}") from error
        if self._boot.end == "real-root":
            self._reach_real_root()
        elif self._boot.end == "rebooted":
            self._see_end(RESET)
        else:
            self._let_run(self._boot.linger_s)

    def _take(self, step: Step) -> None:
        match step:
            case Expect(pattern, within_s, console):
                self._expect(pattern, within_s, console)
            case Send(text, console):
                if "\\1" in text and self._last_match:
                    text = text.replace("\\1", self._last_match.group(1))
                self._guest.consoles[console].send(text)
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
            for pattern in self._boot.never:
                if match := pattern.search(news):
                    raise Failure(f"{match.group()!r} must never appear")
        for console, start, pattern in self._absent:
            if match := pattern.search(console.text, start):
                raise Failure(f"{match.group()!r} must not appear any more")
        if time.monotonic() >= self._deadline:
            raise Failure(f"the boot took longer than {self._boot.seconds:g} s")

    def _expect(self, pattern: re.Pattern[str], within_s: float, number: int) -> None:
        console = self._guest.consoles[number]
        until = time.monotonic() + within_s
        while not (match := console.find(pattern)):
            if self._guest.ended:
                raise Failure(f"the guest ended first ({self._guest.shutdown_reason})")
            if time.monotonic() >= until:
                raise Failure("it did not come")
            self._pump(until)
        self._last_match = match

    def _look(self, picture: Picture) -> None:
        font = read_font(picture.font)
        until = time.monotonic() + picture.within_s
        while self._guest.screen().shows(picture.text, font) != picture.is_there:
            if not picture.is_there or time.monotonic() >= until:
                raise Failure("it is not so")
            self._let_run(PICTURE_INTERVAL_S)

    def _let_run(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self._guest.ended:
                raise Failure(f"the guest ended ({self._guest.shutdown_reason})")
            self._pump(until)

    def _see_end(self, reason: str) -> None:
        until = time.monotonic() + self._boot.end_within_s
        while not self._guest.ended:
            if time.monotonic() >= until:
                raise Failure(f"no {reason} within {self._boot.end_within_s:g} s")
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
        complaints = list(Report(text).complaints(self._boot.report))
        if complaints:
            raise Failure("the real root was reached, but\n" + "\n".join(complaints))


def play(boot: Boot, kernel: Kernel, image: Path) -> Outcome:
    started = time.monotonic()
    disks = {placed.disk.name: _attachment(placed) for placed in boot.disks}
    machine = Machine(
        kernel=kernel.vmlinuz, initrd=image, cmdline=boot.cmdline,
        disks=[disks[placed.disk.name] for placed in boot.disks if placed.attached],
        later_buses=[placed.bus for placed in boot.disks if not placed.attached],
        consoles=boot.serial_lines, keyboard=boot.keyboard, devices=boot.devices,
        shares=boot.shares, boot_partition=boot.boot_partition, memory_mib=boot.memory_mib)
    failure = ""
    with Guest(machine) as guest:
        try:
            Player(boot, guest, disks).play()
        except Failure as error:
            failure = str(error)
    if failure and guest.complaint:
        failure += f"\nQEMU said: {guest.complaint.strip()}"
    log = "".join(f"--- serial line {number}\n{console.log()}" if boot.serial_lines > 1
                  else console.log() for number, console in enumerate(guest.consoles))
    return Outcome(failure, log, time.monotonic() - started)
