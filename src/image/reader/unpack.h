/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/reader/image-reader.h"

/*
 * Creates what @reader has left below the directory @directory_fd, and nothing elsewhere, whatever
 * the image says: its links lead as after a chroot(2) to that directory. What is in the way is
 * removed, not written into. @directory names it in messages.
 *
 * Owners and devices are restored by root alone; what had to be left out is logged as a note. 0;
 * -EIO if something cannot be written, logged with its cause; -EBADMSG for a name that would lead
 * outside, logged; and what image_reader_next() returns. What was unpacked by then stays.
 */
int unpack_image(struct image_reader *reader, int directory_fd, const char *directory);
