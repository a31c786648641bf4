/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/reader/image-reader.h"

/*
 * What all names of one file have in common and no other file of the image has; the caller's to
 * free, NULL without memory. It tells something only of entries with nlink > 1.
 */
char *hard_link_key(const struct image_entry *entry);
