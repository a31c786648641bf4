/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A made-up image: a tree in the scratch directory, packed as it is and read again. Its files are
 * made by whoever makes files: write_text(), write_elf(), fake_kernel_write().
 */

#include "image/reader/contents.h"

struct verification;

/* Removes what an earlier test left, and makes an empty tree. */
void fake_image_new(void);

/* Where the image's "/usr/lib" is written, in one of a few static buffers; "" is its root. */
const char *fake_image_path(const char *path);

void fake_image_link(const char *path, const char *target);

/* As the generator's commands load one that is to be judged. For contents_done(). */
void fake_image_load(struct contents *ret_contents);

/*
 * Judges the image by the made-up machine's and its own configuration, with what @verification
 * knows of the host. For verification_done().
 */
void fake_image_verify_configuration(struct verification *verification);
