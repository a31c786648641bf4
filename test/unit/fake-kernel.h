/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A made-up kernel: a directory of modules that are no ELF files, with the tables that depmod(8)
 * would make, as texts and as indexes, so that neither a kernel nor depmod is needed. What fails,
 * fails the test.
 */

#include <stddef.h>

#define FAKE_KVER        "1.2.3-test"
#define FAKE_MODULES_DIR "/usr/lib/modules/" FAKE_KVER /* below the root; in an image, too */

/* Indexes have dashes as underscores in keys and names; rows may be in any order. */
struct fake_row {
	const char *key, *value;
};

struct fake_kernel {
	/* A module's name, then as depmod has it: the file, a colon, the files that it needs. */
	const struct fake_row *modules;
	size_t n_modules;
	/* An alias or pattern and a module's name; what is earlier has priority. */
	const struct fake_row *aliases;
	size_t n_aliases;
	/* Names, each with the value "". */
	const struct fake_row *builtins;
	size_t n_builtins;
	const char *softdep, *weakdep; /* texts of these files, or NULL */
	/* Paths below the root, as "etc/modprobe.d/a.conf", and texts. */
	const struct fake_row *configs;
	size_t n_configs;
};

/* Module files hold their own path; those of the name "gone" are listed but not there. */
void fake_kernel_write(const struct fake_kernel *kernel, const char *root);

/* Parts of the above, for a modules directory that exists or not. */
void fake_kernel_write_modules(const char *modules_dir, const struct fake_row *modules,
			       size_t n_modules);
void fake_kernel_write_index(const char *modules_dir, const char *name, const struct fake_row *rows,
			     size_t n_rows);

/* Writes a file below @dir, and the directories above it. */
void fake_kernel_write_text(const char *dir, const char *name, const char *text);
