/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happens when boot cannot continue. There is no shell: whoever makes the boot fail must not
 * be given the machine for it.
 */
#include "init/emergency.h"

#include <errno.h>
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

int emergency_begin(struct loop *loop, struct consoles *consoles, const char *report, int panic_sec,
		    struct emergency **ret_emergency)
{
	struct emergency *emergency = calloc(1, sizeof(*emergency));
	unsigned int wait_sec = panic_sec > 0 ? (unsigned int)panic_sec : DEFAULT_WAIT_SEC;

	if (!emergency)
		return -ENOMEM;
	emergency->consoles = consoles;
	consoles_print(consoles, report);
	if (panic_sec < 0)
		leave(emergency);
	if (loop_timer_new(loop, on_timeout, emergency, &emergency->timer) < 0) {
		free(emergency);
		return -ENOMEM;
	}
	announce_reboot(emergency, wait_sec);
	loop_timer_start(emergency->timer, wait_sec * USEC_PER_SEC);
	consoles_set_input(consoles, on_input, emergency);
	*ret_emergency = emergency;
	return 0;
}

_noreturn_ void emergency_without_loop(const char *reason)
{
	log_err("cannot continue: %s; rebooting in 10 s", reason);
	(void)dprintf(STDERR_FILENO, "kindling: cannot continue: %s; rebooting in 10 s\n", reason);
	(void)sleep(10);
	reboot_now();
}
