# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests of the generator through its command line; lib.image runs them.

    readers        other programs read the same from our images as `kindling` does
    inspect        `ls`, `cat`, `unpack`, `why`, `diff`, `size`
    reproducible   the same input is the same image, byte for byte
    replacement    killed, failing and concurrent builds leave one whole image
    disk           full disks, and file systems that can do less
    permissions    nobody else can ever read an image
    cache          a cache that is damaged, lost, shared or forbidden changes no image
    bad_input      one sentence, an exit code, nothing replaced
    verify         what is missing on the way to this machine's root is named
"""
