/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/hand-over.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "base/vec.h"
#include "config/cmdline.h"
#include "init/blockdev.h"
#include "init/emergency.h"
#include "init/mapper.h"
#include "init/switch-root.h"
#include "init/trace.h"
#include "kindling/image-layout.h"

static void leave_udev_note(void *userdata, struct blockdev *device)
{
	if (!device->dm_name)
		return;
	mapper_link(device->dm_name, device->sysname);
	mapper_leave_udev_note(device->devnum);
}

void hand_over_note_devices(struct blockdevs *devices)
{
	blockdevs_for_each(devices, leave_udev_note, NULL);
}

static void write_trace(void)
{
	_cleanup_free_ char *json = trace_to_json();
	int r;

	r = file_make_directories(RUN_INITRAMFS, 0755);
	if (r >= 0)
		r = json ? file_publish(RUN_TRACE, json, strlen(json), 0644) : -ENOMEM;
	if (r < 0)
		log_warn_errno(r, "cannot write %s, going on without it", RUN_TRACE);
}

static bool is_argument(char **argv, const char *argument)
{
	for (; *argv; argv++)
		if (str_equal(*argv, argument))
			return true;
	return false;
}

/* What the boot loader says has come from the kernel; the image's own command line may say more. */
static char **make_init_arguments(char **argv, const struct boot_config *config)
{
	const struct vec *more = &config->init_arguments;
	char *argument, **all;
	size_t n = 0;

	while (argv[n])
		n++;
	all = calloc(n + more->n_items + 1, sizeof(*all));
	if (!all)
		return argv;
	memcpy(all, argv, n * sizeof(*all));
	vec_for_each(argument, more) {
		if (!is_argument(argv, argument))
			all[n++] = argument;
	}
	return all;
}

_noreturn_ void hand_over(const char *init, char **argv, const struct boot_config *config)
{
	int r;

	(void)unlink(RUN_MISSING_MODULES);
	(void)rmdir("/run/cryptsetup"); /* libcryptsetup's locks; it makes it anew when needed */
	trace_event("switch", NULL);
	write_trace();
	log_close_kmsg();
	r = switch_root(IMAGE_SYSROOT, init, make_init_arguments(argv, config));
	emergency_without_loop("the real init could not be executed", r, config);
}
