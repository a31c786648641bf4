/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/strbuf.h"
#include "image/tree/sysroot.h"

/* Where the kernel looks in an uncompressed archive before the image proper. */
#define MICROCODE_INTEL_PATH "kernel/x86/microcode/GenuineIntel.bin"
#define MICROCODE_AMD_PATH   "kernel/x86/microcode/AuthenticAMD.bin"

/* The content of these two files; one that is empty is not wanted. */
struct microcode {
	struct strbuf intel, amd;
};

#define _cleanup_microcode_ __attribute__((cleanup(microcode_done)))

void microcode_done(struct microcode *microcode);

/*
 * Reads what is installed in @sysroot: for the processors that @cpuinfo, the text of /proc/cpuinfo,
 * tells of, or for any if it is NULL. For a virtual machine's there is none: its kernel leaves the
 * microcode to the host, and does not look. What is not installed is fine, what cannot be used is a
 * warning. 0 or -ENOMEM.
 */
int microcode_collect(const struct sysroot *sysroot, const char *cpuinfo,
		      struct microcode *ret_microcode);
