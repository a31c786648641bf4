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
typedef bool (*content_test_fn)(const struct strbuf *content);

/*
 * The same for a file compressed with xz, until @is_enough, which is asked every few KiB: then 1.
 * Of what comes after that it is only known that it was not cut off. 0 if there is no more.
 */
int decompress_xz_until(const char *path, size_t max, content_test_fn is_enough,
			struct strbuf *content);
