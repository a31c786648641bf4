/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What may crash, go in circles or write without end, in a process where that is its own end. */
#include "image/child/limited-child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/macro.h"

static void set_limits(const struct child_limits *limits, pid_t parent)
{
	static const int crashes[] = {
		SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGALRM, SIGXCPU, SIGXFSZ,
	};
	int null;

	for (size_t i = 0; i < ARRAY_SIZE(crashes); i++)
		(void)signal(crashes[i], SIG_DFL);
	(void)setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	(void)setrlimit(RLIMIT_CPU, &(struct rlimit){ limits->cpu_sec, limits->cpu_sec });
	(void)setrlimit(RLIMIT_FSIZE, &(struct rlimit){ limits->output_size, limits->output_size });
	(void)alarm(limits->wall_sec);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Where the C library says that it found the stack smashed; what matters is said once. */
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (null >= 0)
		(void)dup2(null, STDERR_FILENO);
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
}

static int wait_for(pid_t pid, int *ret_status)
{
	while (waitpid(pid, ret_status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

static int read_output(int fd, size_t max, char **ret_output, size_t *ret_size)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return file_read(path, max, ret_output, ret_size);
}

int limited_child_run(const struct child_limits *limits, limited_child_cb work,
		      const void *userdata, int *ret_status, char **ret_output, size_t *ret_size)
{
	_cleanup_close_ int fd = memfd_create("limited-child", MFD_CLOEXEC);
	pid_t self = getpid(), pid = fd < 0 ? -1 : fork();
	int r;

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		set_limits(limits, self);
		_exit(work(userdata, fd));
	}
	r = wait_for(pid, ret_status);
	if (r < 0)
		return r;
	return *ret_status == 0 ? read_output(fd, limits->output_size, ret_output, ret_size) : 0;
}
