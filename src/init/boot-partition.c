/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/boot-partition.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "init/pool.h"

#define EFI      "/sys/firmware/efi"
#define VARIABLE "LoaderDevicePartUUID-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"

#define TIMEOUT_USEC (10 * USEC_PER_SEC) /* some firmware takes a second for a variable */

struct boot_partition {
	boot_partition_cb callback;
	void *userdata;
	struct pool_job *job;
};

static void tell_nothing(int error, boot_partition_cb callback, void *userdata)
{
	if (error != -ENOENT)
		(void)log_warn_errno(error, "cannot read which disk was booted from in the EFI "
					    "variable LoaderDevicePartUUID, going on without it");
	callback(userdata, "");
}

static void on_reply(void *userdata, const struct worker_message *reply)
{
	struct boot_partition *partition = userdata;

	partition->job = NULL;
	if (reply->code < 0)
		tell_nothing(reply->code, partition->callback, partition->userdata);
	else
		partition->callback(partition->userdata, worker_message_get(reply, 0));
}

static int ask(struct pool *pool, struct boot_partition *partition)
{
	struct worker_message request;
	int r;

	worker_message_init(&request, WORKER_READ_EFI_VARIABLE, 0);
	r = worker_message_add(&request, VARIABLE);
	if (r >= 0)
		r = pool_submit(pool, &request, POOL_PRIORITY_DEVICE, TIMEOUT_USEC, on_reply,
				partition, &partition->job);
	return r;
}

void boot_partition_find(struct pool *pool, boot_partition_cb callback, void *userdata,
			 struct boot_partition **ret_partition)
{
	struct boot_partition *partition = NULL;
	int r = -ENOENT;

	if (access(EFI, F_OK) >= 0) {
		partition = calloc(1, sizeof(*partition));
		r = partition ? 0 : -ENOMEM;
	}
	if (r >= 0) {
		partition->callback = callback;
		partition->userdata = userdata;
		r = ask(pool, partition);
	}
	if (r < 0) {
		free(partition);
		partition = NULL;
		tell_nothing(r, callback, userdata);
	}
	*ret_partition = partition;
}

struct boot_partition *boot_partition_free(struct boot_partition *partition)
{
	if (partition && partition->job)
		pool_cancel(partition->job);
	free(partition);
	return NULL;
}
