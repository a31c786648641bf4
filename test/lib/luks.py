# SPDX-License-Identifier: GPL-2.0-or-later
"""LUKS volumes out of plain images, in files: without root, without device-mapper."""

import hashlib
import re
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from lib.commands import run
from lib.luks_header import Luks2Header

MIB = 1024 * 1024
SECTOR = 512

# What a passphrase costs. Small, because under TCG every iteration is dear; argon2id keeps enough
# memory to tell whether /init can give it.
KEY_DERIVATION = {
    "luks1": ["--hash", "sha256", "--pbkdf-force-iterations", "1000"],
    "luks2-pbkdf2": ["--pbkdf", "pbkdf2", "--hash", "sha256", "--pbkdf-force-iterations", "1000"],
    "luks2-argon2id": ["--pbkdf", "argon2id", "--pbkdf-memory", "65536", "--pbkdf-parallel", "1",
                       "--pbkdf-force-iterations", "4"],
}

LUKS2_HEADER_ROOM = 16 * MIB
LUKS2_METADATA = 2 * 16384


def _encrypt_nothing(header: Any) -> None:
    header["segments"]["0"]["encryption"] = "cipher_null-ecb"


def _split_data(header: Any) -> None:
    first = header["segments"]["0"]
    header["segments"] = {"0": first | {"size": str(MIB)},
                          "1": first | {"offset": str(LUKS2_HEADER_ROOM + MIB)}}
    header["digests"]["0"]["segments"] = ["0", "1"]


def _claim_reencryption(header: Any) -> None:
    header["config"]["requirements"] = {"mandatory": ["online-reencrypt-v2"]}


def _want_a_gibibyte(header: Any) -> None:
    header["keyslots"]["0"]["kdf"]["memory"] = 1024 * 1024


# What a header of LUKS2 can be made to say that is not so.
LIES = {"null-cipher": _encrypt_nothing, "two-segments": _split_data,
        "reencryption": _claim_reencryption, "gibibyte": _want_a_gibibyte}

# The tool does not encrypt two volumes of the same UUID at a time.
_encrypting = threading.Lock()


@dataclass(frozen=True)
class Luks:
    kind: str  # a key of KEY_DERIVATION
    uuid: str
    passphrase: str
    second_passphrase: str = ""
    label: str = ""
    lie: str = ""  # a key of LIES
    is_reencrypting: bool = False  # it has been begun, and nothing more; of LUKS2


def encrypt(image: Path, luks: Luks) -> None:
    """Turns the plain image into a LUKS volume that holds it."""
    with tempfile.TemporaryDirectory() as scratch:
        key_file = Path(scratch) / "passphrase"
        key_file.write_text(luks.passphrase)
        if luks.kind == "luks1":
            _encrypt_luks1(image, luks, key_file)
        else:
            _encrypt_luks2(image, luks, key_file)
        if luks.second_passphrase:
            second = Path(scratch) / "second"
            second.write_text(luks.second_passphrase)
            run("cryptsetup", "luksAddKey", "--batch-mode", "--key-file", key_file,
                *KEY_DERIVATION[luks.kind], image, second)
        if luks.is_reencrypting:
            run("cryptsetup", "reencrypt", "--init-only", "--force-offline-reencrypt",
                "--batch-mode", "--key-file", key_file, *KEY_DERIVATION[luks.kind], image)
    if luks.label:
        run("cryptsetup", "config", "--label", luks.label, image)
    if luks.lie:
        _lie(image, luks.lie)


def _lie(image: Path, lie: str) -> None:
    with open(image, "r+b") as file:
        header = Luks2Header.read(file.read(LUKS2_METADATA))
        for copy in header.copies:
            LIES[lie](copy.json)
        file.seek(0)
        file.write(header.write())


def _encrypt_luks2(image: Path, luks: Luks, key_file: Path) -> None:
    # The data moves up by the room that the header takes.
    with open(image, "r+b") as file:
        file.truncate(image.stat().st_size + LUKS2_HEADER_ROOM)
    with _encrypting:
        run("cryptsetup", "reencrypt", "--encrypt", "--type", "luks2", "--batch-mode",
            "--force-offline-reencrypt", "--reduce-device-size",
            str(LUKS2_HEADER_ROOM // SECTOR) + "s", "--uuid", luks.uuid, "--key-file", key_file,
            *KEY_DERIVATION[luks.kind], image)


def _encrypt_luks1(image: Path, luks: Luks, key_file: Path) -> None:
    """luksFormat with a known volume key, and the data encrypted here: for LUKS1 the tool itself
    would want device-mapper."""
    volume_key = hashlib.sha512(luks.uuid.encode()).digest()
    header = image.with_name("header")
    header.write_bytes(bytes(4 * MIB))
    volume_key_file = image.with_name("volume-key")
    volume_key_file.write_bytes(volume_key)
    run("cryptsetup", "luksFormat", "--type", "luks1", "--batch-mode", "--uuid", luks.uuid,
        "--cipher", "aes-xts-plain64", "--key-size", str(8 * len(volume_key)),
        "--volume-key-file", volume_key_file, "--key-file", key_file,
        *KEY_DERIVATION[luks.kind], header)
    payload = re.search(r"Payload offset:\s*(\d+)", run("cryptsetup", "luksDump", header))
    assert payload, "luksDump of a LUKS1 header names its payload offset"
    header_bytes = header.read_bytes()[:int(payload.group(1)) * SECTOR]
    plain = image.read_bytes()
    with open(image, "wb") as file:
        file.write(header_bytes)
        file.writelines(_aes_xts_plain64(plain, volume_key))
    header.unlink()
    volume_key_file.unlink()


def _aes_xts_plain64(plain: bytes, key: bytes) -> Iterator[bytes]:
    """What dm-crypt would have written: each sector with its number as the tweak."""
    algorithm = algorithms.AES(key)
    for sector, start in enumerate(range(0, len(plain), SECTOR)):
        encryptor = Cipher(algorithm, modes.XTS(sector.to_bytes(16, "little"))).encryptor()
        yield encryptor.update(plain[start:start + SECTOR])
