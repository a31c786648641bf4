/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/image-limits.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "config/luks-limits.h"
#include "kindling/image-layout.h"

#define SIZE_MAX_BYTES 4096

int image_limits_read(struct luks_limits *ret_limits)
{
	_cleanup_free_ char *text = NULL;
	struct vec warnings = { 0 };
	const char *warning;
	int r = file_read(IMAGE_LUKS_HEADER, SIZE_MAX_BYTES, &text, NULL);

	if (r < 0 && r != -ENOENT)
		(void)log_warn_errno(r, IMAGE_LUKS_HEADER
				     " cannot be read, going on without what it allows");
	r = luks_limits_parse(text ? text : "", ret_limits, &warnings);
	vec_for_each(warning, &warnings) {
		log_warn(IMAGE_LUKS_HEADER ": %s", warning);
	}
	vec_done(&warnings, free);
	return r;
}
