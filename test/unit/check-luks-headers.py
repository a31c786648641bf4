#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""LUKS headers with lies in them, and what the unlock helper must say of each.

Headers of cryptsetup's are changed in one place each: every leaf of the JSON of a LUKS2 header in
every way that its type allows, what is in the binary part, and every field of a LUKS1 header. With
each goes the verdict; a refusal must name the field.
"""

import copy
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from lib.commands import run  # noqa: E402
from lib.luks_header import (  # noqa: E402
    LUKS1_BYTES, LUKS1_FIELDS, LUKS2_FIELDS, Luks2Header, put)

MIB = 1024 * 1024
DEVICE_BYTES = 20 * MIB
AVAILABLE_KIB = 512 * 1024
SLOT_KIB = 65536

Path_ = tuple[str, ...]
REMOVED = object()


@dataclass(frozen=True)
class Verdict:
    """What must be said: a refusal that names `field`, or the keyslots that are tried, and which
    copy is read."""
    field: str = ""
    tried: str = "0 1"
    left_out: str = ""
    copy: str = "any"

    def complaint(self, said: str) -> str | None:
        if self.field:
            words = said.removeprefix("refused ")
            return None if words != said and names(words, self.field) else \
                f"expected a refusal of {self.field}"
        if not said.startswith("accepted "):
            return "expected it to be accepted"
        for text, state in ((self.tried, "tried"), (self.left_out, "left-out")):
            if " ".join(re.findall(rf"(\d+)={state}", said)) != text:
                return f"expected keyslots {text or '(none)'} to be {state}"
        return None if f"copy={self.copy} " in said else f"expected copy {self.copy} to be used"


def names(words: str, field: str) -> bool:
    """The field itself, not one whose name only begins like it."""
    return re.match(rf"(?:its )?{re.escape(field)}(?![\w-])", words) is not None


ACCEPTED = Verdict()


def left_out(slot: int) -> Verdict:
    return Verdict(tried=str(1 - slot), left_out=str(slot))


@dataclass(frozen=True)
class Case:
    name: str
    data: bytes
    verdict: Verdict
    limits: str = ""


def leaves(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    members = value.items() if isinstance(value, dict) else enumerate(value) \
        if isinstance(value, list) else ()
    for name, member in members:
        yield from leaves(member, (*path, str(name)))
    if not isinstance(value, dict | list):
        yield path


def changed(document: Any, path: Path_, value: Any) -> Any:
    document = copy.deepcopy(document)
    place = document
    for name in path[:-1]:
        place = place[int(name) if isinstance(place, list) else name]
    last = int(path[-1]) if isinstance(place, list) else path[-1]
    if value is REMOVED:
        del place[last]
    else:
        place[last] = value
    return document


def at(document: Any, path: Path_) -> Any:
    for name in path:
        document = document[int(name) if isinstance(document, list) else name]
    return document


# Whatever the leaf is, these are not of its type. The refusal names the leaf.
STRANGE = {"removed": REMOVED, "null": None, "an array": [], "an object": {}, "true": True,
           "a fraction": 1.5}
OF_OTHER_TYPE = {int: {"a string": "7", "an empty string": ""},
                 str: {"a number": 7, "an empty string": "", "a NUL in it": "aes\0"}}

REFUSED = "refused"  # and it is this leaf that is named

# By leaf, what else it may be changed to, and what comes of that; the first pattern that fits.
CIPHERS = {
    "cipher_null-ecb": REFUSED, "null": REFUSED, "cipher_null": REFUSED, "aes-ecb": REFUSED,
    "aes-ecb-plain64": REFUSED, "capi:ecb(cipher_null)-plain": REFUSED, "aes": REFUSED,
    "aes-xts-null": REFUSED, "aes-xts-plain64 ": REFUSED, "rot13-xts-plain64": REFUSED,
    "aes-xts": REFUSED, "aes-xts-essiv:crc32": REFUSED, "aes-": REFUSED, "-xts-plain64": REFUSED,
    "aes-cbc-essiv:sha256": ACCEPTED, "serpent-xts-plain64": ACCEPTED,
    "xchacha12,aes-adiantum-plain64": ACCEPTED, "aes-cbc-plain": ACCEPTED, "aes-plain": ACCEPTED,
}
HASHES = {"md5": REFUSED, "crc32": REFUSED, "null": REFUSED, "sha512": ACCEPTED,
          "SHA256": ACCEPTED, "whirlpool": ACCEPTED}
SALTS = {"AAAA": REFUSED, "no base64 at all!": REFUSED, "A" * 43 + "=": ACCEPTED,
         "A" * 44: REFUSED}
ITERATIONS = {0: REFUSED, -1: REFUSED, 2_000_000_000: "left out", 10 ** 30: "left out",
              100_000_000: ACCEPTED, 100_000_001: "left out"}
DECIMALS = {"-1": REFUSED, "0x1000": REFUSED, "1e6": REFUSED, "1 ": REFUSED,
            "18446744073709551616": REFUSED}

CHANGES: dict[str, dict[Any, str | Verdict]] = {
    "keyslots.*.type": {"reencrypt": REFUSED, "luks1": REFUSED, "placeholder": REFUSED},
    "keyslots.*.key_size": {0: REFUSED, -1: REFUSED, 513: REFUSED, 32: ACCEPTED,
                            256: Verdict("keyslots.*.area.size"), 2 ** 32 + 64: REFUSED},
    "keyslots.*.af.type": {"luks2": REFUSED, "null": REFUSED},
    "keyslots.*.af.stripes": {0: REFUSED, 1: REFUSED, 3999: REFUSED, 4001: REFUSED},
    "keyslots.*.af.hash": HASHES,
    "keyslots.*.area.type": {"none": REFUSED, "journal": REFUSED},
    "keyslots.*.area.offset": DECIMALS | {
        "0": REFUSED, "4096": REFUSED, "32256": REFUSED, "32769": REFUSED, "16777216": REFUSED,
        str(2 ** 63): REFUSED, str(2 ** 64 - 4096): REFUSED,
        "32768": Verdict("keyslots.1.area"), "290816": Verdict("keyslots.1.area"),
        "16519168": ACCEPTED, "16519680": Verdict("keyslots.*.area.size")},
    "keyslots.*.area.size": DECIMALS | {
        "0": REFUSED, "255999": REFUSED, "256000": ACCEPTED, "18446744073709551615": REFUSED,
        "16744449": REFUSED},
    "keyslots.*.area.encryption": CIPHERS,
    "keyslots.*.area.key_size": {0: REFUSED, -1: REFUSED, 513: REFUSED, 32: ACCEPTED},
    "keyslots.0.kdf.type": {"null": REFUSED, "scrypt": REFUSED, "argon2i": ACCEPTED,
                            "argon2d": REFUSED, "pbkdf2": Verdict("keyslots.0.kdf.hash")},
    "keyslots.1.kdf.type": {"null": REFUSED, "scrypt": REFUSED, "pbkdf1": REFUSED,
                            "argon2id": Verdict("keyslots.1.kdf.time")},
    "keyslots.*.kdf.time": {0: REFUSED, -1: REFUSED, 2_000_000_000: "left out", 1000: ACCEPTED,
                            1001: "left out", 10 ** 30: "left out"},
    "keyslots.*.kdf.memory": {0: REFUSED, -1: REFUSED, AVAILABLE_KIB: ACCEPTED,
                              AVAILABLE_KIB + 1: "left out", 8 << 20: "left out",
                              2 << 30: "left out", 2 ** 32 + 64: "left out"},
    "keyslots.*.kdf.cpus": {0: REFUSED, -1: REFUSED, 4: ACCEPTED, 5: "left out",
                            2 ** 31: "left out"},
    "keyslots.*.kdf.salt": SALTS,
    "keyslots.*.kdf.hash": HASHES,
    "keyslots.*.kdf.iterations": ITERATIONS,
    "tokens.*.keyslots.*": {"2": REFUSED, "x": REFUSED},
    "segments.*.type": {"linear": REFUSED, "hw-opal": REFUSED, "hw-opal-crypt": REFUSED,
                        "null": REFUSED},
    "segments.*.offset": DECIMALS | {
        "0": REFUSED, "32768": REFUSED, "16776704": REFUSED, "16777217": REFUSED,
        str(DEVICE_BYTES): REFUSED, str(DEVICE_BYTES + 4096): Verdict("segments.0.size"),
        str(2 ** 64 - 512): Verdict("segments.0.size"), "18874368": ACCEPTED},
    "segments.*.size": DECIMALS | {
        "0": REFUSED, "512": REFUSED, "4096": ACCEPTED, str(DEVICE_BYTES): REFUSED,
        str(2 ** 64 - 4096): REFUSED, "static": REFUSED},
    "segments.*.iv_tweak": DECIMALS | {"8": ACCEPTED},
    "segments.*.encryption": CIPHERS,
    "segments.*.sector_size": {0: REFUSED, 256: REFUSED, 513: REFUSED, 1536: REFUSED,
                               8192: REFUSED, -512: REFUSED, 512: ACCEPTED, 2048: ACCEPTED},
    "digests.*.type": {"argon2id": REFUSED, "null": REFUSED},
    "digests.*.keyslots.*": {"2": REFUSED, "-1": REFUSED},
    "digests.*.segments.*": {"1": REFUSED},
    "digests.*.hash": HASHES,
    "digests.*.iterations": {0: REFUSED, -1: REFUSED, 100_000_001: REFUSED,
                             2_000_000_000: REFUSED, 5000: ACCEPTED},
    "digests.*.salt": SALTS,
    "digests.*.digest": {"AAAA": REFUSED, "A" * 88: REFUSED, "?": REFUSED, "A" * 28: ACCEPTED},
    "config.json_size": DECIMALS | {"0": REFUSED, "12287": REFUSED, "28672": REFUSED},
    "config.keyslots_size": DECIMALS | {
        "1": REFUSED, "134221824": REFUSED, "17000448": REFUSED,
        "0": Verdict("keyslots.0.area.offset"), "16748544": Verdict("segments.0.offset")},
}

# Leaves of which the walk over strange values must not expect a refusal of that very leaf.
FREE = {
    # A token is what its plug-in makes of it.
    "tokens.0.key_description": ACCEPTED,
}
REMOVED_ELEMENTS = {
    "tokens.0.keyslots.*": ACCEPTED,
    "digests.0.keyslots.0": Verdict("keyslots.0"),
    "digests.0.keyslots.1": Verdict("keyslots.1"),
    "digests.0.segments.0": Verdict("digests"),
}


def is_like(name: str, pattern: str) -> bool:
    parts, patterns = name.split("."), pattern.split(".")
    return len(parts) == len(patterns) and all(
        wanted in ("*", part) for part, wanted in zip(parts, patterns))


def find(table: dict[str, Any], name: str) -> Any:
    return next((value for pattern, value in table.items() if is_like(name, pattern)), None)


def whose(verdict: str | Verdict, path: Path_) -> Verdict:
    """The verdict of a table for this very leaf."""
    if isinstance(verdict, Verdict):
        number = path[1] if len(path) > 1 else ""
        return Verdict(verdict.field.replace("*", number), verdict.tried, verdict.left_out,
                       verdict.copy)
    return Verdict(".".join(path)) if verdict == REFUSED else left_out(int(path[1]))


Change = Callable[[Luks2Header], None]


class Luks2:
    """Cases that begin with one good header."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.document = Luks2Header.read(data).copies[0].json

    def case(self, name: str, change: Change, verdict: Verdict, limits: str = "") -> Case:
        header = Luks2Header.read(self.data)
        change(header)
        return Case(f"luks2: {name}", header.write(), verdict, limits)

    def with_json(self, name: str, document: Any, verdict: Verdict, limits: str = "") -> Case:
        def change(header: Luks2Header) -> None:
            for one in header.copies:
                one.json = document
        return self.case(name, change, verdict, limits)

    def of_types(self) -> Iterator[Case]:
        for path in leaves(self.document):
            name = ".".join(path)
            values = STRANGE | OF_OTHER_TYPE[type(at(self.document, path))]
            for what, value in values.items():
                verdict = find(FREE, name) or Verdict(name)
                if value is REMOVED:
                    verdict = find(REMOVED_ELEMENTS, name) or verdict
                yield self.with_json(f"{name} is {what}", changed(self.document, path, value),
                                     verdict)

    def of_values(self) -> Iterator[Case]:
        unused = set(CHANGES)
        for path in leaves(self.document):
            name = ".".join(path)
            for pattern, values in CHANGES.items():
                if not is_like(name, pattern):
                    continue
                unused.discard(pattern)
                for value, verdict in values.items():
                    if value != at(self.document, path):
                        yield self.with_json(f"{name} = {json.dumps(value)}",
                                             changed(self.document, path, value),
                                             whose(verdict, path))
                break
        assert not unused, f"no leaf is like {', '.join(unused)}"

    def of_additions(self) -> Iterator[Case]:
        segment = self.document["segments"]["0"]
        slot = self.document["keyslots"]["0"]
        integrity = {"type": "hmac(sha256)", "journal_encryption": "none",
                     "journal_integrity": "none"}
        table: list[tuple[Path_, Any, Verdict]] = [
            (("more",), 1, Verdict("more")),
            (("keyslots", "0", "more"), 1, Verdict("keyslots.0.more")),
            (("keyslots", "0", "kdf", "more"), 1, Verdict("keyslots.0.kdf.more")),
            (("keyslots", "1", "kdf", "memory"), 1, ACCEPTED),
            (("keyslots", "0", "priority"), 0, ACCEPTED),
            (("keyslots", "0", "priority"), 3, Verdict("keyslots.0.priority")),
            (("keyslots", "00"), slot, Verdict("keyslots.00")),
            (("keyslots", "32"), slot, Verdict("keyslots.32")),
            (("keyslots", "x\x1b[2J"), slot, Verdict("keyslots.x?[2J")),
            (("keyslots", "2"), slot, Verdict("keyslots.2.area")),
            (("keyslots", "2"), changed(slot, ("area", "offset"), "548864"),
             Verdict("keyslots.2")),
            (("keyslots",), {}, Verdict("tokens.0.keyslots.0")),
            (("tokens", "0", "more"), [1], ACCEPTED),
            (("tokens",), {}, ACCEPTED),
            (("tokens", "x"), {"type": "y", "keyslots": []}, Verdict("tokens.x")),
            (("segments", "1"), segment, Verdict("segments")),
            (("segments",), {}, Verdict("digests.0.segments.0")),
            (("segments",), {"1": segment}, Verdict("digests.0.segments.0")),
            (("segments", "0", "flags"), [], ACCEPTED),
            (("segments", "0", "flags"), ["in-reencryption"], Verdict("segments.0.flags")),
            (("segments", "0", "flags"), ["backup-final"], Verdict("segments.0.flags")),
            (("segments", "0", "flags"), [1], Verdict("segments.0.flags.0")),
            (("segments", "0", "opal_key_size"), 32, Verdict("segments.0.opal_key_size")),
            (("segments", "0", "integrity"), integrity, ACCEPTED),
            (("segments", "0", "integrity"), integrity | {"type": "none"},
             Verdict("segments.0.integrity.type")),
            (("segments", "0", "integrity"), integrity | {"journal_integrity": "crc32"},
             Verdict("segments.0.integrity.journal_integrity")),
            (("digests", "0", "more"), 1, Verdict("digests.0.more")),
            (("digests", "1"), self.document["digests"]["0"], Verdict("digests")),
            (("digests",), {}, Verdict("digests")),
            (("config", "more"), 1, Verdict("config.more")),
            (("config", "flags"), ["allow-discards", "of-tomorrow"], ACCEPTED),
            (("config", "flags"), "allow-discards", Verdict("config.flags")),
            (("config", "requirements"), {}, ACCEPTED),
            (("config", "requirements"), {"mandatory": []}, ACCEPTED),
            (("config", "requirements"), {"mandatory": [1]},
             Verdict("config.requirements.mandatory.0")),
            (("config", "requirements"), {"mandatory": ["of-tomorrow"]},
             Verdict("config.requirements.mandatory.0")),
            (("config", "requirements"), {"mandatory": ["opal"]},
             Verdict("config.requirements.mandatory.0")),
            (("config", "requirements"), {"mandatory": ["offline-reencrypt"]},
             Verdict("config.requirements.mandatory.0")),
            (("config", "requirements"), {"mandatory": ["online-reencrypt-v2"]},
             Verdict("config.requirements.mandatory.0")),
            (("config", "requirements"), {"more": []}, Verdict("config.requirements.more")),
        ]
        for path, value, verdict in table:
            yield self.with_json(f"{'.'.join(path)} = {json.dumps(value)[:60]}",
                                 changed(self.document, path, value), verdict)

    def of_keyslots(self) -> Iterator[Case]:
        """None that costs too much is tried, and one must be left."""
        greedy = changed(self.document, ("keyslots", "0", "kdf", "memory"), 1 << 20)
        slow = changed(greedy, ("keyslots", "1", "kdf", "iterations"), 2_000_000_000)
        yield self.with_json("one keyslot is greedy", greedy, left_out(0))
        yield self.with_json("one is greedy, one slow", slow,
                             Verdict("keyslots.0.kdf.memory"))
        yield self.with_json("slow, and allowed", slow, Verdict(tried="1", left_out="0"),
                             "kdf-iterations=3000000000")
        yield self.with_json("64 MiB, and less is allowed", self.document, left_out(0),
                             "kdf-memory=63M")
        yield self.with_json("four passes, and less is allowed", self.document, left_out(0),
                             "kdf-time=3")
        unbound = copy.deepcopy(self.document)
        unbound["digests"]["1"] = copy.deepcopy(unbound["digests"]["0"])
        unbound["digests"]["0"]["keyslots"] = ["0"]
        unbound["digests"]["1"] |= {"keyslots": ["1"], "segments": []}
        yield self.with_json("a keyslot of another key", unbound, Verdict(tried="0"))
        none = changed(unbound, ("digests", "0", "keyslots"), [])
        none["digests"]["1"]["keyslots"] = ["0", "1"]
        yield self.with_json("no keyslot of this key", none, Verdict("keyslots"))

    def of_reencryption(self) -> Iterator[Case]:
        """As cryptsetup leaves it; allowed, or not."""
        document = copy.deepcopy(self.document)
        segment = document["segments"]["0"]
        document["config"]["requirements"] = {"mandatory": ["online-reencrypt-v2"]}
        document["keyslots"]["2"] = {
            "type": "reencrypt", "key_size": 1, "mode": "reencrypt", "direction": "forward",
            "area": {"type": "checksum", "offset": "548864", "size": "4096", "hash": "sha256",
                     "sector_size": 512}}
        document["segments"] = {
            "0": segment | {"size": str(MIB)},
            "1": segment | {"offset": str(17 * MIB)},
            "2": segment | {"flags": ["backup-previous"]},
            "3": segment | {"flags": ["backup-final"]}}
        document["digests"]["0"]["segments"] = ["0", "1", "2", "3"]
        requirement = Verdict("config.requirements.mandatory.0")
        yield self.with_json("re-encrypting", document, requirement)
        yield self.with_json("re-encrypting, allowed", document, ACCEPTED, "reencryption")
        for path, value, verdict in (
                (("segments", "1", "encryption"), "cipher_null-ecb",
                 Verdict("segments.1.encryption")),
                (("keyslots", "2", "mode"), "forget", Verdict("keyslots.2.mode")),
                (("keyslots", "2", "direction"), "up", Verdict("keyslots.2.direction")),
                (("keyslots", "2", "area", "type"), "hope", Verdict("keyslots.2.area.type")),
                (("keyslots", "2", "area", "offset"), "0", Verdict("keyslots.2.area.offset")),
                (("keyslots", "2", "area", "size"), "0", Verdict("keyslots.2.area.size")),
                (("keyslots", "0", "kdf", "memory"), 8 << 20, Verdict("keyslots.0.kdf.memory"))):
            yield self.with_json(f"re-encrypting, allowed, {'.'.join(path)} = {value}",
                                 changed(document, path, value), verdict, "reencryption")
        plain = changed(document, ("config", "requirements"), {})
        yield self.with_json("re-encrypting without saying so", plain,
                             Verdict("keyslots.2.type"), "reencryption")

    def of_copies(self) -> Iterator[Case]:
        """Of which the newer is taken, if it is whole; two that are equally new must agree."""
        first, second = Verdict(copy="first"), Verdict(copy="second")
        table: dict[str, tuple[bytes, Verdict, Verdict]] = {
            "magic": (b"FUKS\xba\xbe", second, first),
            "version": (b"\0\3", second, first),
            "hdr-size": (b"\0" * 6 + b"\x80\0", Verdict("config.json_size"), first),
            "sequence": (b"\xff", first, second),
            "label": (b"other", Verdict("label"), Verdict("label")),
            "checksum-algorithm": (b"crc32", second, first),
            "salt": (b"pepper", ACCEPTED, ACCEPTED),
            "uuid": (b"other", Verdict("uuid"), Verdict("uuid")),
            "subsystem": (b"other", Verdict("subsystem"), Verdict("subsystem")),
            "hdr-offset": (b"\0" * 7 + b"\1", second, first),
        }
        for name, (value, *verdicts) in table.items():
            for number, verdict in enumerate(verdicts):
                yield self.case(f"{name} of copy {number + 1}",
                                lambda header, n=number, f=name, v=value:
                                put(header.copies[n].binary, LUKS2_FIELDS[f], v), verdict)
        yield from self._of_damage(first, second)
        yield from self._of_contradictions()

    def _of_damage(self, first: Verdict, second: Verdict) -> Iterator[Case]:
        size = len(self.data) // 2
        for name, at_ in (("checksum", 448), ("JSON", 5000), ("unused bytes", size - 1)):
            for number, verdict in ((0, second), (1, first)):
                data = bytearray(self.data)
                data[number * size + at_] ^= 1
                yield Case(f"luks2: {name} of copy {number + 1} is damaged", bytes(data), verdict)
        both = bytearray(self.data)
        both[500] ^= 1
        both[size + 500] ^= 1
        yield Case("luks2: both copies are damaged", bytes(both), Verdict("it"))
        yield Case("luks2: the first copy is gone", bytes(size) + self.data[size:], second)
        yield Case("luks2: nothing is there", bytes(2 * size), Verdict("it"))
        yield Case("luks2: cut off", self.data[:100], Verdict("it"))

    def _of_contradictions(self) -> Iterator[Case]:
        for path in leaves(self.document):
            value = at(self.document, path)
            other = value + 1 if isinstance(value, int) else value + "0"
            name = ".".join(path)
            # In arrays the whole is what differs.
            field = re.sub(r"((?:keyslots|segments))\.\d+$", r"\1", name)
            yield self.case(f"{name} is not the same in both copies",
                            lambda header, p=path, o=other: setattr(
                                header.copies[1], "json", changed(self.document, p, o)),
                            Verdict(field))
        for name, text in (("is no JSON", "{"), ("is an array", "[]"), ("is empty", ""),
                           ("begins late", " {}"), ("ends early", json.dumps(self.document) + "x"),
                           ("is deep", '{"a":' * 40 + "1" + "}" * 40)):
            def change(header: Luks2Header, text: str = text) -> None:
                for one in header.copies:
                    one.text = text
            yield self.case(f"the JSON {name}", change, Verdict("JSON part"))
        yield self.case("the second JSON is none",
                        lambda header: setattr(header.copies[1], "text", "{"),
                        Verdict("JSON part"))
        yield self.case("the second JSON has other blanks",
                        lambda header: setattr(header.copies[1], "text",
                                               json.dumps(self.document)), Verdict("JSON part"))

    def cases(self) -> Iterator[Case]:
        yield Case("luks2: as cryptsetup made it", self.data, ACCEPTED)
        for some in (self.of_types, self.of_values, self.of_additions, self.of_keyslots,
                     self.of_reencryption, self.of_copies):
            yield from some()


class Luks1:
    def __init__(self, data: bytes) -> None:
        self.data = data[:LUKS1_BYTES]

    def case(self, field: str, value: int | bytes, verdict: Verdict) -> Case:
        data = bytearray(self.data)
        put(data, LUKS1_FIELDS[field], value)
        return Case(f"luks1: {field} = {value!r}", bytes(data), verdict)

    def of_header(self) -> Iterator[Case]:
        ciphers = Verdict("cipher-name and cipher-mode")
        table: dict[str, dict[int | bytes, Verdict | str]] = {
            "magic": {b"": Verdict("it")},
            "version": {0: Verdict("it"), 2: Verdict("it"), 3: Verdict("it")},
            "cipher-name": {b"cipher_null": ciphers, b"null": ciphers, b"": ciphers,
                            b"a" * 32: REFUSED, b"serpent": ACCEPTED, b"\x1b[2J": ciphers},
            "cipher-mode": {b"ecb": ciphers, b"ecb-null": ciphers, b"": ciphers,
                            b"cbc-essiv:null": ciphers, b"x" * 32: REFUSED,
                            b"cbc-essiv:sha256": ACCEPTED},
            "hash-spec": {b"md5": REFUSED, b"null": REFUSED, b"": REFUSED, b"x" * 32: REFUSED,
                          b"sha1": ACCEPTED, b"SHA256": ACCEPTED},
            "payload-offset": {0: Verdict("key-slot-0.key-material-offset"),
                               8: Verdict("key-slot-0.key-material-offset"),
                               4035: Verdict("key-slot-7.key-material-offset"),
                               4036: ACCEPTED,
                               2 ** 32 - 1: REFUSED, DEVICE_BYTES // 512: REFUSED,
                               DEVICE_BYTES // 512 - 1: ACCEPTED},
            "key-bytes": {0: REFUSED, 513: REFUSED, 2 ** 32 - 1: REFUSED, 32: ACCEPTED,
                          512: Verdict("key-slot-1.key-material-offset")},
            "mk-digest": {b"x": ACCEPTED},
            "mk-digest-salt": {b"x": ACCEPTED},
            "mk-digest-iter": {0: REFUSED, 100_000_001: REFUSED, 2 ** 32 - 1: REFUSED,
                               1: ACCEPTED},
            "uuid": {b"x" * 40: REFUSED, b"x": ACCEPTED},
        }
        for field, values in table.items():
            for value, verdict in values.items():
                yield self.case(field, value, Verdict(field) if verdict == REFUSED else verdict)

    def of_keyslots(self) -> Iterator[Case]:
        first_free = 2
        for slot in range(8):
            name = f"key-slot-{slot}"
            used = slot < first_free
            dead = Verdict(tried=str(1 - slot)) if used else ACCEPTED
            alive = ACCEPTED if used else Verdict(tried=f"0 1 {slot}")
            yield self.case(f"{name}.active", 0x0000dead, dead)
            yield self.case(f"{name}.active", 0, Verdict(f"{name}.active"))
            yield self.case(f"{name}.active", 2 ** 32 - 1, Verdict(f"{name}.active"))
            if used:
                yield self.case(f"{name}.active", 0x00ac71f3, alive)
            else:
                yield self.case(f"{name}.active", 0x00ac71f3, Verdict(f"{name}.iterations"))
            yield self.case(f"{name}.iterations", 0,
                            Verdict(f"{name}.iterations") if used else ACCEPTED)
            yield self.case(f"{name}.iterations", 2 ** 32 - 1,
                            left_out(slot) if used else ACCEPTED)
            yield self.case(f"{name}.salt", b"x", ACCEPTED)
            offset = f"{name}.key-material-offset"
            for value in (0, 1, 2 ** 32 - 1, 4096):
                yield self.case(offset, value, Verdict(offset))
            # On the one before it, or the one behind it complains.
            yield self.case(offset, 8 + 504 * ((slot + 1) % 8),
                            Verdict(f"key-slot-{max(slot, (slot + 1) % 8)}"
                                    ".key-material-offset"))
            for value in (0, 1, 3999, 2 ** 32 - 1):
                yield self.case(f"{name}.stripes", value, Verdict(f"{name}.stripes"))

    def cases(self) -> Iterator[Case]:
        yield Case("luks1: as cryptsetup made it", self.data, ACCEPTED)
        yield Case("luks1: cut off", self.data[:500], Verdict("it"))
        yield from self.of_header()
        yield from self.of_keyslots()


def make_header(place: Path, kind: str, *derivation: str) -> bytes:
    device = place / kind
    keys = [place / "first", place / "second"]
    for key in keys:
        key.write_text(key.name)
    with open(device, "wb") as file:
        file.truncate(DEVICE_BYTES)
    cheap = ["--pbkdf-force-iterations", "1000"]
    run("cryptsetup", "luksFormat", "--batch-mode", "--type", kind, "--key-file", keys[0],
        "--cipher", "aes-xts-plain64", "--key-size", "512", *(derivation or cheap), device)
    run("cryptsetup", "luksAddKey", "--batch-mode", "--key-file", keys[0],
        *(["--pbkdf", "pbkdf2"] if kind == "luks2" else []), *cheap, device, keys[1])
    if kind == "luks2":
        run("cryptsetup", "token", "add", "--key-description", "somewhere", device)
    size = 2 * 16384 if kind == "luks2" else LUKS1_BYTES
    with open(device, "rb") as file:
        return file.read(size)


def all_cases(place: Path) -> list[Case]:
    luks2 = make_header(place, "luks2", "--pbkdf", "argon2id", "--pbkdf-memory", str(SLOT_KIB),
                        "--pbkdf-parallel", "1", "--pbkdf-force-iterations", "4",
                        "--sector-size", "4096")
    return [*Luks2(luks2).cases(), *Luks1(make_header(place, "luks1")).cases()]


def ask(program: str, place: Path, cases: list[Case], limits: str) -> Iterator[tuple[Case, str]]:
    """What the checker says of each."""
    paths = []
    for number, case in enumerate(cases):
        path = place / f"case-{number}"
        with open(path, "wb") as file:
            file.write(case.data)
            # Only the check of the length is of interest where it is cut off.
            file.truncate(DEVICE_BYTES if "cut off" not in case.name else len(case.data))
        paths.append(f"{path}\n")
    done = subprocess.run([program, str(AVAILABLE_KIB), limits], input="".join(paths),
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{program} ended with {done.returncode}: {done.stderr}"
    said = done.stdout.splitlines()
    assert len(said) == len(cases), "a line for each header"
    yield from zip(cases, said)


def main() -> int:
    n_failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        cases = all_cases(place)
        print(f"1..{len(cases)}")
        number = 0
        for limits in sorted({case.limits for case in cases}):
            some = [case for case in cases if case.limits == limits]
            for case, said in ask(sys.argv[1], place, some, limits):
                number += 1
                complaint = case.verdict.complaint(said)
                name = re.sub(r"[^ -~]|#", "?", case.name)
                print(f"{'not ok' if complaint else 'ok'} {number} - {name}")
                if complaint:
                    print(f"# {complaint}, and it said: {said}")
                    n_failed += 1
    return 1 if n_failed else 0


if __name__ == "__main__":
    sys.exit(main())
