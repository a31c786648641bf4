/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdio.h>

/*
 * Writes @string as a JSON string, in its quotes. Names of files may hold any bytes: one that is
 * not part of valid UTF-8 becomes the character with its number, U+0080 to U+00FF, so that the
 * result is always JSON. Errors are those of the stream.
 */
void json_write_string(FILE *stream, const char *string);

/* Writes "KEY": "STRING". */
void json_write_member(FILE *stream, const char *key, const char *string);

/*
 * The same and, if that cannot be told from another one, as @string is not UTF-8, its
 * bytes as well: "KEY_hex": "6fff".
 */
void json_write_bytes(FILE *stream, const char *key, const char *string);
