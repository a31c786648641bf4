# SPDX-License-Identifier: GPL-2.0-or-later
"""What the real init was handed (test/lib/real-init.c prints it), and whether that is right.

Most of it must be the same after every boot, whatever was asked for: the real init must not notice
that there was an initramfs, beyond what it left on purpose.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

REPORT_LINE = re.compile(r"^report: (\w+)(?:=(.*))?$", re.MULTILINE)
REPORT_END = re.compile(r"^report: end$", re.MULTILINE)

ENVIRONMENT = {"HOME", "TERM", "PATH"}
MOUNT_POINTS = ["/", "/dev", "/proc", "/run", "/sys"]
NO_SIGNALS = "0000000000000000"
LEFT_IN_RUN = re.compile(r"/run/(initramfs(/.*)?|udev|udev/data(/b\d+:\d+)?|cryptsetup(/.*)?"
                         r"|systemd(/tpm2-pcr-.*)?)")
WORKER = " kindling-worker"
CHECKED = "/run/initramfs/fsck-"
DM_RECORD = "E:DM_UDEV_PRIMARY_SOURCE_FLAG=1"

PHASES = ("start", "coldplug-done", "module", "probe", "mount", "mounted", "switch")
LUKS_PHASES = ("header-seen", "unlocked")

# What may stay of the initramfs, in pages of ramfs or tmpfs: far less than any image.
LEFT_OVER_KIB = 8 * 1024


@dataclass(frozen=True)
class Expected:
    """The [report] table of a scenario."""

    argv: list[str] = field(default_factory=lambda: ["/sbin/init"])
    root_options: list[str] = field(default_factory=lambda: ["ro"])
    root_type: str = "ext4"
    on_disk: bool = True  # false: there is no disk at all
    is_early: bool = False  # workers may still be loading drivers that are for the host by now
    stuck: list[str] = field(default_factory=list)  # in the kernel: programs that nobody can end
    mappings: list[str] = field(default_factory=list)  # names in /dev/mapper, all of them
    mounts: dict[str, str] = field(default_factory=dict)  # path: type and options, below the root
    checked: list[str] = field(default_factory=list)  # "root", "usr": noted as checked
    stdio: str = "/dev/console"
    attribute: str = ""  # content of the file that kindling-test.attribute= names


class Report:
    def __init__(self, text: str) -> None:
        self._values: dict[str, list[str]] = {}
        for key, value in REPORT_LINE.findall(text):
            self._values.setdefault(key, []).append(value)

    def all(self, key: str) -> list[str]:
        return self._values.get(key, [])

    def complaints(self, expected: Expected) -> Iterator[str]:
        """One sentence for each thing that is not right."""
        yield from (f"the report has an error: {error}" for error in self.all("error"))
        yield from self._process_state(expected)
        yield from self._mounts(expected)
        yield from self._device_mapper(expected)
        yield from self._leftovers(expected)
        yield from self._checks(expected)
        yield from self._trace(expected)

    def _process_state(self, expected: Expected) -> Iterator[str]:
        for key, right in (("pid", ["1"]), ("argv", expected.argv), ("umask", ["0022"]),
                           ("cwd", ["/"])):
            if self.all(key) != right:
                yield f"{key} is {self.all(key)}, not {right}"
        stdio = [f"{fd} -> {expected.stdio}" for fd in range(3)]
        if self.all("fd") != stdio:
            yield f"open are {self.all('fd')}, not {stdio}"
        for mask in self.all("signals"):
            if mask.split()[-1] != NO_SIGNALS:
                yield f"signals are not as they were: {mask}"
        if len(self.all("signals")) != 5:
            yield "signal masks are missing from the report"
        if expected.attribute and self.all("attribute") != [expected.attribute]:
            yield f"the attribute is {self.all('attribute')}, not {expected.attribute}"
        for variable in self.all("env"):
            if variable.partition("=")[0] not in ENVIRONMENT:
                yield f"the environment has {variable}"

    def _mounts(self, expected: Expected) -> Iterator[str]:
        mounts = [mount.split() for mount in self.all("mount")]
        points = sorted(fields[1] for fields in mounts)
        wanted = {"/": f"{expected.root_type} {','.join(expected.root_options)}",
                  **expected.mounts}
        if points != sorted({*MOUNT_POINTS, *wanted}):
            yield f"mounted are {points}, not {sorted({*MOUNT_POINTS, *wanted})}"
        for _, point, kind, options, *_ in mounts:
            if point not in wanted:
                continue
            right_kind, _, right_options = wanted[point].partition(" ")
            if kind != right_kind:
                yield f"{point} is {kind}, not {right_kind}"
            missing = set(filter(None, right_options.split(","))) - set(options.split(","))
            if missing:
                yield f"{point} is mounted {options}, without {','.join(sorted(missing))}"

    def _device_mapper(self, expected: Expected) -> Iterator[str]:
        mappings = dict(mapping.split(" -> ") for mapping in self.all("mapper"))
        mappings.pop("control", None)
        if sorted(mappings) != sorted(expected.mappings):
            yield f"/dev/mapper has {sorted(mappings)}, not {sorted(expected.mappings)}"
        for name, target in mappings.items():
            if not re.fullmatch(r"\.\./dm-\d+", target):
                yield f"/dev/mapper/{name} -> {target}, not a link to ../dm-N"
        records = self.all("udev")
        for device in self.all("dm"):
            name, numbers = device.split()
            if f"b{numbers} {DM_RECORD}" not in records:
                yield f"the udev record of {name} lacks {DM_RECORD}: {records}"

    def _leftovers(self, expected: Expected) -> Iterator[str]:
        for entry in self.all("run"):
            if not LEFT_IN_RUN.fullmatch(entry):
                yield f"left behind: {entry}"
        for process in self.all("process"):
            if process.split(" ", 1)[-1] in expected.stuck:
                continue
            if not (expected.is_early and process.endswith(WORKER)):
                yield f"still running: {process}"
        if expected.is_early or expected.stuck:
            return
        kib = {key: int(value) for key, value
               in (re.findall(r"(\w+):\s+(\d+)", line)[0] for line in self.all("memory"))}
        for counter in ("Shmem", "Unevictable"):
            if kib.get(counter, LEFT_OVER_KIB + 1) > LEFT_OVER_KIB:
                yield f"the initramfs was not freed: {counter} is {kib.get(counter)} KiB"

    def _checks(self, expected: Expected) -> Iterator[str]:
        checked = [entry.removeprefix(CHECKED) for entry in self.all("run")
                   if entry.startswith(CHECKED)]
        if sorted(checked) != sorted(expected.checked):
            yield f"noted as checked are {sorted(checked)}, not {sorted(expected.checked)}"

    def _trace(self, expected: Expected) -> Iterator[str]:
        try:
            trace = json.loads("\n".join(self.all("trace")))
            events = [(event["usec"], event["phase"], event.get("name"))
                      for event in trace["events"]]
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            yield f"/run/initramfs/trace.json is no trace: {error!r}"
            return
        if trace.get("clock") != "CLOCK_BOOTTIME":
            yield f"the trace's clock is {trace.get('clock')}"
        times = [usec for usec, _, _ in events]
        if times != sorted(times):
            yield "the trace is not in the order of time"
        phases = {phase for _, phase, _ in events}
        missing = [phase for phase in PHASES
                   if phase not in phases and (expected.on_disk or phase != "probe")]
        named = {(phase, name) for _, phase, name in events}
        missing += [f"{phase} of {mapping}" for mapping in expected.mappings
                    for phase in LUKS_PHASES if (phase, mapping) not in named]
        if missing:
            yield f"the trace lacks {', '.join(missing)}"
