/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "base/strbuf.h"

/* An entry of an archive made by hand, which may claim what is not so. */
struct newc_member {
	const char *name;
	mode_t mode;
	const char *content; /* may be NULL */
	size_t content_size; /* 0: that of the string */
	uint32_t inode, nlink;
	uint32_t rdev_major, rdev_minor;
	uint32_t claimed_size, claimed_name_size; /* instead of the real ones, unless 0 */
	const char *magic;                        /* NULL: "070701" */
	uint32_t checksum;
};

void newc_add(struct strbuf *archive, const struct newc_member *member);
void newc_add_file(struct strbuf *archive, const char *name, const char *content);
void newc_add_trailer(struct strbuf *archive);
