/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/strbuf.h"
#include "image/tree/stored-as.h"

/*
 * Appends the content of the file at @path, at most @max bytes, to @content, which then also holds
 * a part of it if there is an error: those of open(2) and read(2), -EBADMSG if it is damaged,
 * -EFBIG, -ENOMEM.
 */
int decompress_file(const char *path, enum stored_as stored, size_t max, struct strbuf *content);
