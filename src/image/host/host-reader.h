/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/strmap.h"
#include "base/vec.h"
#include "image/host/host.h"
#include "image/tree/sysroot.h"

/*
 * What is common to all that read a machine. Paths of devices are those below /sys without links,
 * such as "devices/pci0000:00/0000:00:02.0", and so are those of links, "class/block/sda".
 */
struct host_reader {
	const struct sysroot *sysroot;
	struct host *host;
	int sys_fd;                 /* of /sys, or -1 */
	struct strmap visited;      /* paths of devices; see host_reader_visit() */
	struct strmap links;        /* of udev's database: host-names.c's */
	bool has_links;             /* the database was read */
	char *mountinfo;            /* or NULL */
	const char *mountinfo_root; /* where in it the root of the sysroot is, "" for "/" */
};

/* What is to be reached, and so the reason for the devices below it. */
struct host_goal {
	const char *what; /* a noun: "/", "the swap area" */
	bool is_essential;
};

#define HOST_DEVICES_MAX 8192 /* a machine's, far more than any has on the way to its root */

void host_reader_open(const struct sysroot *sysroot, struct host *host,
		      struct host_reader *ret_reader);
void host_reader_close(struct host_reader *reader);

/*
 * Whether the device has not been visited with this much need before: 1 the first time, 1 once more
 * when it turns out to be essential, else 0. Or -ENOMEM. Past HOST_DEVICES_MAX it is 0, with a
 * note.
 */
int host_reader_visit(struct host_reader *reader, const char *path, bool is_essential);

/* The whole text of a small file of the sysroot. Errors as sysroot_resolve() and file_read(). */
int host_reader_read_file(const struct host_reader *reader, const char *path, char **ret_text);
