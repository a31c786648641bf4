# SPDX-License-Identifier: GPL-2.0-or-later
"""`test/bench build`: how long the generator takes, beside the least that it could take and beside
dracut, all in one run on one kernel."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from lib import dracut, newc
from lib.build import INIT, KINDLING, UNLOCK, build_release
from lib.commands import CommandFailed
from lib.images import for_kernel
from lib.kernels import SUITES, Kernel, KernelUnavailable, kernel
from lib.machines import machine

MIB = 1024 * 1024
MACHINE = "virtio-blk-luks"
TIMED = Path(__file__).with_name("timed.py")

# "cpio | zstd" of the same files. Nothing of it waits for a disk.
FLOOR = "find . -print0 | cpio -0 -o -H newc --quiet | zstd -q -3 -T2 -f -o '{image}'"


@dataclass(frozen=True)
class Measured:
    """Some runs of one command."""

    what: str
    seconds: list[float]
    peak_rss: int  # bytes, of its largest process
    image_size: int

    @property
    def best(self) -> float:
        return min(self.seconds)


@dataclass(frozen=True)
class Limit:
    """What is promised, and what it is."""

    what: str
    value: float
    unit: str
    limit: float
    at_least: bool = False

    @property
    def holds(self) -> bool:
        return self.value >= self.limit if self.at_least else self.value <= self.limit


def _timed(command: list[str | Path], environment: dict[str, str], cwd: Path) -> tuple[float, int]:
    """Seconds, and the peak memory in bytes, of one run that must succeed."""
    words = [str(word) for word in command]
    done = subprocess.run([sys.executable, "-I", "-S", TIMED, *words], env=environment, cwd=cwd,
                          capture_output=True, text=True, check=False)
    code, seconds, peak_kib = done.stdout.split("\n")[-2].split()
    if code != "0":
        raise CommandFailed(f"{' '.join(words)}\nended with {code}:\n{done.stdout}{done.stderr}")
    return float(seconds), int(peak_kib) * 1024


class Bench:
    """The runs on one kernel. Everything is written to `scratch`."""

    def __init__(self, on: Kernel, scratch: Path, runs: int) -> None:
        self._kernel = on
        self._scratch = scratch
        self._runs = runs
        self._cache = scratch / "cache"
        self._sysroot = machine(MACHINE)

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "HOME": str(self._scratch), "LC_ALL": "C.UTF-8",
                "XDG_CACHE_HOME": str(self._cache)}

    def _measure(self, what: str, command: list[str | Path], image: Path, runs: int,
                 before: Callable[[], None] = lambda: None, cwd: Path | None = None) -> Measured:
        seconds, peak = [], 0
        for _ in range(runs):
            image.unlink(missing_ok=True)
            before()
            took, rss = _timed(command, self._environment(), cwd or self._scratch)
            seconds.append(took)
            peak = max(peak, rss)
        return Measured(what, seconds, peak, image.stat().st_size)

    def _forget(self) -> None:
        shutil.rmtree(self._cache, ignore_errors=True)

    def kindling(self, mode: str) -> Iterator[Measured]:
        """Cold and warm; verified, as users' images are."""
        image = self._scratch / f"{mode}.img"
        command = [KINDLING, "build", *for_kernel(self._kernel), "--mode", mode, "--sysroot",
                   self._sysroot, "--output", image]
        yield self._measure(f"kindling {mode}, cold cache", command, image, self._runs,
                            self._forget)
        yield self._measure(f"kindling {mode}, warm cache", command, image, 10 * self._runs)

    def _source_of(self, entry: newc.Entry) -> Path:
        """The file on disk that an entry was made from."""
        own = {"init": INIT, "usr/lib/kindling/unlock": UNLOCK}
        prefix = f"usr/lib/modules/{self._kernel.kver}/"
        if entry.path in own:
            return own[entry.path]
        if entry.path.startswith(prefix):
            return self._kernel.modules / entry.path.removeprefix(prefix)
        return self._sysroot / entry.path

    def _stage(self, image: Path) -> tuple[Path, int]:
        """The very same files in a directory, as they are on disk, and the largest one's size.
        What has no file on disk (links, the layout, indexes made to measure) is as in the image."""
        stage = self._scratch / "stage"
        shutil.rmtree(stage, ignore_errors=True)
        largest = 0
        for entry in newc.read(image):
            if not entry.is_file:
                continue
            source = self._source_of(entry)
            if not source.is_file() and source.suffix == ".zst":
                source = source.with_suffix("")
            copy = stage / (entry.path if source.suffix == Path(entry.path).suffix
                            else entry.path.removesuffix(".zst"))
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(source.read_bytes() if source.is_file() else entry.data)
            largest = max(largest, copy.stat().st_size)
        return stage, largest

    def floor(self, of: Path) -> tuple[Measured, int]:
        """What the files of that image cost anyone, and the size of the largest."""
        stage, largest = self._stage(of)
        image = self._scratch / "floor.img"
        command: list[str | Path] = ["sh", "-c", FLOOR.format(image=image)]
        return (self._measure("cpio | zstd -3 -T2", command, image, self._runs, cwd=stage), largest)

    def dracut(self) -> Measured:
        in_system = dracut.system()
        image = self._scratch / "dracut.img"
        return self._measure(f"dracut {dracut.version(in_system)} --no-hostonly",
                             dracut.command(in_system, self._kernel, image), image,
                             max(1, self._runs // 4))


def _limits(by_name: dict[str, Measured], largest: int) -> Iterator[Limit]:
    cold, warm = by_name["generic cold"], by_name["generic warm"]
    host = by_name["host warm"]
    yield Limit("generic, cold: times cpio | zstd", cold.best / by_name["floor"].best, "x", 1.5)
    yield Limit("generic, warm", warm.best * 1000, "ms", 60)
    yield Limit("host, warm", host.best * 1000, "ms", 30)
    if "dracut" in by_name:
        other = by_name["dracut"].best
        yield Limit("generic, cold: times faster than dracut", other / cold.best, "x", 40, True)
        yield Limit("generic, warm: times faster than dracut", other / warm.best, "x", 200, True)
    peak = max(measured.peak_rss for name, measured in by_name.items()
               if name.startswith(("generic", "host")))
    yield Limit("peak memory beyond the largest file", (peak - largest) / MIB, "MiB", 64)


def _run(on: Kernel, scratch: Path, options: argparse.Namespace) -> dict[str, object]:
    bench = Bench(on, scratch, options.runs)
    by_name: dict[str, Measured] = {}
    for mode in ("generic", "host"):
        by_name[f"{mode} cold"], by_name[f"{mode} warm"] = bench.kindling(mode)
    by_name["floor"], largest = bench.floor(scratch / "generic.img")
    without_dracut = "asked not to" if options.no_dracut else ""
    if not options.no_dracut:
        try:
            by_name["dracut"] = bench.dracut()
        except dracut.NotHere as error:
            without_dracut = str(error)
    return {"kernel": on.kver, "processors": os.cpu_count(), "largest_file": largest,
            "without_dracut": without_dracut,
            "measured": [{**asdict(measured), "name": name} for name, measured in by_name.items()],
            "limits": [{**asdict(limit), "holds": limit.holds}
                       for limit in _limits(by_name, largest)]}


def _print(result: dict[str, object]) -> None:
    print(f"\nkernel {result['kernel']}, {result['processors']} processors, best of several runs\n")
    print(f"{'':42} {'best':>9} {'worst':>9} {'peak':>8} {'image':>9}")
    measured, limits = result["measured"], result["limits"]
    assert isinstance(measured, list) and isinstance(limits, list)
    for row in measured:
        print(f"{row['what']:42} {min(row['seconds']):7.3f} s {max(row['seconds']):7.3f} s "
              f"{row['peak_rss'] / MIB:4.0f} MiB {row['image_size'] / 1e6:6.1f} MB")
    print()
    for row in limits:
        kind = "at least" if row["at_least"] else "at most"
        print(f"{row['what']:42} {row['value']:8.2f} {row['unit']:3} ({kind} {row['limit']:g})"
              f"{'' if row['holds'] else '  MISSED'}")
    if result["without_dracut"]:
        print(f"dracut was not measured: {result['without_dracut']}")


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="test/bench", description=__doc__)
    commands = parser.add_subparsers(dest="what", required=True)
    build = commands.add_parser("build", help="time, memory and size of `kindling build`")
    build.add_argument("--kernel", action="append", choices=list(SUITES), dest="kernels",
                       help="on this one; repeatable (default: 6.1)")
    build.add_argument("--runs", type=int, default=5, metavar="N",
                       help="runs of what is slow; ten times as many of the rest (default: 5)")
    build.add_argument("--no-dracut", action="store_true", help="leave dracut out: it is slow")
    build.add_argument("--scratch", type=Path, default=Path("/dev/shm"), metavar="DIR",
                       help="where to write (default: /dev/shm, so that no disk is measured)")
    build.add_argument("--json", action="store_true", help="for programs")
    return parser.parse_args()


def main() -> int:
    options = _parse()
    results = []
    try:
        build_release()
        for label in options.kernels or ["6.1"]:
            with tempfile.TemporaryDirectory(dir=options.scratch) as scratch:
                results.append(_run(kernel(label), Path(scratch), options))
            if not options.json:
                _print(results[-1])
    except (CommandFailed, KernelUnavailable) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(results, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
