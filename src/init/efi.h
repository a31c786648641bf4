/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "init/pool.h"

/*
 * Has a worker read the variable @name of the firmware, which takes seconds at most; the reply is
 * its text or an error. Or at once -ENOENT where there is no EFI, @sysfs being where sysfs is
 * mounted; -EIO; or -ENOMEM.
 */
int efi_read_variable(struct pool *pool, const char *sysfs, const char *name,
		      pool_reply_cb callback, void *userdata, struct pool_job **ret_job);

/* Has it removed, which nothing can take back. Errors as above. */
int efi_remove_variable(struct pool *pool, const char *name, pool_reply_cb callback);
