#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`kindling why`, `diff` and `size` as they are called, on small images made here."""

import json
import struct
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

DIRECTORY, FILE, PROGRAM, LINK = 0o040755, 0o100644, 0o100755, 0o120777
MODULES = "usr/lib/modules/6.1/kernel"
MANIFEST = "usr/lib/kindling/manifest"
REASONS = """\
/init\tthe init program
/usr/bin/tool\tasked for with --add-file
/usr/lib/libx.so\tneeded by /bin/tool
/usr/lib/modules/6.1/kernel/drivers/a-b.ko.zst\tneeded by /usr/lib/modules/6.1/kernel/fs/c.ko
/usr/lib/modules/6.1/kernel/fs/c.ko\tfile systems
/usr/lib/modules/6.1/kernel/fs/d.ko\tneeded by /usr/lib/modules/6.1/kernel/fs/e.ko
/usr/lib/modules/6.1/kernel/fs/e.ko\tneeded by /usr/lib/modules/6.1/kernel/fs/d.ko
/usr/sbin/modprobe\tserves the kernel's requests
"""


def pack(entries):
    """A newc archive of (name, mode, content)."""
    archive = b""
    for number, (name, mode, content) in enumerate([*entries, ("TRAILER!!!", 0, b"")]):
        fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
        head = b"070701" + b"".join(b"%08x" % field for field in fields) + name.encode() + b"\0"
        archive += head + bytes(-len(head) % 4) + content + bytes(-len(content) % 4)
    return archive


def library(soname):
    """The least that an ELF reader takes for a library of that name."""
    names = b"\0" + soname.encode() + b"\0"
    dynamic, strings = 64 + 2 * 56, 64 + 2 * 56 + 4 * 16
    size = strings + len(names)
    header = b"\x7fELF\2\1\1" + bytes(9) + struct.pack(
        "<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    load = struct.pack("<IIQQQQQQ", 1, 4, 0, 0, 0, size, size, 4096)
    table = struct.pack("<IIQQQQQQ", 2, 4, dynamic, dynamic, dynamic, 4 * 16, 4 * 16, 8)
    entries = struct.pack("<8Q", 14, 1, 5, strings, 10, len(names), 0, 0)
    return header + load + table + entries + names


def directories(*names):
    return [(name, DIRECTORY, b"") for name in names]


ENTRIES = [
    *directories("usr", "usr/bin", "usr/sbin", "usr/lib", "usr/lib/kindling", "usr/lib/modules",
                 "usr/lib/modules/6.1", MODULES, MODULES + "/drivers", MODULES + "/fs"),
    ("bin", LINK, b"usr/bin"),
    ("init", PROGRAM, b"#!" * 500),
    ("usr/sbin/modprobe", LINK, b"/init"),
    ("usr/bin/tool", PROGRAM, b"tool"),
    ("usr/lib/libx.so", PROGRAM, library("libx.so.1")),
    (MODULES + "/drivers/a-b.ko.zst", FILE, b"a" * 3000),
    (MODULES + "/fs/c.ko", FILE, b"c" * 2000),
    (MODULES + "/fs/d.ko", FILE, b"d"),
    (MODULES + "/fs/e.ko", FILE, b"e"),
    (MANIFEST, FILE, REASONS.encode()),
    ("etc-odd\t<&>\"", FILE, b"odd"),
]


class Inspect(unittest.TestCase):
    kindling = ""

    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.place = Path(place.name)

    def image(self, name, entries=None, extra=b""):
        path = self.place / name
        path.write_bytes(pack(ENTRIES if entries is None else entries) + extra)
        return path

    def run_kindling(self, *words, code=0, **how):
        done = subprocess.run([self.kindling, *words], capture_output=True, text=True,
                              check=False, **how)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(not done.stderr, code == 0, done.stderr)
        return done.stdout if code == 0 else done.stderr

    def test_why_follows_reasons(self):
        image = self.image("image")
        expected = ("/usr/lib/modules/6.1/kernel/drivers/a-b.ko.zst\n"
                    "  needed by /usr/lib/modules/6.1/kernel/fs/c.ko\n"
                    "    file systems\n")
        for name in ("a-b", "a_b", "a_b.ko", "a-b.ko.zst", "a-b.ko.xz",
                     f"/{MODULES}/drivers/a-b.ko.zst", f"{MODULES}/drivers/a-b.ko.zst"):
            self.assertEqual(self.run_kindling("why", name, image), expected, name)

    def test_why_passes_over_directories(self):
        """ext4 lies in a directory ext4, which nobody asks for by that name."""
        image = self.image("image", [*ENTRIES, *directories(MODULES + "/c")])
        self.assertEqual(self.run_kindling("why", "c", image),
                         f"/{MODULES}/fs/c.ko\n  file systems\n")

    def test_why_follows_links(self):
        image = self.image("image")
        tool = "/usr/bin/tool\n  asked for with --add-file\n"
        self.assertEqual(self.run_kindling("why", "/bin/tool", image), tool)
        self.assertEqual(self.run_kindling("why", "modprobe", image),
                         "/usr/sbin/modprobe, a link to /init\n"
                         "  serves the kernel's requests\n"
                         "/init\n"
                         "  the init program\n")

    def test_why_of_a_soname(self):
        """Its reason names a program by a path with a link in it."""
        said = self.run_kindling("why", "libx.so.1", self.image("image"))
        self.assertEqual(said, "/usr/lib/libx.so\n  needed by /bin/tool\n"
                               "    asked for with --add-file\n")

    def test_why_of_a_circle(self):
        said = self.run_kindling("why", "d", self.image("image"))
        self.assertIn("      and so on", said)
        self.assertEqual(len(said.splitlines()), 4)

    def test_why_of_what_was_added_later(self):
        image = self.image("image", extra=pack([("late", FILE, b"")]))
        self.assertIn("added after the image was built",
                      self.run_kindling("why", "late", image))

    def test_control_characters(self):
        """Nothing of an image gets to the terminal as it is."""
        image = self.image("image", extra=pack([("x\x1b[2J\n\\y", FILE, b"z" * 9000)]))
        escaped = "/x\\033[2J\\012\\134y"
        self.assertIn(escaped + "\n", self.run_kindling("why", "x\x1b[2J\n\\y", image))
        self.assertIn(escaped + "\n", self.run_kindling("size", image))
        self.assertIn(escaped + "\n", self.run_kindling("diff", image, self.image("other")))

    def test_why_json(self):
        said = json.loads(self.run_kindling("why", "--json", "a_b", self.image("image")))
        (match,) = said["matches"]
        self.assertEqual([link["reason"].split()[0] for link in match["chain"]],
                         ["needed", "file"])
        self.assertFalse(match["circular"])
        said = json.loads(self.run_kindling("why", "--json", "modprobe", self.image("image")))
        self.assertEqual([match["path"] for match in said["matches"]],
                         ["/usr/sbin/modprobe", "/init"])
        self.assertEqual(said["matches"][0]["target"], "/init")

    def test_why_not(self):
        image = self.image("image")
        self.assertIn("no-such", self.run_kindling("why", "no-such", image, code=1))
        self.assertIn("/no/such", self.run_kindling("why", "/no/such", image, code=1))
        other = self.image("other", [("init", PROGRAM, b"")])
        self.assertIn("another tool", self.run_kindling("why", "init", other, code=1))
        damaged = self.image("damaged", [*directories("usr", "usr/lib", "usr/lib/kindling"),
                                         (MANIFEST, FILE, b"no manifest\n")])
        self.run_kindling("why", "usr", damaged, code=6)

    def test_why_not_with_few_indexes(self):
        """What the kernel has built in is not known then, and nobody is told of that."""
        image = self.image("image", [*ENTRIES, ("usr/lib/modules/6.1/modules.dep", FILE, b"")])
        said = self.run_kindling("why", "no-such", image, code=1)
        self.assertEqual(said.count("\n"), 1, said)
        self.assertIn("no-such is not in", said)

    def test_diff(self):
        changed = dict((entry[0], entry) for entry in ENTRIES)
        del changed["usr/bin/tool"]
        changed["new"] = ("new", FILE, b"x" * 1500)
        changed["init"] = ("init", PROGRAM & ~0o011, b"#!" * 600)
        changed["bin"] = ("bin", LINK, b"/usr/bin")
        del changed[MODULES + "/fs/c.ko"]
        changed[MODULES + "/fs/c.ko.zst"] = (MODULES + "/fs/c.ko.zst", FILE, b"cc")
        a, b = self.image("a"), self.image("b", changed.values())
        lines = [" ".join(line.split()) for line in
                 self.run_kindling("diff", a, b).splitlines()]
        self.assertEqual(lines[:7], [
            "A B",
            "~ /bin leads to usr/bin → /usr/bin",
            "~ 1.0 kB 1.2 kB /init content, mode 0755 → 0744",
            "+ 1.5 kB /new",
            "- 4 B /usr/bin/tool",
            f"~ 2.0 kB 2 B /{MODULES}/fs/c.ko.zst form plain → .zst",
            "",
        ])
        self.assertIn("1 added (+1.5 kB), 1 removed (-4 B), 3 changed (-1.8 kB)", lines)
        self.assertIn("No differences.", self.run_kindling("diff", a, a))

        said = json.loads(self.run_kindling("diff", "--json", a, b))
        self.assertEqual([entry["path"] for entry in said["added"]], ["/new"])
        self.assertEqual([entry["a"]["size"] for entry in said["removed"]], [4])
        self.assertEqual([entry["changes"] for entry in said["changed"]],
                         [["target"], ["content", "mode"], ["form"]])

    def test_diff_of_two_kernels(self):
        newer = [(name.replace("6.1", "6.12"), mode, content) for name, mode, content in ENTRIES]
        a, b = self.image("a"), self.image("b", newer)
        said = self.run_kindling("diff", a, b)
        self.assertIn("A is for kernel 6.1, B for 6.12", said)
        self.assertIn("No differences.", said)
        said = json.loads(self.run_kindling("diff", "--json", a, b))
        self.assertEqual((said["a"]["kernel"], said["b"]["kernel"]), ("6.1", "6.12"))

    def test_size(self):
        image = self.image("image", extra=bytes(100) + pack([("late", FILE, b"y" * 700)]))
        lines = [" ".join(line.split()) for line in
                 self.run_kindling("size", "--top", "2", image).splitlines()]
        self.assertTrue(any(line.startswith("5.0 kB") and line.endswith("4 kernel modules")
                            for line in lines), lines)
        self.assertTrue(any(line.endswith("1 drivers") for line in lines), lines)
        largest = lines.index("SIZE SHARE LARGEST FILES")
        self.assertTrue(lines[largest + 1].endswith("/a-b.ko.zst"))
        self.assertTrue(lines[largest + 2].endswith("/c.ko"))
        self.assertEqual(lines[largest + 3], "")
        self.assertEqual(sum(line.endswith("not compressed") for line in lines), 2)

        said = json.loads(self.run_kindling("size", "--json", image))
        self.assertEqual(sum(group["size"] for group in said["groups"]), said["files_size"])
        self.assertEqual(sum(segment["unpacked"] for segment in said["segments"]),
                         said["files_size"])
        self.assertEqual(sum(segment["stored"] for segment in said["segments"]),
                         image.stat().st_size)

    def test_size_svg(self):
        image, picture = self.image("image"), self.place / "picture.svg"
        self.assertEqual(self.run_kindling("size", "--svg", picture, image), "")
        root = ElementTree.fromstring(picture.read_text())
        titles = [title.text for title in root.iter("{http://www.w3.org/2000/svg}title")]
        self.assertIn("/etc-odd\t<&>\"\n3 B", titles)
        self.assertEqual(self.run_kindling("size", "--svg", "-", image), picture.read_text())

    def test_size_svg_replaces_pictures_only(self):
        image, there = self.image("image"), self.place / "there"
        there.write_text("precious\n")
        self.assertIn("--force", self.run_kindling("size", "--svg", there, image, code=7))
        self.assertEqual(there.read_text(), "precious\n")
        self.run_kindling("size", "--svg", there, "--force", image)
        self.assertIn("<svg", there.read_text())
        self.run_kindling("size", "--svg", there, image)

    def test_bad_images(self):
        text, cut = self.place / "text", self.place / "cut"
        text.write_text("no image\n")
        cut.write_bytes(pack(ENTRIES)[:2000])
        outside = self.image("outside", [("a/../../b", FILE, b"")])
        for image in (text, cut, outside):
            self.run_kindling("why", "init", image, code=6)
            self.run_kindling("size", image, code=6)
            self.run_kindling("diff", self.image("image"), image, code=6)

    def test_usage(self):
        image = self.image("image")
        for words in (["why"], ["why", "a", "b", "c"], ["diff", image], ["diff"],
                      ["size", image, image], ["size", "--top", "x", image],
                      ["size", "--json", "--svg", "-", image], ["size", "--what"],
                      ["verify", image, image], ["verify", "--kver"]):
            self.run_kindling(*words, code=2)
        for command in ("why", "diff", "size", "verify"):
            self.assertIn("Usage:", self.run_kindling(command, "--help"))

    def test_image_of_a_kernel(self):
        for words in (["why", "--kver", "0.1-none", "init"], ["size", "--kver", "0.1-none"]):
            self.assertIn("0.1-none", self.run_kindling(*words, code=6), words)

    def test_why_in_the_wrong_order(self):
        image = self.image("image")
        self.assertIn(f"the image comes last: kindling why ext4 {image}",
                      self.run_kindling("why", image, "ext4", code=2))

    def test_option_of_the_file_alone(self):
        said = self.run_kindling("build", "--shell=/bin/busybox", code=2)
        self.assertIn("shell is said in kindling.conf, as `shell = …`", said)
        self.assertNotIn("kindling.conf", self.run_kindling("build", "--no-such", code=2))

    def test_output_that_cannot_be_written(self):
        image = self.image("image")
        for words in (["why", "init", image], ["diff", image, image], ["size", image],
                      ["size", "--svg", "-", image],
                      ["verify", "--json", "--sysroot", self.place, image]):
            with open("/dev/full", "wb") as full:
                done = subprocess.run([self.kindling, *words], stdout=full,
                                      stderr=subprocess.PIPE, check=False)
            self.assertEqual(done.returncode, 7, done.stderr)
        self.run_kindling("size", "--svg", self.place / "none" / "x", image, code=7)


if __name__ == "__main__":
    Inspect.kindling = sys.argv.pop(1)
    unittest.main()
