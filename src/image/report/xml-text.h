/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdio.h>

/*
 * Writes @string as the text of an XML document or of an attribute: at most @max_characters of it,
 * and an ellipsis in place of the last if there are more. Bytes that are no UTF-8, and characters
 * that XML has no way to write, become U+FFFD.
 */
void xml_write_text(FILE *stream, const char *string, size_t max_characters);
