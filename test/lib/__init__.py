# SPDX-License-Identifier: GPL-2.0-or-later
"""What `test/run` and `test/demo` are made of.

    setup.sh            what the machine must have; nothing else here is run before it
    run, demo           the two commands
    unit, format        `test/run unit`, `test/run format`
    boot                `test/run boot`: all scenarios, in parallel
    tally               what passed and what did not
    scenario            the scenario files under test/boot, and their expansion into boots
    play                plays one boot: steps, end, verdict
    report              what the real init of a test disk saw, and what of it is right
    guest               one QEMU guest; with console, a serial line of it, and monitor, its QMP
    disks, luks         disks in files
    trees, debian, ntfs the file systems on them; real-init.c, shell-init.sh, debian-setup.sh
                        go onto these
    kernels, apt        Debian kernels, unpacked and not installed
    build, images       meson; the images that boots want
    machines            recorded machines, to build host images for; record-init.c records them
    cache               what is kept between runs
    commands, places    other programs; where things are
"""
