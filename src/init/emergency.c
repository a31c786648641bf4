/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happens when boot cannot continue. There is no shell: whoever makes the boot fail must not
 * be given the machine for it.
 */
#include "init/emergency.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "init/console.h"
#include "init/loop.h"

#define DEFAULT_WAIT_SEC 30
#define DRAIN_MSEC       500

struct emergency {
	struct consoles *consoles;
	struct loop_timer *timer;
};

static _noreturn_ void reboot_now(void)
{
	sync();
	(void)reboot(RB_AUTOBOOT);
	/* Only without the capability to do so, as in a container. */
	for (;;)
		(void)pause();
}

static _noreturn_ void leave(struct emergency *emergency)
{
	consoles_print(emergency->consoles, "kindling: rebooting.\n");
	consoles_drain(emergency->consoles, DRAIN_MSEC);
	(void)consoles_free(emergency->consoles);
	reboot_now();
}

unsigned int emergency_wait_sec(int panic_sec)
{
	if (panic_sec < 0)
		return 0;
	return panic_sec > 0 ? (unsigned int)panic_sec : DEFAULT_WAIT_SEC;
}

static void on_timeout(void *userdata)
{
	leave(userdata);
}

static void on_input(void *userdata, char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i] == '\r' || bytes[i] == '\n')
			leave(userdata);
}

static void announce_reboot(struct emergency *emergency, unsigned int wait_sec)
{
	char text[128];

	(void)snprintf(text, sizeof(text),
		       "kindling: Press Enter to reboot now; rebooting by itself in %u s.\n",
		       wait_sec);
	consoles_print(emergency->consoles, text);
}

int emergency_begin(struct loop *loop, struct consoles *consoles, const char *report, int panic_sec)
{
	struct emergency *emergency = calloc(1, sizeof(*emergency));
	unsigned int wait_sec = emergency_wait_sec(panic_sec);

	if (!emergency)
		return -ENOMEM;
	emergency->consoles = consoles;
	consoles_print(consoles, report);
	if (wait_sec == 0)
		leave(emergency);
	if (loop_timer_new(loop, on_timeout, emergency, &emergency->timer) < 0) {
		free(emergency);
		return -ENOMEM;
	}
	announce_reboot(emergency, wait_sec);
	loop_timer_start(emergency->timer, wait_sec * USEC_PER_SEC);
	consoles_set_input(consoles, on_input, emergency);
	return 0;
}

_noreturn_ void emergency_without_loop(const char *reason, int panic_sec)
{
	char text[LOG_MESSAGE_MAX];
	unsigned int wait_sec = emergency_wait_sec(panic_sec);
	int size;

	/* A console that flow control has stopped must not keep the machine from rebooting. */
	(void)fcntl(STDERR_FILENO, F_SETFL, O_NONBLOCK);
	(void)log_open_kmsg();
	log_note(reason);
	size = snprintf(text, sizeof(text), "kindling: cannot continue: %s; rebooting in %u s\n",
			reason, wait_sec);
	(void)!write(STDERR_FILENO, text, MIN((size_t)size, sizeof(text) - 1));
	(void)sleep(wait_sec);
	reboot_now();
}
