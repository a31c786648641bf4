/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

/*
 * Whether Kindling built the image at @path: those have a manifest. Reads up to there, which of an
 * image by others is all of it. False as well for what is no image; what is damaged has been
 * logged.
 */
bool image_origin_is_kindling(const char *path);
