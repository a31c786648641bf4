/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/vec.h"

/* What the user asked for; NULL is for what was left open. Strings are borrowed. */
struct build_options {
	const char *kver, *modules_dir, *output, *init;
	struct vec add_modules; /* const char *, names or aliases */
	struct vec add_files;   /* const char *, SRC or SRC:DST */
};

/* Builds one image. A negative errno has been logged, except for -ENOMEM. */
int build_image(const struct build_options *options);
