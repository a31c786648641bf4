/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/boot-partition.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "init/efi.h"
#include "init/pool.h"

#define VARIABLE "LoaderDevicePartUUID-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"

struct boot_partition {
	struct pool *pool;
	const char *sysfs;
	struct pool_job *job; /* while the firmware is being asked */
	bool is_known;
	char *partuuid; /* NULL: nobody knows it */
};

int boot_partition_new(struct pool *pool, const char *sysfs, struct boot_partition **ret_partition)
{
	struct boot_partition *partition = calloc(1, sizeof(*partition));

	if (!partition)
		return -ENOMEM;
	partition->pool = pool;
	partition->sysfs = sysfs;
	*ret_partition = partition;
	return 0;
}

struct boot_partition *boot_partition_free(struct boot_partition *partition)
{
	if (partition) {
		if (partition->job)
			pool_cancel(partition->job);
		free(partition->partuuid);
		free(partition);
	}
	return NULL;
}

static void settle_without(struct boot_partition *partition, int error)
{
	partition->is_known = true;
	if (error != -ENOENT)
		log_warn_errno(error, "cannot read which disk was booted from in the EFI variable "
				      "LoaderDevicePartUUID, going on without it");
}

static void on_reply(void *userdata, const struct worker_message *reply)
{
	struct boot_partition *partition = userdata;

	partition->job = NULL;
	if (reply->code < 0) {
		settle_without(partition, reply->code);
		return;
	}
	partition->is_known = true;
	partition->partuuid = strdup(worker_message_get(reply, 0));
}

const char *boot_partition_find(struct boot_partition *partition)
{
	if (!partition->is_known && !partition->job) {
		int r = efi_read_variable(partition->pool, partition->sysfs, VARIABLE, on_reply,
					  partition, &partition->job);

		if (r < 0)
			settle_without(partition, r);
	}
	if (!partition->is_known)
		return NULL;
	return partition->partuuid ? partition->partuuid : "";
}
