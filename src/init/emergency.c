/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happens when boot cannot continue. A shell is only given if the image has one: whoever makes
 * the boot fail must not be given the machine for it.
 */
#include "init/emergency.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "config/cmdline.h"
#include "init/console.h"
#include "init/crash.h"
#include "init/loop.h"
#include "init/shell.h"

#define DEFAULT_WAIT_SEC 30
#define DRAIN_MSEC       500

struct emergency {
	struct consoles *consoles;
	struct shell *shell;
	struct loop_timer *timer;
	unsigned int wait_sec;
	enum emergency_action action;
};

static const struct {
	int command; /* of reboot(2) */
	const char *verb, *gerund;
} actions[] = {
	[EMERGENCY_ACTION_REBOOT] = { RB_AUTOBOOT, "reboot", "rebooting" },
	[EMERGENCY_ACTION_POWEROFF] = { RB_POWER_OFF, "turn the machine off", "turning it off" },
	[EMERGENCY_ACTION_HALT] = { RB_HALT_SYSTEM, "halt", "halting" },
};

static _noreturn_ void end_now(enum emergency_action action)
{
	sync();
	(void)reboot(actions[action].command);
	/* Only without the capability to do so, as in a container. */
	for (;;)
		(void)pause();
}

static _noreturn_ void leave(struct emergency *emergency)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "kindling: %s.\n", actions[emergency->action].gerund);
	consoles_print(emergency->consoles, text);
	consoles_drain(emergency->consoles, DRAIN_MSEC);
	(void)consoles_free(emergency->consoles);
	end_now(emergency->action);
}

/* None if panic= is negative, the default if it is 0 or was not given. */
static unsigned int wait_sec_of(int panic_sec)
{
	if (panic_sec < 0)
		return 0;
	return panic_sec > 0 ? (unsigned int)panic_sec : DEFAULT_WAIT_SEC;
}

static void on_timeout(void *userdata)
{
	leave(userdata);
}

static void on_input(void *userdata, unsigned int console, char *bytes, size_t size);

/* Waits for whoever reads the report, but not for ever. */
static void begin_waiting(struct emergency *emergency)
{
	const char *gerund = actions[emergency->action].gerund;
	char text[160];

	(void)snprintf(text, sizeof(text),
		       "kindling: Press Enter to %s now%s; %s by itself in %u s.\n",
		       actions[emergency->action].verb,
		       shell_refuse(emergency->shell) ? "" : ", s for a shell", gerund,
		       emergency->wait_sec);
	/* Who is quick to answer shall be heard. */
	consoles_set_input(emergency->consoles, on_input, emergency);
	consoles_print(emergency->consoles, text);
	loop_timer_start(emergency->timer, emergency->wait_sec * USEC_PER_SEC);
}

static void on_shell_end(void *userdata)
{
	begin_waiting(userdata);
}

static void open_shell(struct emergency *emergency)
{
	int r;

	loop_timer_stop(emergency->timer);
	consoles_set_input(emergency->consoles, NULL, NULL);
	r = shell_open(emergency->shell, on_shell_end, emergency);
	if (r >= 0)
		return;
	consoles_say(emergency->consoles, "cannot open a shell: %s", strerror(-r));
	begin_waiting(emergency);
}

static void on_input(void *userdata, unsigned int console, char *bytes, size_t size)
{
	struct emergency *emergency = userdata;

	for (size_t i = 0; i < size; i++) {
		if (bytes[i] == '\r' || bytes[i] == '\n')
			leave(emergency);
		if (bytes[i] == 's' && !shell_refuse(emergency->shell)) {
			open_shell(emergency);
			return;
		}
	}
}

int emergency_begin(struct loop *loop, struct consoles *consoles, struct shell *shell,
		    const char *report, const struct boot_config *config)
{
	struct emergency *emergency = calloc(1, sizeof(*emergency));

	if (!emergency)
		return -ENOMEM;
	emergency->consoles = consoles;
	emergency->shell = shell;
	emergency->wait_sec = wait_sec_of(config->panic_sec);
	emergency->action = config->emergency_action;
	consoles_print(consoles, report);
	if (emergency->wait_sec == 0)
		leave(emergency);
	if (loop_timer_new(loop, on_timeout, emergency, &emergency->timer) < 0) {
		free(emergency);
		return -ENOMEM;
	}
	begin_waiting(emergency);
	return 0;
}

_noreturn_ void emergency_without_loop(const char *reason, int error,
				       const struct boot_config *config)
{
	unsigned int wait_sec = wait_sec_of(config->panic_sec);
	char text[LOG_MESSAGE_MAX];
	int size;

	/* A console that flow control has stopped must not keep the machine from ending. */
	(void)fcntl(STDERR_FILENO, F_SETFL, O_NONBLOCK);
	(void)log_open_kmsg();
	log_note(reason);
	size = snprintf(text, sizeof(text), "kindling: cannot continue: %s%s%s; %s in %u s\n",
			reason, error < 0 ? ": " : "", error < 0 ? strerror(-error) : "",
			actions[config->emergency_action].gerund, wait_sec);
	(void)!write(STDERR_FILENO, text, MIN((size_t)size, sizeof(text) - 1));
	(void)sleep(wait_sec);
	end_now(config->emergency_action);
}

void emergency_catch_crashes(const struct boot_config *config)
{
	crash_install(actions[config->emergency_action].command,
		      actions[config->emergency_action].gerund, wait_sec_of(config->panic_sec));
}
