/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is said and done when the program crashes: a child does, and what would reach the kernel
 * from there comes back through a pipe.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "config/cmdline.h"
#include "init/emergency.h"
#include "support.h"

#define CRASHED_BY(signal) \
	"kindling: cannot continue: /init crashed by " signal ": this is a bug in Kindling; "

static int told_fd;
static bool has_kmsg;

int __wrap_open(const char *path, int flags, ...);
/* What glibc makes of open() where file offsets are longer than they always were. */
int __wrap_open64(const char *path, int flags, ...) __attribute__((alias("__wrap_open")));
unsigned int __wrap_sleep(unsigned int seconds);
void __wrap_sync(void);
int __wrap_reboot(int command);

int __wrap_open(const char *path, int flags, ...)
{
	if (!has_kmsg && str_equal(path, "/dev/kmsg")) {
		errno = ENOENT;
		return -1;
	}
	(void)dprintf(told_fd, "%s: ", path);
	return dup(told_fd);
}

unsigned int __wrap_sleep(unsigned int seconds)
{
	(void)dprintf(told_fd, "after %u s, ", seconds);
	return 0;
}

void __wrap_sync(void)
{
	(void)dprintf(told_fd, "synced, ");
}

int __wrap_reboot(int command)
{
	(void)dprintf(told_fd, "reboot %x\n", (unsigned int)command);
	_exit(0);
}

struct row {
	const char *name;
	enum emergency_action action;
	int panic_sec, signal_number;
	bool has_kmsg;
	const char *told;
};

static const struct row rows[] = {
	{ "by default", EMERGENCY_ACTION_REBOOT, 0, SIGSEGV, true,
	  "/dev/kmsg: <24>" CRASHED_BY("SIGSEGV") "rebooting in 30 s\n"
						  "after 30 s, synced, reboot 1234567\n" },
	{ "at once", EMERGENCY_ACTION_REBOOT, -1, SIGABRT, true,
	  "/dev/kmsg: <24>" CRASHED_BY("SIGABRT") "rebooting in 0 s\n"
						  "after 0 s, synced, reboot 1234567\n" },
	{ "power-off", EMERGENCY_ACTION_POWEROFF, 5, SIGBUS, true,
	  "/dev/kmsg: <24>" CRASHED_BY("SIGBUS") "turning it off in 5 s\n"
						 "after 5 s, synced, reboot 4321fedc\n" },
	{ "halt, without the kernel's log", EMERGENCY_ACTION_HALT, 7, SIGSYS, false,
	  "/dev/console: " CRASHED_BY("a fatal signal") "halting in 7 s\n"
							"after 7 s, synced, reboot cdef0123\n" },
};

static void crash_as(const struct row *row)
{
	const struct boot_config config = {
		.emergency_action = row->action,
		.panic_sec = row->panic_sec,
	};

	emergency_catch_crashes(&config);
	has_kmsg = row->has_kmsg;
	(void)raise(row->signal_number);
	_exit(1);
}

static void a_crash_ends_like_an_emergency(void **state)
{
	char told[512] = "";
	size_t size = 0;
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		told_fd = fds[1];
		crash_as(*state);
	}
	(void)close(fds[1]);
	while ((n = read(fds[0], told + size, sizeof(told) - 1 - size)) > 0)
		size += (size_t)n;
	(void)close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_string_equal(told, ((const struct row *)*state)->told);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, a_crash_ends_like_an_emergency, rows);
	return test_list_run(&list);
}
