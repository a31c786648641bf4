#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`kindling ls`, `cat` and `unpack` as a shell sees them: output, messages, exit codes."""

import gzip
import json
import os
import resource
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

KINDLING = os.path.abspath(sys.argv[1])
OK, FAILED, USAGE, IMAGE, OUTPUT = 0, 1, 2, 6, 7
LINES_OF_A_SCREEN, COLUMNS_OF_A_SCREEN = 24, 100
BINARY = bytes(range(256)) * 5


def member(name: bytes, mode: int, data: bytes = b"", rdev: tuple[int, int] = (0, 0),
           links: int = 1) -> bytes:
    name += b"\0"
    fields = [1, mode, 0, 0, links, 86400, len(data), 0, 0, *rdev, len(name), 0]
    head = b"070701" + b"".join(b"%08x" % field for field in fields) + name
    return b"".join(part + b"\0" * (-len(part) % 4) for part in (head, data))


TRAILER = member(b"TRAILER!!!", 0)
GOOD = b"".join([
    member(b"usr", 0o40755),
    member(b"usr/binary", 0o104750, BINARY),
    member(b"link", 0o120777, b"usr/binary"),
    member(b"odd\n\x1b\\\xff", 0o100644, b"x"),
    TRAILER,
])


class Sandbox:
    """A directory with images, in which the program is run."""

    def __init__(self, directory: str) -> None:
        self.path = Path(directory)
        self.image("good", GOOD)
        self.image("packed", gzip.compress(GOOD))

    def image(self, name: str, data: bytes) -> None:
        (self.path / name).write_bytes(data)

    def run(self, *words: str, expected: int = OK, stdout: str | None = None,
            before: Callable[[], None] | None = None) -> tuple[bytes, str]:
        """Output and messages, when the exit code is what was expected."""
        with open(self.path / stdout if stdout else os.devnull, "wb") as sink:
            done = subprocess.run([KINDLING, *words], cwd=self.path, check=False,
                                  stdout=sink if stdout else subprocess.PIPE,
                                  stderr=subprocess.PIPE, preexec_fn=before)
        said = done.stderr.decode(errors="replace")
        assert done.returncode == expected, f"{words} ended with {done.returncode}: {said}"
        assert (expected == OK) == (said == ""), f"{words} said {said!r}"
        return done.stdout or b"", said


def ls_prints_a_line_a_file(box: Sandbox) -> None:
    for image in ("good", "packed"):
        output, _ = box.run("ls", image)
        assert output == b"usr\nusr/binary\nlink\nodd\\012\\033\\134\\377\n", output


def ls_long_tells_more(box: Sandbox) -> None:
    box.image("device", member(b"dev/null", 0o20666, rdev=(1, 3)) + TRAILER)
    lines = box.run("ls", "-l", "good")[0].splitlines() + box.run("ls", "-l", "device")[0].splitlines()
    assert lines[1].split() == [b"-rwsr-x---", b"1", b"0", b"0", b"1280", b"1970-01-02", b"00:00",
                                b"usr/binary"], lines[1]
    assert lines[2].startswith(b"lrwxrwxrwx") and lines[2].endswith(b" link -> usr/binary"), lines[2]
    assert lines[4].startswith(b"crw-rw-rw-") and b" 1, 3 " in lines[4], lines[4]


def ls_json_is_json(box: Sandbox) -> None:
    entries = json.loads(box.run("ls", "--json", "packed")[0])
    assert [entry["name"] for entry in entries] == ["usr", "usr/binary", "link", "odd\n\x1b\\\xff"]
    assert bytes.fromhex(entries[3]["name_hex"]) == b"odd\n\x1b\\\xff"
    assert not any("name_hex" in entry for entry in entries[:3])
    assert entries[1]["mode"] == "104750" and entries[1]["size"] == len(BINARY)
    assert entries[2]["target"] == "usr/binary"
    assert {entry["compression"] for entry in entries} == {"gzip"}
    box.image("nothing", TRAILER)
    assert json.loads(box.run("ls", "--json", "nothing")[0]) == []


def ls_lists_what_is_whole(box: Sandbox) -> None:
    box.image("cut", GOOD[:len(GOOD) - len(TRAILER) - 20])
    assert box.run("ls", "cut", expected=IMAGE)[0].startswith(b"usr\nusr/binary\nlink\n")
    assert len(json.loads(box.run("ls", "--json", "cut", expected=IMAGE)[0])) == 3


def ls_tells_the_size_with_each_name(box: Sandbox) -> None:
    links = (member(b"[", 0o100755, links=2) + member(b"box", 0o100755, BINARY, links=2)
             + TRAILER)
    box.image("links", links + gzip.compress(member(b"empty", 0o100644, links=2) + TRAILER))
    assert [entry["size"] for entry in json.loads(box.run("ls", "--json", "links")[0])] == \
        [len(BINARY), len(BINARY), 0]
    assert all(b" 1280 " in line for line in box.run("ls", "-l", "links")[0].splitlines()[:2])
    box.image("cut", links[:-40])
    assert len(json.loads(box.run("ls", "--json", "cut", expected=IMAGE)[0])) == 2


def images_come_by_standard_input(box: Sandbox) -> None:
    def run(*words: str, **how: object) -> str:
        done = subprocess.run([KINDLING, *words], stdout=subprocess.PIPE, check=False, **how)
        assert done.returncode == OK, f"{words} ended with {done.returncode}"
        return done.stdout

    packed = gzip.compress(GOOD)
    for words in (("ls", "-l"), ("ls", "--json"), ("size", "--json"), ("size",)):
        expected = run(*words, box.path / "packed").replace(os.fsencode(box.path / "packed"), b"-")
        assert run(*words, "-", input=packed) == expected, words
        with open(box.path / "packed", "rb") as file:
            assert run(*words, "-", stdin=file) == expected, words
    assert run("cat", "-", "usr/binary", "link", input=GOOD) == 2 * BINARY
    run("unpack", "-C", box.path / "in", "-", input=packed)
    assert (box.path / "in/usr/binary").read_bytes() == BINARY
    done = subprocess.run([KINDLING, "ls", "-"], input=b"", capture_output=True, check=False)
    assert done.returncode == IMAGE and b"empty" in done.stderr


def cat_writes_every_byte(box: Sandbox) -> None:
    for path in ("usr/binary", "/usr/binary", "/link"):
        assert box.run("cat", "packed", path)[0] == BINARY
    assert box.run("cat", "good", "link", "usr/binary")[0] == BINARY * 2


def cat_says_what_is_not_there(box: Sandbox) -> None:
    for path in ("/missing", "/usr", "/usr/binary/x"):
        assert path in box.run("cat", "good", path, expected=FAILED)[1]


def cat_says_where_a_link_leads(box: Sandbox) -> None:
    box.image("evil", member(b"evil", 0o120777, b"b/../../passwd") + member(b"b", 0o120777, b"/etc")
              + member(b"round", 0o120777, b"round") + TRAILER)
    said = box.run("cat", "evil", "evil", expected=FAILED)[1]
    assert said == "kindling: evil in evil leads to /passwd, which is not in it\n", said
    assert "leads to /etc," in box.run("cat", "evil", "b", expected=FAILED)[1]
    assert "circle" in box.run("cat", "evil", "/round", expected=FAILED)[1]


def unpack_makes_the_directory(box: Sandbox) -> None:
    box.run("unpack", "-C", "new", "packed")
    new = box.path / "new"
    assert stat.S_IMODE(new.stat().st_mode) == 0o700
    assert (new / "usr/binary").read_bytes() == BINARY
    assert (new / "usr/binary").stat().st_mode == 0o104750
    assert os.readlink(new / "link") == "usr/binary"
    assert sorted(os.listdir(os.fsencode(new))) == [b"link", b"odd\n\x1b\\\xff", b"usr"]
    # Again, over what is there.
    box.run("unpack", "--directory=new", "good")


def unpack_takes_the_working_directory(box: Sandbox) -> None:
    box.run("unpack", "good")
    assert (box.path / "usr/binary").read_bytes() == BINARY


def unpack_refuses_to_leave(box: Sandbox) -> None:
    box.image("up", member(b"../evil", 0o100644, b"x") + TRAILER)
    assert "../evil" in box.run("unpack", "-C", "in", "up", expected=IMAGE)[1]
    assert not (box.path / "evil").exists()


def unpack_says_what_cannot_be_written(box: Sandbox) -> None:
    box.run("unpack", "-C", "good", "good", expected=OUTPUT)
    said = box.run("unpack", "-C", "missing/directory", "good", expected=OUTPUT)[1]
    assert "missing/directory in one that is not there" in said, said
    box.image("clash", member(b"a", 0o100644) + member(b"a/b", 0o100644) + TRAILER)
    assert "a/b" in box.run("unpack", "-C", "out", "clash", expected=OUTPUT)[1]


def full_device_is_an_error(box: Sandbox) -> None:
    box.run("ls", "good", stdout="/dev/full", expected=OUTPUT)
    box.run("ls", "--json", "good", stdout="/dev/full", expected=OUTPUT)
    box.run("cat", "good", "usr/binary", stdout="/dev/full", expected=OUTPUT)


def too_large_a_file_is_an_error(box: Sandbox) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

    said = box.run("cat", "good", "usr/binary", stdout="limited", expected=OUTPUT,
                   before=limit)[1]
    assert "too large" in said, said


def no_image_is_told_apart(box: Sandbox) -> None:
    box.image("text", b"hello\n")
    for words in (("ls", "{}"), ("cat", "{}", "a"), ("unpack", "-C", "out", "{}")):
        for image, expected in (("text", IMAGE), (".", IMAGE), ("missing", IMAGE)):
            said = box.run(*(word.format(image) for word in words), expected=expected)[1]
            assert image in said and said.count("\n") == 1, said
    assert not (box.path / "out").exists()


def wrong_usage_is_told_apart(box: Sandbox) -> None:
    for words in (["ls"], ["ls", "a", "b"], ["ls", "--what", "good"], ["cat"], ["cat", "good"],
                  ["cat", "-x", "good", "a"], ["unpack"], ["unpack", "a", "b"], ["unpack", "-C"],
                  ["build", "--what"], ["build", "image"], ["build", "--mode", "magic"]):
        said = box.run(*words, expected=USAGE)[1]
        assert f"kindling {words[0]} --help" in said
        assert all(line.startswith("kindling: ") for line in said.splitlines()), said


def help_fits_a_screen(box: Sandbox) -> None:
    for command in ("build", "verify", "ls", "cat", "unpack", "why", "diff", "size"):
        output, _ = box.run(command, "--help")
        assert output == box.run(command, "-h")[0] == box.run("help", command)[0]
        lines = output.decode().splitlines()
        assert lines[0].startswith(f"Usage: kindling {command} ")
        assert len(lines) <= LINES_OF_A_SCREEN and max(map(len, lines)) <= COLUMNS_OF_A_SCREEN


TESTS: list[Callable[[Sandbox], None]] = [
    ls_prints_a_line_a_file, ls_long_tells_more, ls_json_is_json, ls_lists_what_is_whole,
    ls_tells_the_size_with_each_name, images_come_by_standard_input,
    cat_writes_every_byte, cat_says_what_is_not_there, cat_says_where_a_link_leads,
    unpack_makes_the_directory,
    unpack_takes_the_working_directory, unpack_refuses_to_leave,
    unpack_says_what_cannot_be_written, full_device_is_an_error,
    too_large_a_file_is_an_error, no_image_is_told_apart, wrong_usage_is_told_apart,
    help_fits_a_screen,
]


def main() -> int:
    failed = 0
    print(f"1..{len(TESTS)}")
    for number, test in enumerate(TESTS, 1):
        with tempfile.TemporaryDirectory() as directory:
            try:
                test(Sandbox(directory))
                print(f"ok {number} - {test.__name__}")
            except (AssertionError, OSError, ValueError) as error:
                failed += 1
                print(f"not ok {number} - {test.__name__}\n# {error!r}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
