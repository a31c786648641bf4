/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "config/device-spec.h"

/* Where a key, or a LUKS header, is read from. All zero: from nowhere. */
struct key_source {
	char *path;                /* absolute; NULL: @device itself is read, if there is one */
	struct device_spec device; /* that the file is on; none: the image */
	char *fstype;              /* of the device; NULL: to be found out */
};

/*
 * Parses "/path", "/path:DEVICE" or "/dev/…", a device that is a key as a whole; and Debian's
 * "DEVICE:/path[:SECONDS]". A colon behind which stands neither a path in /dev nor TAG=value is a
 * part of the path. "", "-" and "none" are no key. 0, -EINVAL for what is no absolute path, or
 * -ENOMEM.
 */
int key_source_parse(const char *text, struct key_source *ret_source);

static inline bool key_source_is_set(const struct key_source *source)
{
	return source->path || source->device.kind != DEVICE_SPEC_NONE;
}

/* 0 or -ENOMEM, and then @ret_copy is untouched. */
int key_source_copy(const struct key_source *source, struct key_source *ret_copy);

void key_source_done(struct key_source *source);
