/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

/* What a child process may use up before it is ended. */
struct child_limits {
	unsigned int cpu_sec, wall_sec;
	size_t output_size;
};

/* Runs in the child, with its standard error on /dev/null; what it writes to @fd is its output. */
typedef int (*limited_child_cb)(const void *userdata, int fd);

/*
 * Has a child do @work, whose result becomes its exit status, and waits for its end. 0 with the
 * status as waitpid(2) gives it, and with the output, the caller's to free, if it ended by itself
 * with 0; or a negative errno.
 */
int limited_child_run(const struct child_limits *limits, limited_child_cb work,
		      const void *userdata, int *ret_status, char **ret_output, size_t *ret_size);
