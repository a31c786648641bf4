/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The absolute path that a name stored in an image stands for, without ".", empty parts and a slash
 * at the end; the caller frees it. -EINVAL if the name has "..", -ENOMEM.
 */
int image_path_normalise(const char *name, char **ret_path);
