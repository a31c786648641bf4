/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/modules/kmod-child.h"

#include <sys/wait.h>

#include "image/child/limited-child.h"

static const struct child_limits limits = {
	.cpu_sec = 2,
	.wall_sec = 20,
	.output_size = 64 << 20, /* the aliases of a Debian kernel: 1.3 MB */
};

struct task {
	kmod_child_cb work;
	const void *userdata;
};

static int work(const void *userdata, int fd)
{
	const struct task *task = userdata;

	return (int)task->work(task->userdata, fd);
}

static enum kmod_child_result judge(int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) < KMOD_CHILD_DIED)
		return (enum kmod_child_result)WEXITSTATUS(status);
	return KMOD_CHILD_DIED;
}

int kmod_child_run(kmod_child_cb callback, const void *userdata, enum kmod_child_result *ret_result,
		   char **ret_text, size_t *ret_size)
{
	const struct task task = { callback, userdata };
	int status, r;

	r = limited_child_run(&limits, work, &task, &status, ret_text, ret_size);
	if (r >= 0)
		*ret_result = judge(status);
	return r;
}
