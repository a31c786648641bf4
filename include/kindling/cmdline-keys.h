/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The contract of the boot command line, one row a key: the parser, /init --help and
 * kindling-cmdline(7) are made from it.
 *
 * X(identifier, key, form of the value, meaning)
 */
/* clang-format off */
#define CMDLINE_KEYS(X) \
	X(ROOT, "root", "DEVICE", \
	  "the root device: /dev/…, /dev/mapper/NAME, UUID=, LABEL=, PARTUUID=, PARTLABEL=, or as " \
	  "/dev/disk/by-uuid/… and so on") \
	X(ROOTFSTYPE, "rootfstype", "TYPE[,TYPE…]", \
	  "file-system types to try in this order instead of what is found on the device") \
	X(ROOTFLAGS, "rootflags", "OPTION[,OPTION…]", \
	  "mount options of the root file system") \
	X(RO, "ro", "", \
	  "mount the root read-only (the default); the last of ro and rw wins") \
	X(RW, "rw", "", \
	  "mount the root writable") \
	X(INIT, "init", "PATH", \
	  "the real init, a path inside the root") \
	X(RD_TIMEOUT, "rd.timeout", "SECONDS", \
	  "how long to wait for the root device, 180 by default; 0 waits for ever") \
	X(RD_LUKS, "rd.luks", "BOOL", \
	  "rd.luks=0 leaves all LUKS volumes closed") \
	X(RD_LUKS_UUID, "rd.luks.uuid", "UUID", \
	  "open the LUKS volume with this UUID as luks-UUID; may be given more than once") \
	X(RD_LUKS_NAME, "rd.luks.name", "UUID=NAME", \
	  "open the LUKS volume with this UUID as /dev/mapper/NAME; may be given more than once") \
	X(PANIC, "panic", "SECONDS", \
	  "when boot cannot continue, reboot after that time instead of 30 s; negative: at once") \
	X(QUIET, "quiet", "", \
	  "show errors and questions only") \
	X(RD_DEBUG, "rd.debug", "", \
	  "log each step")
/* clang-format on */
