/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/disk-names.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "init/disk-name-list.h"
#include "init/sysfs-device.h"
#include "init/worker-message.h"

void disk_name_list_add(struct disk_name_list *list, const char *tag, const char *format, ...)
{
	char string[512];
	va_list args;
	int tag_size = snprintf(string, sizeof(string), "%s=", tag), size;

	va_start(args, format);
	size = vsnprintf(string + tag_size, sizeof(string) - (size_t)tag_size, format, args);
	va_end(args);
	/* What is longer is no name that anybody has. */
	if (size < 0 || (size_t)(tag_size + size) + strlen(list->suffix) >= sizeof(string))
		return;
	strcat(string, list->suffix);
	if (list->error >= 0)
		list->error = worker_message_add(list->reply, string);
}

int disk_names_add(const char *sysfs, const char *node, struct worker_message *reply)
{
	struct disk_name_list list = { .reply = reply };
	struct sysfs_device device;
	char number[16];

	if (sysfs_device_of_node(sysfs, node, &device) < 0)
		return 0;
	if (sysfs_device_get(&device, "partition", number, sizeof(number)) > 0) {
		(void)snprintf(list.suffix, sizeof(list.suffix), "-part%s", number);
		(void)sysfs_device_up(&device);
	}
	disk_id_add(&device, &list);
	disk_path_add(&device, &list);
	return list.error;
}
