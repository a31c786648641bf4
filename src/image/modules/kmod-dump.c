/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lets libkmod read an index in a child process, with limits on time and output. libkmod maps an
 * index and, before v34, follows its offsets and counts without checking them, so that a damaged
 * file makes it crash or go in circles; then that is the child's end, and nothing worse.
 */
#include "image/modules/kmod-dump.h"

#include <errno.h>
#include <fcntl.h>
#include <libkmod.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"

#define CPU_SECONDS_MAX   2
#define WALL_SECONDS_MAX  20
#define INDEX_HEADER_SIZE 12
#define EXIT_NOT_LOADED   2
#define DUMP_SIZE_MAX     (64 * 1024 * 1024) /* of a Debian kernel: 1.3 MB */

static int get_index_type(const char *name)
{
	static const struct {
		const char *name;
		enum kmod_index type;
	} types[] = {
		{ "modules.dep", KMOD_INDEX_MODULES_DEP },
		{ "modules.alias", KMOD_INDEX_MODULES_ALIAS },
		{ "modules.builtin", KMOD_INDEX_MODULES_BUILTIN },
		{ "modules.builtin.alias", KMOD_INDEX_MODULES_BUILTIN_ALIAS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (str_equal(types[i].name, name))
			return (int)types[i].type;
	return -EINVAL;
}

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
	(void)setrlimit(RLIMIT_FSIZE, &(struct rlimit){ DUMP_SIZE_MAX, DUMP_SIZE_MAX });
	(void)alarm(WALL_SECONDS_MAX);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Where the C library says that it found the stack smashed; what matters is said once. */
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (null >= 0)
		(void)dup2(null, STDERR_FILENO);
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
}

static void ignore_message(void *userdata, int priority, const char *file, int line,
			   const char *function, const char *format, va_list args)
{
}

_noreturn_ static void dump(const char *modules_dir, enum kmod_index type, int fd)
{
	static const char *const no_config[] = { NULL };
	struct kmod_ctx *ctx = kmod_new(modules_dir, no_config);

	if (!ctx)
		_exit(EXIT_FAILURE);
	kmod_set_log_fn(ctx, ignore_message, NULL);
	/* The other way of libkmod, which reads an index as a stream, has no end at a file's end.
	 */
	if (kmod_load_resources(ctx) < 0)
		_exit(EXIT_NOT_LOADED);
	_exit(kmod_dump_index(ctx, type, fd) < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}

static int wait_for(pid_t pid, int *ret_status)
{
	while (waitpid(pid, ret_status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

static int report_damage(const char *path)
{
	log_err("%s is damaged; run depmod for this kernel and try again", path);
	return -EBADMSG;
}

static int judge(int status, const char *modules_dir, const char *path)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NOT_LOADED)
		log_err("an index in %s is missing or damaged, as libkmod cannot open it; run "
			"depmod for this kernel and try again",
			modules_dir);
	else
		(void)report_damage(path);
	return -EBADMSG;
}

static int read_dump(int fd, char **ret_text, size_t *ret_size)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return file_read(path, DUMP_SIZE_MAX, ret_text, ret_size);
}

/* Has a child write the dump of the index at @path to @fd. */
static int run_child(const char *modules_dir, const char *path, enum kmod_index type, int fd)
{
	pid_t self = getpid(), pid = fork();
	int status, r;

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		set_limits(self);
		dump(modules_dir, type, fd);
	}
	r = wait_for(pid, &status);
	return r < 0 ? r : judge(status, modules_dir, path);
}

int kmod_dump(const char *modules_dir, const char *name, char **ret_text, size_t *ret_size)
{
	_cleanup_free_ char *path = str_format("%s/%s.bin", modules_dir, name), *text = NULL;
	_cleanup_close_ int fd = -1;
	int type = get_index_type(name), r;
	struct stat st;
	size_t size;

	if (!path)
		return -ENOMEM;
	if (type < 0)
		return type;
	if (access(path, R_OK) < 0 || stat(path, &st) < 0)
		return -errno;
	fd = memfd_create("kmod-dump", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = run_child(modules_dir, path, (enum kmod_index)type, fd);
	if (r >= 0)
		r = read_dump(fd, &text, &size);
	if (r < 0)
		return r;
	/* Where a file was cut off, libkmod may have read on in what is beyond it in memory. */
	if (size == 0 && st.st_size > INDEX_HEADER_SIZE)
		return report_damage(path);
	*ret_text = TAKE_PTR(text);
	*ret_size = size;
	return 0;
}
