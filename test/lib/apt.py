# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian packages of any suite, downloaded and unpacked, never installed.

apt-get runs with a state of its own beside the machine's; only the mirror is taken from the
machine's sources, because that is the one known to be reachable from here.
"""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lib.cache import cached
from lib.commands import run

DEBIAN_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class NoMirror(Exception):
    pass


@dataclass(frozen=True)
class Source:
    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...]


def _one_line_sources(text: str) -> list[Source]:
    """`deb [option=value …] URI SUITE COMPONENT…`"""
    lines = re.findall(r"^deb\s+(?:\[[^]]*\]\s+)?(\S+)[ \t]+(\S+)[ \t]*(.*)$", text, re.MULTILINE)
    return [Source(uri, (suite,), tuple(rest.split())) for uri, suite, rest in lines]


def _deb822_sources(text: str) -> list[Source]:
    """Stanzas of `Field: value`, separated by empty lines."""
    sources = []
    without_comments = re.sub(r"^#.*\n?", "", text, flags=re.MULTILINE)
    for stanza in re.split(r"\n\s*\n", without_comments):
        fields = {name.lower(): value.split() for name, value
                  in re.findall(r"^([\w-]+):((?:.*)(?:\n[ \t].*)*)", stanza, re.MULTILINE)}
        if "deb" not in fields.get("types", []) or fields.get("enabled") == ["no"]:
            continue
        for uri in fields.get("uris", []):
            sources.append(Source(uri, tuple(fields.get("suites", [])),
                                  tuple(fields.get("components", []))))
    return sources


def machine_sources(etc: Path = Path("/etc/apt")) -> list[Source]:
    sources = []
    for file in [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*"))]:
        if file.suffix == ".list" and file.is_file():
            sources += _one_line_sources(file.read_text())
        elif file.suffix == ".sources":
            sources += _deb822_sources(file.read_text())
    return sources


def mirror() -> str:
    """The mirror of Debian proper: what has `main` of this machine's own release."""
    release = re.search(r"^VERSION_CODENAME=\"?(\w+)", Path("/etc/os-release").read_text(),
                        re.MULTILINE)
    suites = {"stable", "testing", "unstable", "sid", release.group(1) if release else "stable"}
    for source in machine_sources():
        if suites & set(source.suites) and "main" in source.components:
            return source.uri
    raise NoMirror("the machine's apt sources name no Debian mirror")


class Suite:
    """One suite of the mirror, with apt state below `state`."""

    def __init__(self, suite: str, state: Path) -> None:
        for directory in ("lists/partial", "cache/archives/partial", "debs"):
            (state / directory).mkdir(parents=True)
        sources = state / "sources.list"
        sources.write_text(f"deb [signed-by={DEBIAN_KEYRING}] {mirror()} {suite} main\n")
        self._debs = state / "debs"
        self._options = [f"-o{key}={value}" for key, value in {
            "Dir::Etc::sourcelist": sources,
            "Dir::Etc::sourceparts": "-",
            "Dir::State": state,
            "Dir::Cache": state / "cache",
            "APT::Sandbox::User": "root",
            "Acquire::Languages": "none",
            "Acquire::Retries": 3,
            # Metadata of graphical software centres, where the machine has been told to fetch it.
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
        }.items()]
        run("apt-get", *self._options, "-q", "update")

    def depends(self, package: str) -> tuple[str, list[str]]:
        """Version of the package and the packages it wants in exactly that version."""
        shown = run("apt-cache", *self._options, "show", "--no-all-versions", package)
        fields = dict(re.findall(r"^(Version|Depends): (.*)$", shown, re.MULTILINE))
        same = rf"([^\s,|]+) \(= {re.escape(fields['Version'])}\)"
        return fields["Version"], re.findall(same, fields.get("Depends", ""))

    def with_same_source(self, package: str) -> list[str]:
        """The package and, transitively, what was split off it."""
        found: list[str] = []
        waiting = [package]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.append(name)
                waiting += self.depends(name)[1]
        return found

    def unpack(self, packages: list[str], into: Path) -> None:
        run("apt-get", *self._options, "-q", "download", *packages, cwd=self._debs)
        for deb in sorted(self._debs.glob("*.deb")):
            run("dpkg", "-x", deb, into)
            deb.unlink()


def unpacked(*packages: str) -> Path:
    """The tree of these packages of bookworm, without what they depend on."""
    def fetch(directory: Path) -> None:
        with tempfile.TemporaryDirectory(dir=directory) as state:
            Suite("bookworm", Path(state)).unpack(list(packages), directory)

    return cached("packages", "+".join(packages), fetch)
