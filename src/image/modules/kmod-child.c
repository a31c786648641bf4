/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/modules/kmod-child.h"

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

#define CPU_SECONDS_MAX  2
#define WALL_SECONDS_MAX 20
#define OUTPUT_SIZE_MAX  (64 * 1024 * 1024) /* the aliases of a Debian kernel: 1.3 MB */

static void set_limits(pid_t parent)
{
	static const int crashes[] = {
		SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGALRM, SIGXCPU, SIGXFSZ,
	};
	int null;

	for (size_t i = 0; i < ARRAY_SIZE(crashes); i++)
		(void)signal(crashes[i], SIG_DFL);
	(void)setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	(void)setrlimit(RLIMIT_CPU, &(struct rlimit){ CPU_SECONDS_MAX, CPU_SECONDS_MAX });
	(void)setrlimit(RLIMIT_FSIZE, &(struct rlimit){ OUTPUT_SIZE_MAX, OUTPUT_SIZE_MAX });
	(void)alarm(WALL_SECONDS_MAX);
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

static int read_output(int fd, char **ret_text, size_t *ret_size)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return file_read(path, OUTPUT_SIZE_MAX, ret_text, ret_size);
}

static enum kmod_child_result judge(int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) < KMOD_CHILD_DIED)
		return (enum kmod_child_result)WEXITSTATUS(status);
	return KMOD_CHILD_DIED;
}

int kmod_child_run(kmod_child_cb work, const void *userdata, enum kmod_child_result *ret_result,
		   char **ret_text, size_t *ret_size)
{
	_cleanup_close_ int fd = memfd_create("kmod-child", MFD_CLOEXEC);
	pid_t self = getpid(), pid = fd < 0 ? -1 : fork();
	int status, r;

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		set_limits(self);
		_exit((int)work(userdata, fd));
	}
	r = wait_for(pid, &status);
	if (r < 0)
		return r;
	*ret_result = judge(status);
	return *ret_result == KMOD_CHILD_DONE ? read_output(fd, ret_text, ret_size) : 0;
}
