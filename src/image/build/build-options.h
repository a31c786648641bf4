/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "base/vec.h"
#include "image/writer/compress.h"

enum build_mode { BUILD_MODE_GENERIC, BUILD_MODE_HOST };

/* Programs that check file systems; auto: in host mode. */
enum build_fsck { BUILD_FSCK_AUTO, BUILD_FSCK_YES, BUILD_FSCK_NO };

/* What the user asked for; NULL and zero are for what was left open. */
struct build_options {
	const char *kver, *modules_dir, *sysroot, *config, *output;
	const char *init, *cmdline, *crypttab, *shell;
	const char *luks_header; /* what headers may ask for, see config/luks-limits.h */
	const char *microcode;   /* "auto", "none", or a path */
	enum build_mode mode;
	enum build_fsck fsck;
	bool has_compression;  /* else modules are compressed one by one, if that can be read */
	bool compresses_files; /* the user asked for just that */
	enum compression compression;
	int level;
	unsigned int jobs; /* 0: one for each processor */
	bool is_forced, is_unverified, is_verbose;
	struct vec add_modules, omit_modules; /* const char *, names or aliases */
	struct vec keymaps, fonts;            /* const char *, names or files */
	struct vec add_files;                 /* const char *, SRC or SRC:DST */
	struct vec strings;                   /* char *: what all the above point to */
};

/* The same table for the command line and kindling.conf. */
struct build_option {
	const char *name;
	const char *form;    /* of the value, or NULL if there is none on the command line */
	const char *meaning; /* a line for --help, or NULL if it is not for the command line */
	bool is_for_files;   /* may stand in kindling.conf */
	/* NULL, or what is wrong with @value: the end of a sentence. Lists may be out of memory. */
	const char *(*set)(struct build_options *options, const char *value);
};

extern const struct build_option build_options_table[];
extern const unsigned int n_build_options;

/* The row of that name, in which '_' may stand for '-'; or NULL. */
const struct build_option *build_option_find(const char *name);

/*
 * Sets what @option is about to a copy of @value; a later value replaces an earlier one, or adds to
 * it where several make sense. 0, -ENOMEM, or -EINVAL and what is wrong with it; then the options
 * are as they were.
 */
int build_options_set(struct build_options *options, const struct build_option *option,
		      const char *value, const char **ret_complaint);

void build_options_done(struct build_options *options);
