#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The manual pages and --help tell of the same options, keys and exit codes."""

import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

COMMANDS = ("build", "verify", "ls", "cat", "unpack", "why", "diff", "size")
OPTION = re.compile(r"(?<![\w-])--([a-z][a-z-]+)")
MARKED_OPTION = re.compile(r"\*--([a-z][a-z-]+)\*")
KEY = re.compile(r"^(?:\*[a-z-]+\* = [^,\n]*(?:, )?)+$", re.MULTILINE)


class Manual(unittest.TestCase):
    kindling = ""
    pages = Path()

    def say(self, *words):
        done = subprocess.run([self.kindling, *words], capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    def page(self, name):
        return (self.pages / f"{name}.scd").read_text()

    def options(self):
        """By command, and those of the program itself by ""."""
        words = {command: [command, "--help"] for command in COMMANDS} | {"": ["--help"]}
        return {command: set(OPTION.findall(self.say(*how))) for command, how in words.items()}

    def test_options(self):
        told = set(MARKED_OPTION.findall(self.page("kindling.8")))
        self.assertEqual(told, set().union(*self.options().values()))

    def test_exit_codes(self):
        told = set(re.findall(r"^(?:\[\[|\|) +(\d)$", self.page("kindling.8"), re.MULTILINE))
        said = self.say("--help").split("Exit status:")[1]
        self.assertEqual(told, set(re.findall(r"(?<!\w)(\d) ", said)))
        for command in COMMANDS:
            said = self.say(command, "--help").partition("Exit status:")[2]
            self.assertLessEqual(set(re.findall(r"(?<!\w)(\d) ", said)), told, command)

    def test_keys(self):
        """What may stand in kindling.conf is what its page says."""
        rows = KEY.findall(self.page("kindling.conf.5"))
        told = set(re.findall(r"\*([a-z-]+)\* = ", "\n".join(rows)))
        with tempfile.TemporaryDirectory() as place:
            config = Path(place) / "kindling.conf"
            config.write_text("".join(f"{key} =\n"
                                      for key in sorted(told | self.options()["build"])))
            said = self.say("build", "--config", str(config), "--modules-dir", place)
        refused = set(re.findall(r"'([a-z-]+)' is (?:for the command line only|no known key)",
                                 said))
        self.assertEqual(told & refused, set())
        self.assertEqual(self.options()["build"] - told, refused)


if __name__ == "__main__":
    Manual.pages = Path(sys.argv.pop(2))
    Manual.kindling = sys.argv.pop(1)
    unittest.main()
