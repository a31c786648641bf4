/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

/* A number of bytes as people read it, such as "12.3 MB"; by value, to be printed at once. */
struct size_text {
	char text[16];
};

struct size_text size_text(uint64_t bytes);

/* The same of a difference, with its sign. */
struct size_text size_text_signed(int64_t bytes);
