/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/host/host-reader.h"

/*
 * The block device that @text names, as fstab(5), crypttab(5) and the kernel's command line do; in
 * @ret_path its path below /sys, for the caller to free. -ENOENT if the machine has none, -EINVAL
 * if it names no device, -ENOMEM.
 */
int host_names_find(struct host_reader *reader, const char *text, char **ret_path);

/*
 * Whether a file system or a volume here has @part in its UUID, in any case of letters: 1, 0,
 * -ENODATA if udev has left no UUIDs, or -ENOMEM.
 */
int host_names_find_uuid_part(struct host_reader *reader, const char *part);

/*
 * Whether it can be told that the machine has no device of that name: 1 if the kernel gives such
 * names, to mapped volumes as well, or if udev has left links of that kind or a database; 0 if not,
 * as in a container; -ENOMEM.
 */
int host_names_are_known(struct host_reader *reader, const char *spec);
