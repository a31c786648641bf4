/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs when memory can no longer be trusted: only async-signal-safe calls, on a stack of its own.
 */
#include "init/crash.h"

#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "base/macro.h"

static const int crash_signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS };
static char crash_stack[16384];
static unsigned int crash_wait_sec;

/* strsignal() may allocate. */
static const char *name_of(int signal_number)
{
	switch (signal_number) {
	case SIGSEGV:
		return "SIGSEGV";
	case SIGBUS:
		return "SIGBUS";
	case SIGILL:
		return "SIGILL";
	case SIGFPE:
		return "SIGFPE";
	case SIGABRT:
		return "SIGABRT";
	}
	return "a fatal signal";
}

static void say(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write(fd, text, strlen(text));
	(void)close(fd);
}

static void on_crash(int signal_number)
{
	static const char consequence[] = ": this is a bug in Kindling. Rebooting.\n";
	char text[128] = "kindling: cannot continue: /init crashed by ";

	(void)strncat(text, name_of(signal_number), sizeof(text) - strlen(text) - 1);
	(void)strncat(text, consequence, sizeof(text) - strlen(text) - 1);
	say("/dev/kmsg", text);
	say("/dev/console", text);
	(void)sleep(crash_wait_sec);
	sync();
	(void)reboot(RB_AUTOBOOT);
	for (;;)
		(void)pause();
}

void crash_install(unsigned int wait_sec)
{
	const stack_t stack = { .ss_sp = crash_stack, .ss_size = sizeof(crash_stack) };
	struct sigaction action = {
		.sa_handler = on_crash,
		/* A crash in the handler itself must not come back to it. */
		.sa_flags = SA_ONSTACK | SA_NODEFER | (int)SA_RESETHAND,
	};
	sigset_t unblocked;

	crash_wait_sec = wait_sec;
	(void)sigemptyset(&unblocked);
	(void)sigaltstack(&stack, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(crash_signals); i++) {
		(void)sigaction(crash_signals[i], &action, NULL);
		(void)sigaddset(&unblocked, crash_signals[i]);
	}
	/* A blocked signal that the processor raises would end us without asking. */
	(void)sigprocmask(SIG_UNBLOCK, &unblocked, NULL);
}
