/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <archive.h>

/*
 * The functions of libarchive that are used here. The library is loaded when the first compressed
 * stream is met: linking the many libraries that it stands on takes longer than a tenth of what
 * building an image does, which needs none of them.
 */
#define ARCHIVE_FUNCTIONS(DO)                \
	DO(archive_errno)                    \
	DO(archive_error_string)             \
	DO(archive_filter_bytes)             \
	DO(archive_read_append_filter)       \
	DO(archive_read_data_block)          \
	DO(archive_read_free)                \
	DO(archive_read_new)                 \
	DO(archive_read_next_header)         \
	DO(archive_read_open_memory)         \
	DO(archive_read_support_filter_lzop) \
	DO(archive_read_support_format_raw)

struct archive_library {
#define DECLARE(name) typeof(name) *name;
	ARCHIVE_FUNCTIONS(DECLARE)
#undef DECLARE
};

/* The library, for good, or NULL if it cannot be had, which has been logged. Threads may call it.
 */
const struct archive_library *archive_library_load(void);
