/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs when memory can no longer be trusted: only async-signal-safe calls, on a stack of its own.
 * So what is to be done and most of what is to be said is settled beforehand.
 */
#include "init/crash.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <syslog.h>
#include <unistd.h>

#include "base/macro.h"

static const int crash_signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS };
static char crash_stack[16384];

static struct {
	int command; /* of reboot(2) */
	unsigned int wait_sec;
	char opening[64], consequence[96];
} crash;

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

static bool say(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	bool is_said = fd >= 0 && write(fd, text, strlen(text)) >= 0;

	if (fd >= 0)
		(void)close(fd);
	return is_said;
}

static void on_crash(int signal_number)
{
	char text[sizeof(crash.opening) + sizeof(crash.consequence) + 32] = "";

	(void)strcat(text, crash.opening);
	(void)strcat(text, name_of(signal_number));
	(void)strcat(text, crash.consequence);
	/* The kernel shows it on all consoles, whatever level they show otherwise. */
	if (!say("/dev/kmsg", text))
		(void)say("/dev/console", strchr(text, '>') + 1);
	(void)sleep(crash.wait_sec);
	sync();
	(void)reboot(crash.command);
	for (;;)
		(void)pause();
}

void crash_install(int command, const char *gerund, unsigned int wait_sec)
{
	const stack_t stack = { .ss_sp = crash_stack, .ss_size = sizeof(crash_stack) };
	struct sigaction action = {
		.sa_handler = on_crash,
		/* A crash in the handler itself must not come back to it. */
		.sa_flags = SA_ONSTACK | SA_NODEFER | (int)SA_RESETHAND,
	};
	sigset_t unblocked;

	crash.command = command;
	crash.wait_sec = wait_sec;
	(void)snprintf(crash.opening, sizeof(crash.opening),
		       "<%d>kindling: cannot continue: /init crashed by ", LOG_DAEMON | LOG_EMERG);
	(void)snprintf(crash.consequence, sizeof(crash.consequence),
		       ": this is a bug in Kindling; %s in %u s\n", gerund, wait_sec);
	(void)sigemptyset(&unblocked);
	(void)sigaltstack(&stack, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(crash_signals); i++) {
		(void)sigaction(crash_signals[i], &action, NULL);
		(void)sigaddset(&unblocked, crash_signals[i]);
	}
	/* A blocked signal that the processor raises would end us without asking. */
	(void)sigprocmask(SIG_UNBLOCK, &unblocked, NULL);
}
