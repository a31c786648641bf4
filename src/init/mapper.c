/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/mapper.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "kindling/image-layout.h"

#define MAPPER_DIRECTORY "/dev/mapper"

void mapper_link(const char *name, const char *sysname)
{
	char path[PATH_MAX], temporary[PATH_MAX], target[NAME_MAX + 4];

	(void)snprintf(target, sizeof(target), "../%s", sysname);
	(void)snprintf(path, sizeof(path), MAPPER_DIRECTORY "/%s", name);
	(void)snprintf(temporary, sizeof(temporary), MAPPER_DIRECTORY "/.%s.new", sysname);
	(void)mkdir(MAPPER_DIRECTORY, 0755);

	/* By renaming: there is no moment at which the name does not exist. */
	(void)unlink(temporary);
	if (symlink(target, temporary) < 0 || rename(temporary, path) < 0)
		log_warn_errno(-errno, "cannot link %s to %s, going on with what is there", path,
			       target);
}

void mapper_unlink(const char *name)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), MAPPER_DIRECTORY "/%s", name);
	(void)unlink(path);
}

void mapper_leave_udev_note(dev_t devnum)
{
	/* lvm2's 10-dm.rules import this property at the host's own coldplug. */
	static const char note[] = "E:DM_UDEV_PRIMARY_SOURCE_FLAG=1\n";
	char path[PATH_MAX];
	int r;

	(void)snprintf(path, sizeof(path), RUN_UDEV_DATA "/b%u:%u", major(devnum), minor(devnum));
	r = file_make_directories(RUN_UDEV_DATA, 0755);
	if (r >= 0)
		r = file_publish(path, note, strlen(note), 0644);
	if (r < 0)
		log_warn_errno(r, "cannot write %s, the host may wait for this device", path);
}
