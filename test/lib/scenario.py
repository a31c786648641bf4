# SPDX-License-Identifier: GPL-2.0-or-later
r"""Scenario files: test/boot/NAME.toml.

Each file is one thing to be shown, and becomes one boot per kernel and combination of its matrix,
named NAME[KERNEL,VALUE,…]. Its keys:

    shows       one sentence: what is true when this passes
    kernels     which of lib.kernels.LABELS; ["6.12"] when it does not matter
    matrix      table; each key is an axis, its value a list of words, or a table that gives each
                word a table of values
    image       "generic", or "host": built for the recorded `machine`, one of
                lib.machines.MACHINES
    keymaps     of Debian's console-data, the first is the default; []
    fonts       of Debian's console-setup-linux, the first is the default; []
    build       more options of `kindling build`; []
    built_by    "root", or "nobody": an ordinary user built the image
    cmdline     added to what every boot gets (see COMMON_CMDLINE); later words win there
    consoles    what the kernel gets as console=…; ["ttyS0"]. There are as many serial lines as
                there are ttyS in it, and always one; then as many of a hypervisor as there are hvc
    keyboard    "ps2", or "usb"
    boot_menu   true: the BIOS offers one on the first serial line, and is in no hurry
    devices     others that the machine has, as QEMU's -device names them; []
    shares      by tag, the trees that the machine is given without a disk: "9p" or "virtiofs"
    tpm         what the machine's TPM does, of lib.tpm.KINDS, which a disk with a `token` knows;
                "", and then it has none
    efi         true: EFI firmware in place of a BIOS. Of a machine that is turned on several times
                it keeps its variables
    boot_disk   the disk whose first partition that firmware says that it booted from; ""
    memory_mib  512
    seconds     after which the boot has failed, whatever it does; 120
    never       patterns that must not appear on any console, ever; on top of ALWAYS_FORBIDDEN
    end         "real-root":   the small root's init reports and turns the machine off
                "powered-off": the machine is turned off, and the real root did not report
                "rebooted":    the machine reboots, and the real root was never seen
                "running":     the machine still runs `linger` seconds (0) after the last step
    end_within  seconds between the last step and the end; as many as are left

    [files]     files on top of the image, by their paths: a text, { text, times }, for a program of
                a Debian package { package, path }, or for one of test/lib { program = "NAME.c" }

    [[disks]]   name, bus ("virtio-blk"), attached (true), and what lib.disks.Disk has

    steps       list of tables, one after the other:
        expect = REGEX    text that comes after what the step before has matched; a line need not
                          be finished. `within` seconds (60), on `console` (0)
        send = TEXT       to `console` (0); \1 stands for the first group of the last match
        absent = REGEX    must not come from here on, on `console` (0)
        type = TEXT       on the keyboard: small letters, digits, spaces, newline
        keys = [KEY, …]   on the keyboard: by what QEMU calls them, those at once with a + between
        screen = TEXT     is on the screen, in a `font` of that kind; `within` seconds (60)
        no_screen = TEXT  is not on the screen, in that `font`
        in_memory = TEXT  is somewhere in the guest's memory, as it is, in Base64 or in UTF-16
        not_in_memory = TEXT  is nowhere there
        attach = DISK     plugs in a disk
        detach = DISK     pulls it out
        wait = SECONDS    lets the guest run

    [report]    what the real root must have seen, besides what is right for every boot:
                see lib.report.Expected

    [[runs]]    of a machine that is turned on several times: what holds for one time only, any of
                cmdline, memory_mib, never, end, end_within, linger, seconds, steps, report. What
                one run writes to the disks is there in the next; \1 in its cmdline stands for the
                first group of the last match of the run before

`${axis}`, `${axis.key}` and `${disk.property}` stand for values, in every string. Properties of a
disk: those of lib.disks.Disk; `node`, where in /dev its file system or LUKS volume is; and `title`,
what a person knows that as; with
_upper after it a property is in upper case, with _part it is its first half. In a REGEX a value
stands for itself.
"""

import dataclasses
import itertools
import math
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib.disks import BUSES, MODELS, BadDisk, Disk, node
from lib.guest import EMULATED
from lib.images import BUILDERS, MODES, Kind
from lib.kernels import LABELS
from lib.machines import MACHINES
from lib.report import Expected
from lib.shares import KINDS
from lib.tpm import KINDS as TPM_KINDS

COMMON_CMDLINE = f"panic=-1 loglevel=4 cryptomgr.notests {EMULATED}"

REAL_ROOT = "REAL ROOT REACHED"
ALWAYS_FORBIDDEN = (
    r"Kernel panic", r"Oops:", r"\bBUG:", r"Call Trace", r"segfault at", r"general protection",
    r"AddressSanitizer", r"LeakSanitizer", r"runtime error:",
)

ENDS = ("real-root", "powered-off", "rebooted", "running")


class BadScenario(Exception):
    pass


@dataclass(frozen=True)
class Expect:
    pattern: re.Pattern[str]
    within_s: float = 60
    console: int = 0

    def __str__(self) -> str:
        return f"expect {self.pattern.pattern!r} within {self.within_s:g} s"


@dataclass(frozen=True)
class Send:
    text: str
    console: int = 0

    def __str__(self) -> str:
        return f"send {self.text!r}"


@dataclass(frozen=True)
class Absent:
    pattern: re.Pattern[str]
    console: int = 0

    def __str__(self) -> str:
        return f"absent {self.pattern.pattern!r}"


@dataclass(frozen=True)
class Type:
    text: str

    def __str__(self) -> str:
        return f"type {self.text!r}"


@dataclass(frozen=True)
class Keys:
    keys: list[str]

    def __str__(self) -> str:
        return f"keys {' '.join(self.keys)}"


@dataclass(frozen=True)
class Picture:
    text: str
    font: str
    is_there: bool = True
    within_s: float = 60

    def __str__(self) -> str:
        return f"{'' if self.is_there else 'no '}{self.text!r} on the screen, in {self.font}"


@dataclass(frozen=True)
class Memory:
    text: str
    is_there: bool

    def __str__(self) -> str:
        return f"{'' if self.is_there else 'no '}{self.text!r} in memory"


@dataclass(frozen=True)
class Attach:
    disk: str

    def __str__(self) -> str:
        return f"attach {self.disk}"


@dataclass(frozen=True)
class Detach:
    disk: str

    def __str__(self) -> str:
        return f"detach {self.disk}"


@dataclass(frozen=True)
class Wait:
    seconds: float

    def __str__(self) -> str:
        return f"wait {self.seconds:g} s"


Step = Expect | Send | Absent | Type | Keys | Picture | Memory | Attach | Detach | Wait


@dataclass(frozen=True)
class PlacedDisk:
    disk: Disk
    bus: str
    attached: bool
    port: int
    node: str


@dataclass(frozen=True)
class Run:
    """One time that the machine is turned on."""

    cmdline: str
    steps: list[Step]
    end: str
    end_within_s: float
    linger_s: float
    seconds: float
    never: list[re.Pattern[str]]
    report: Expected
    memory_mib: int


@dataclass(frozen=True)
class Boot:
    """One scenario with one kernel and one value for each of its axes."""

    name: str
    shows: str
    kernel: str
    runs: list[Run]
    image: Kind
    files: dict[str, Any]
    disks: list[PlacedDisk]
    serial_lines: int
    paravirtual_lines: int
    keyboard: str
    boot_menu: bool
    devices: list[str]
    shares: dict[str, str]
    tpm: str
    is_efi: bool
    boot_partition: str

    @property
    def seconds(self) -> float:
        return sum(run.seconds for run in self.runs)


def _verbatim(text: str) -> str:
    return text


class _Values:
    """What `${…}` stands for."""

    PLACEHOLDER = re.compile(r"\$\{(\w+)(?:\.(\w+))?\}")

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def _look_up(self, match: re.Match[str]) -> Any:
        name, key = match.groups()
        value = self._values.get(name)
        if key and isinstance(value, dict):
            base, suffix = re.fullmatch(r"(.*?)(_upper|_part)?", key).groups()
            value = value.get(base)
            if value and suffix:
                value = value.upper() if suffix == "_upper" else value[:len(value) // 2]
        if value is None or isinstance(value, dict):
            raise BadScenario(f"{match.group()} stands for nothing")
        return self.fill(value)

    def fill(self, value: Any, quote: Callable[[str], str] = _verbatim) -> Any:
        """The value with every placeholder in it replaced, however deep; what comes in is quoted.
        A string that is one placeholder and no more becomes what that stands for, of any type."""
        if isinstance(value, list):
            return [self.fill(element, quote) for element in value]
        if isinstance(value, dict):
            return {self.fill(key): self.fill(element, quote) for key, element in value.items()}
        if not isinstance(value, str):
            return value
        whole = self.PLACEHOLDER.fullmatch(value)
        if whole and not isinstance(self._look_up(whole), str):
            return self._look_up(whole)
        return self.PLACEHOLDER.sub(lambda match: quote(str(self._look_up(match))), value)


DISK_PROPERTIES = ("fs_uuid", "short_uuid", "luks_uuid", "label", "luks_label", "partuuid",
                   "first_partuuid", "partlabel", "passphrase", "second_passphrase", "pin")


def _place_disks(tables: list[dict[str, Any]]) -> list[PlacedDisk]:
    placed: list[PlacedDisk] = []
    for table in tables:
        properties = dict(table)
        bus = properties.pop("bus", "virtio-blk")
        attached = properties.pop("attached", True)
        if bus not in BUSES:
            raise BadScenario(f"disk {table['name']}: {bus!r} is none of {', '.join(BUSES)}")
        disk = Disk(**properties)
        port = sum(other.bus == bus for other in placed)
        number = sum(BUSES[other.bus] == BUSES[bus] for other in placed)
        placed.append(PlacedDisk(disk, bus, attached, port, node(bus, number, disk.layout)))
    return placed


def title(placed: PlacedDisk) -> str:
    """What whoever is asked for its passphrase is told it is."""
    partition = placed.disk.partlabel if placed.disk.layout == "gpt" else ""
    return MODELS.get(placed.bus) or partition or placed.node


def _with_fstab(placed: PlacedDisk, text: str) -> PlacedDisk:
    return dataclasses.replace(placed, disk=dataclasses.replace(placed.disk, fstab=text))


def _steps(tables: list[dict[str, Any]], values: _Values) -> Iterator[Step]:
    for table in tables:
        console = values.fill(table.get("console", 0))
        match table:
            case {"expect": str(regex)}:
                pattern = re.compile(values.fill(regex, re.escape), re.MULTILINE)
                yield Expect(pattern, table.get("within", Expect.within_s), console)
            case {"absent": str(regex)}:
                yield Absent(re.compile(values.fill(regex, re.escape), re.MULTILINE), console)
            case {"send": str(text)}:
                yield Send(values.fill(text), console)
            case {"type": str(text)}:
                yield Type(values.fill(text))
            case {"keys": list() | str() as keys}:
                yield Keys(values.fill(keys))
            case {"screen": str(text), "font": str(font)}:
                yield Picture(values.fill(text), values.fill(font), True, table.get("within", 60))
            case {"no_screen": str(text), "font": str(font)}:
                yield Picture(values.fill(text), values.fill(font), False)
            case {"in_memory": str(text)}:
                yield Memory(values.fill(text), True)
            case {"not_in_memory": str(text)}:
                yield Memory(values.fill(text), False)
            case {"attach": str(disk)}:
                yield Attach(disk)
            case {"detach": str(disk)}:
                yield Detach(disk)
            case {"wait": int() | float() as seconds}:
                yield Wait(seconds)
            case _:
                raise BadScenario(f"{table} is no step")


RUN_KEYS = {"cmdline", "memory_mib", "seconds", "never", "end", "end_within", "linger", "steps",
            "report"}
KEYS = RUN_KEYS | {"shows", "kernels", "matrix", "image", "machine", "keymaps", "fonts", "build",
                   "built_by", "consoles", "keyboard", "boot_menu", "devices", "shares",
                   "tpm", "efi", "boot_disk", "files", "disks", "runs"}


def _image_kind(table: dict[str, Any], values: _Values) -> Kind:
    kind = Kind(**{key: tuple(values.fill(table.get(key, [])))
                   for key in ("keymaps", "fonts", "build")},
                **{key: values.fill(table[key]) for key in ("image", "machine", "built_by")
                   if key in table})
    if kind.image not in MODES or kind.built_by not in BUILDERS:
        raise BadScenario(f"there is no image {kind.name!r}")
    if (kind.image == "host") != bool(kind.machine) or kind.machine not in ("", *MACHINES):
        raise BadScenario(f"a host image is for one of {', '.join(MACHINES)}")
    return kind


def _run(table: dict[str, Any], consoles: list[str], disks: list[PlacedDisk],
         values: _Values) -> Run:
    words = [*(f"console={console}" for console in consoles), COMMON_CMDLINE,
             values.fill(table["cmdline"])]
    end = values.fill(table["end"])
    if end not in ENDS:
        raise BadScenario(f"the end {end!r} is none of {', '.join(ENDS)}")
    never = [*ALWAYS_FORBIDDEN, *values.fill(table.get("never", []), re.escape)]
    # Nobody may read over the user's shoulder, nor in a log.
    never += {re.escape(disk.disk.passphrase) for disk in disks if disk.disk.passphrase}
    never += {re.escape(disk.disk.pin) for disk in disks if disk.disk.token}
    if end != "real-root":
        never.append(REAL_ROOT)
    return Run(
        cmdline=" ".join(words), steps=list(_steps(table.get("steps", []), values)), end=end,
        end_within_s=table.get("end_within", math.inf), linger_s=table.get("linger", 0),
        seconds=table.get("seconds", 120),
        never=[re.compile(pattern, re.MULTILINE) for pattern in never],
        report=Expected(**values.fill(table.get("report", {}))),
        memory_mib=table.get("memory_mib", 512))


def _boot(name: str, kernel: str, table: dict[str, Any], axes: dict[str, Any]) -> Boot:
    of_axes = _Values(axes)
    tables = table.get("disks", [])
    disks = _place_disks([of_axes.fill({key: value for key, value in of_disk.items()
                                        if key != "fstab"}) for of_disk in tables])
    of_disks = {disk.disk.name: {key: getattr(disk.disk, key) for key in DISK_PROPERTIES}
                | {"node": disk.node, "title": title(disk)} for disk in disks}
    values = _Values(axes | of_disks)
    # It may name any disk.
    disks = [_with_fstab(disk, values.fill(of_disk.get("fstab", "")))
             for disk, of_disk in zip(disks, tables)]
    consoles = values.fill(table.get("consoles", ["ttyS0"]))
    shares = values.fill(table.get("shares", {}))
    if not set(shares.values()) <= set(KINDS):
        raise BadScenario(f"shares are {' or '.join(KINDS)}")
    if "boot_disk" in table and not table.get("efi"):
        raise BadScenario("a boot_disk is told by EFI firmware alone: it wants efi = true")
    tpm = values.fill(table.get("tpm", ""))
    if tpm not in ("", *TPM_KINDS) or tpm and not any(disk.disk.token for disk in disks):
        raise BadScenario(f"a TPM is one of {', '.join(TPM_KINDS)}, for a disk with a token")
    of_all_runs = {key: value for key, value in table.items() if key in RUN_KEYS}
    return Boot(
        name=name, shows=table["shows"], kernel=kernel, image=_image_kind(table, of_axes),
        files=values.fill(table.get("files", {})), disks=disks,
        runs=[_run(of_all_runs | of_run, consoles, disks, values)
              for of_run in table.get("runs", [{}])],
        serial_lines=max(1, sum(console.startswith("ttyS") for console in consoles)),
        paravirtual_lines=sum(console.startswith("hvc") for console in consoles),
        keyboard=values.fill(table.get("keyboard", "ps2")),
        boot_menu=table.get("boot_menu", False), devices=table.get("devices", []),
        shares=shares, tpm=tpm, is_efi=table.get("efi", False),
        boot_partition=next((disk.disk.first_partuuid for disk in disks
                             if disk.disk.name == table.get("boot_disk")), ""))


def _axis_values(axis: list[str] | dict[str, Any]) -> list[tuple[str, Any]]:
    return list(axis.items()) if isinstance(axis, dict) else [(value, value) for value in axis]


def boots_of(file: Path) -> list[Boot]:
    """Every boot that the scenario file stands for."""
    try:
        table = tomllib.loads(file.read_text())
        unknown = set(table) - KEYS
        unknown.update(*(set(run) - RUN_KEYS for run in table.get("runs", [])))
        if unknown:
            raise BadScenario(f"no scenario has a key {', '.join(sorted(unknown))}")
        kernels = table.get("kernels", ["6.12"])
        if not set(kernels) <= set(LABELS):
            raise BadScenario(f"kernels are {', '.join(LABELS)}")
        axes = {axis: _axis_values(values) for axis, values in table.get("matrix", {}).items()}
        boots = []
        for kernel, *chosen in itertools.product(kernels, *axes.values()):
            name = f"{file.stem}[{','.join([kernel, *(word for word, _ in chosen)])}]"
            values = {axis: value for axis, (_, value) in zip(axes, chosen)}
            boots.append(_boot(name, kernel, table, values))
        return boots
    except (BadScenario, BadDisk, tomllib.TOMLDecodeError, re.error, TypeError, KeyError) as error:
        raise BadScenario(f"{file.name}: {error}") from error


def all_boots(directory: Path) -> list[Boot]:
    return [boot for file in sorted(directory.glob("*.toml")) for boot in boots_of(file)]
