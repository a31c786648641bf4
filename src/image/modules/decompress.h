/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "base/strbuf.h"
#include "image/tree/stored-as.h"

/*
 * Appends the content of the file at @path, at most @max bytes, to @content, which then also holds
 * a part of it if there is an error: those of open(2) and read(2), -EBADMSG if it is damaged,
 * -EFBIG, -ENOMEM.
 */
int decompress_file(const char *path, enum stored_as stored, size_t max, struct strbuf *content);

/* Whether the content so far is all that someone wants. */
typedef bool (*content_test_fn)(const struct strbuf *content, void *userdata);

/*
 * The beginning of a file compressed with xz, up to where @is_enough, which is asked each KiB, says
 * so: 1. Of the file, at most @max bytes, it is then known that it is not cut off, and no more. 0
 * if that was never enough, and then nobody has checked what is in @content. Errors as above.
 */
int decompress_xz_until(const char *path, size_t max, content_test_fn is_enough, void *userdata,
			struct strbuf *content);
