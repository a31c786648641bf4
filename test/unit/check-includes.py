#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Who may include whom: the layers of the source tree, and one file (or few) a library; and what
nobody may call.
"""

import re
import sys
from pathlib import Path

# Which directories the files of a directory may take headers from, besides their own.
DIRECTORIES = {
    "base": set(),
    "config": {"base", "kindling"},
    "init": {"base", "config", "kindling"},
    "unlock": {"base", "config", "kindling"},
    "image": {"base", "config", "kindling"},
    "man": {"kindling"},
}

# Inside src/init, from the lowest layer to the highest. A file includes lower layers only; one
# that is listed nowhere is an error, so that whoever adds it decides where it belongs.
INIT_LAYERS = [
    {"loop", "worker-message", "trace", "crash", "kmod-context", "cmdline-sources",
     "sysfs-device", "stub-files", "disk-name-list", "layers", "worker-terminal", "goal-context",
     "key-cache"},
    {"child", "worker", "modprobe", "unlock-options", "patience",
     "disk-names", "disk-id", "disk-path"},
    {"pool", "unlock-helper", "worker-efi", "worker-find-init", "worker-fstab", "worker-keyboard", "worker-load",
     "worker-mount", "worker-probe", "worker-resume", "worker-screen"},
    {"uevent", "coldplug", "modalias", "console", "ask-password", "mounts", "mapper", "efi"},
    {"prompt", "modqueue", "blockdev", "fsck", "shell", "vt-setup", "boot-partition"},
    {"match", "disk-title", "module-loader", "breakpoints"},
    {"fs-mount"},
    {"unlock-volume", "unlock-passphrase", "unlock-tokens"},
    {"unlock", "resume", "root", "switch-root", "wanted-modules"},
    {"volumes"},
    {"device-search"},
    {"report", "emergency", "resume-goal", "root-goal", "submounts"},
    {"discovery", "hand-over", "waiting"},
    {"boot"},
    {"main"},
]

# Parts of one thing, which know each other.
INIT_PARTS = {"unlock-volume", "unlock-passphrase", "unlock-tokens"}

# The rooms of src/image, from the lowest layer to the highest: files of a room include those of
# lower layers and of their own room only. What lies in src/image itself is the commands.
IMAGE_LAYERS = [
    {"exit-code.h", "checksum.h", "child", "tree"},
    {"host", "reader"},
    {"elf", "writer"},
    {"modules"},
    {"console", "report", "verify"},
    {"build"},
]

# A library's header and the only files, below src, that may include it.
FENCES = {
    r"event2/": {"init/loop.c"},
    r"libmnl/": {"init/uevent.c"},
    r"libkmod\.h": {"init/kmod-context.c", "init/modalias.c", "init/worker-load.c",
                    "init/modprobe.c", "image/modules/host-lookup.c",
                    "image/modules/kmod-dump.c"},
    r"blkid/": {"init/worker-probe.c"},
    r"libcryptsetup\.h": {"unlock/"},
    r"libdevmapper\.h": set(),
    r"json-c/": {"image/elf/elf-notes.c", "unlock/json-shape.c", "unlock/luks2-check.c"},
    r"openssl/": {"unlock/luks2-copies.c"},
    r"archive(_entry)?\.h": {"image/reader/archive-library.h"},
    r"zstd(_errors)?\.h": {"image/writer/compress-zstd.c", "image/modules/decompress.c",
                           "image/reader/stream-end.c"},
    r"zlib\.h": {"image/writer/compress-gzip.c", "image/modules/decompress.c",
                 "image/modules/kernel-config.c"},
    r"lz4(hc)?\.h": {"image/writer/compress-lz4.c"},
    r"lzma\.h": {"image/writer/compress-xz.c", "image/modules/decompress.c",
                  "image/reader/stream-end.c"},
    r"xxhash\.h": {"image/checksum.h"},
}

# The clock is the host's to set, which knows its time zone and its network.
FORBIDDEN = re.compile(r"\b(settimeofday|stime|adjtimex|clock_settime|clock_adjtime|RTC_SET_TIME)\b")

GENERATED = {"config.h"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def stem(name: str) -> str:
    return Path(name).stem


def check_directory(file: str, included: str) -> str | None:
    """A header of ours: by its path below src or include, from a directory that is allowed."""
    if included in GENERATED:
        return None
    own = file.split("/")[0]
    other = included.split("/")[0]
    if "/" not in included:
        return "has no directory in its name"
    if other != own and other not in DIRECTORIES[own]:
        return f"is not for files of {own}/"
    return None


def check_layer(file: str, included: str) -> str | None:
    """Between two files of src/init."""
    if not (file.startswith("init/") and included.startswith("init/")):
        return None
    user, header = stem(file), stem(included)
    if user == header or {user, header} <= INIT_PARTS:
        return None
    ranks = {name: rank for rank, layer in enumerate(INIT_LAYERS) for name in layer}
    for name in (user, header):
        if name not in ranks:
            return f"belongs to no layer yet: {name} is to be added to INIT_LAYERS"
    return None if ranks[header] < ranks[user] else "is not of a lower layer"


def room(file: str) -> int:
    """The layer of a file of src/image; the commands are above all rooms."""
    name = file.split("/")[1]
    for rank, layer in enumerate(IMAGE_LAYERS):
        if name in layer:
            return rank
    return len(IMAGE_LAYERS)


def check_room(file: str, included: str) -> str | None:
    """Between two files of src/image."""
    if not (file.startswith("image/") and included.startswith("image/")):
        return None
    if file.split("/")[1] == included.split("/")[1]:
        return None
    above = room(file) == len(IMAGE_LAYERS)
    return None if above or room(included) < room(file) else "is not of a lower layer"


def check_fence(file: str, included: str) -> str | None:
    """A library's header."""
    for header, files in FENCES.items():
        if re.match(header, included) and not any(file.startswith(allowed) for allowed in files):
            return f"is only for {', '.join(sorted(files)) or 'nobody'}"
    return None


def check_file(source: Path, file: str) -> list[str]:
    complaints = []
    for number, line in enumerate((source / file).read_text().splitlines(), 1):
        if call := FORBIDDEN.search(line):
            complaints.append(f"src/{file}:{number}: nobody may call {call.group()}")
        found = INCLUDE.match(line)
        if not found:
            continue
        kind, included = found.groups()
        if kind == "<":
            complaint = check_fence(file, included)
        else:
            complaint = (check_directory(file, included) or check_layer(file, included)
                         or check_room(file, included))
        if complaint:
            complaints.append(f"src/{file}:{number}: {included} {complaint}")
    return complaints


def check_tree(source: Path) -> list[str]:
    """All complaints about the tree; one that has no files at all is one as well."""
    files = sorted(str(path.relative_to(source)) for path in source.rglob("*.[ch]"))
    complaints = [] if files else [f"no sources in {source}"]
    for file in files:
        if file.split("/")[0] in DIRECTORIES:
            complaints += check_file(source, file)
        else:
            complaints.append(f"src/{file}: its directory is not in DIRECTORIES")
    return complaints


if __name__ == "__main__":
    problems = check_tree(Path(sys.argv[1]))
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)
