/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/macro.h"
#include "base/vec.h"

/*
 * What a parser has to complain of: a vec of char *, one sentence each, without a full stop, that
 * says what happens next. Whoever knows where the text came from shows them.
 */

/* Appends a sentence, as printf(3). 0 or -ENOMEM. */
int warnings_add(struct vec *warnings, const char *format, ...) _printf_(2, 3);
