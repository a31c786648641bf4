/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/efi.h"

#include <errno.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/strbuf.h"

#define TIMEOUT_USEC (10 * USEC_PER_SEC) /* some firmware takes a second for a variable */

static bool has_efi(const char *sysfs)
{
	_cleanup_strbuf_ struct strbuf path = { 0 };

	strbuf_printf(&path, "%s/firmware/efi", sysfs);
	return access(strbuf_string(&path), F_OK) >= 0;
}

static int ask(struct pool *pool, enum worker_op op, const char *name, pool_reply_cb callback,
	       void *userdata, struct pool_job **ret_job)
{
	struct worker_message request;
	int r;

	worker_message_init(&request, op, 0);
	r = worker_message_add(&request, name);
	return r < 0 ? r
		     : pool_submit(pool, &request, POOL_PRIORITY_DEVICE, TIMEOUT_USEC, callback,
				   userdata, ret_job);
}

int efi_read_variable(struct pool *pool, const char *sysfs, const char *name,
		      pool_reply_cb callback, void *userdata, struct pool_job **ret_job)
{
	if (!has_efi(sysfs))
		return -ENOENT;
	return ask(pool, WORKER_READ_EFI_VARIABLE, name, callback, userdata, ret_job);
}

int efi_remove_variable(struct pool *pool, const char *name, pool_reply_cb callback)
{
	return ask(pool, WORKER_REMOVE_EFI_VARIABLE, name, callback, NULL, NULL);
}
