/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

struct crypt_device;

/*
 * From now on keeps what libcryptsetup complains of: of @device, or of all that has no device yet
 * if that is NULL.
 */
void complaint_listen(struct crypt_device *device);

/* The last one, which says more than an errno; NULL if there was none since complaint_forget(). */
const char *complaint_last(void);
void complaint_forget(void);
